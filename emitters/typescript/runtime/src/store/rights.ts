/**
 * Which `owner_only` fields the user of this device sees. No answer says so in words, but a state of the server does: an owner's has
 * all of a model's fields, everybody else's lacks those.
 *
 * Whoever is no owner gets a `create` without their keys, whether they were set or not: their defaults are not what he may show.
 */
import { absent, deleted, type EntityState, type Folded, type ModelDefinition } from '../model.js';
import type { LogEntry } from './logEntry.js';

/** The user's rights; null as long as no state of the server has told. */
export interface Rights {
  owner: boolean | null;
}

/** What a state of the server tells of them; null: nothing. */
export function ownerIn(state: unknown, { hidden: [field] = [] }: ModelDefinition): boolean | null {
  return field && state ? Object.hasOwn(Object(state), field) : null;
}

/**
 * The state that a `create` made, without the fields that its payload lacks and its reader may not see. Before that is known, what this
 * very device recorded is whole: nobody else has written it yet.
 */
export function asSeen(
  state: Folded<EntityState>,
  { event, own }: LogEntry,
  { hidden = [] }: ModelDefinition,
  { owner }: Rights,
): Folded<EntityState> {
  if (state === absent || state === deleted || (owner ?? own !== null)) return state;
  const lacking = hidden.filter((field) => !Object.hasOwn(Object(event.payload), field));
  if (lacking.length === 0) return state;
  return { ...Object.fromEntries(Object.entries(state).filter(([key]) => !lacking.includes(key))), id: state.id };
}
