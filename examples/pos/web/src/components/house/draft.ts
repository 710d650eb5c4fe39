/** What somebody writes into a form while others write to the same row. Pure. */
import type { StaffMember, StaffMemberUpdate } from '../../sync/index.js';

export const fields = ['name', 'job', 'phone', 'rota_note'] as const;
export type Field = (typeof fields)[number];

/** A form: the row as it was when the form was opened, and what was typed since. Nothing that others write gets into it by itself. */
export interface Draft {
  readonly base: Readonly<Record<Field, string>>;
  readonly typed: Readonly<Partial<Record<Field, string>>>;
}

/** The fields of a row as text. */
export function textsOf(member: StaffMember): Readonly<Record<Field, string>> {
  const { name, job, phone, rota_note } = member;
  return { name, job, phone: phone ?? '', rota_note: rota_note ?? '' };
}

export function begin(member: StaffMember): Draft {
  return { base: textsOf(member), typed: {} };
}

export function type(draft: Draft, field: Field, text: string): Draft {
  return { ...draft, typed: { ...draft.typed, [field]: text } };
}

/** What a field shows. */
export function shown({ base, typed }: Draft, field: Field): string {
  return typed[field] ?? base[field];
}

/** Whether a field would be written. */
function isChanged({ base, typed }: Draft, field: Field): boolean {
  const text = typed[field];
  return text !== undefined && text.trim() !== base[field];
}

/** What somebody else has written to a field since the form was opened; null: nothing. */
export function theirs({ base }: Draft, member: StaffMember, field: Field): string | null {
  const now = textsOf(member)[field];
  return now === base[field] ? null : now;
}

/** A field that both have written, and not the same. */
export function clash(draft: Draft, member: StaffMember): Field | null {
  const both = (field: Field): boolean => {
    const other = theirs(draft, member, field);
    return isChanged(draft, field) && other !== null && other !== shown(draft, field).trim();
  };
  return fields.find(both) ?? null;
}

/** It is known what the others wrote to a field, and this is to stand there. */
export function decide({ base, typed }: Draft, member: StaffMember, field: Field, text: string): Draft {
  return { base: { ...base, [field]: textsOf(member)[field] }, typed: { ...typed, [field]: text } };
}

/** What is to be written. */
export function patchOf(draft: Draft): StaffMemberUpdate {
  const text = (field: Field): string => shown(draft, field).trim();
  const orNull = (field: Field): string | null => (text(field) === '' ? null : text(field));
  return {
    ...(isChanged(draft, 'name') ? { name: text('name') } : {}),
    ...(isChanged(draft, 'job') ? { job: text('job') } : {}),
    ...(isChanged(draft, 'phone') ? { phone: orNull('phone') } : {}),
    ...(isChanged(draft, 'rota_note') ? { rota_note: orNull('rota_note') } : {}),
  };
}
