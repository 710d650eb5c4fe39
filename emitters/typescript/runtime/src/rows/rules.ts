/** What the declaration of a rows model says of its fields. */
import type { EffectKind, EventEnvelope, ModelDefinition } from '../model.js';

/** The rules of one rows model. */
export interface RowRules {
  /** The fields that a write may hold. */
  readonly fields: readonly string[];
  /** Those of them whose conflicts wait for the user. */
  readonly manual: readonly string[];
  /** A stale write is no conflict: per field the higher stamp stays. */
  readonly lastWriteWins: boolean;
  /** A mutation resolves when it is stored here, else when the server has answered. */
  readonly localFirst: boolean;
  /** The field that says when a row last changed; null: there is none. */
  readonly updatedAt: string | null;
}

/** The name under which a delete says what it expects, and a conflict that it is about the whole row. */
export const WHOLE_ROW = '*';

/** Whether a refused field waits for the user. */
export function asks({ rules }: { readonly rules: RowRules }, field: string): boolean {
  return field === WHOLE_ROW ? rules.manual.length > 0 : rules.manual.includes(field);
}

/** What an event does to a row. */
export function effectOf(
  model: ModelDefinition,
  { event_type: type }: Pick<EventEnvelope, 'event_type'>,
): EffectKind | undefined {
  return model.events[type]?.effect;
}

/** The payload of a row's event: an object by contract, checked when it was read. */
export function fieldsOf({ payload }: Pick<EventEnvelope, 'payload'>): Readonly<Record<string, unknown>> {
  return payload as Readonly<Record<string, unknown>>;
}

/** The same object without some of its keys. */
export function without<T>(object: Readonly<Record<string, T>>, keys: Iterable<string>): Readonly<Record<string, T>> {
  const left = { ...object };
  for (const key of keys) delete left[key];
  return left;
}

/** The same object with some of its keys alone. */
export function only<T>(object: Readonly<Record<string, T>>, keys: Iterable<string>): Readonly<Record<string, T>> {
  const wanted = new Set(keys);
  return Object.fromEntries(Object.entries(object).filter(([key]) => wanted.has(key)));
}
