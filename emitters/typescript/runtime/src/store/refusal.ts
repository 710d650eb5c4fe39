/** The state-dependent codes of the contract, as far as this device's own fold can tell. */
import { RefusedLocally } from '../errors.js';
import { canTransition } from '../materializers/utils.js';
import { absent, deleted, type EntityState, type Folded, type ModelDefinition } from '../model.js';

/** Throws `RefusedLocally` where an event could not be accepted on this state. */
export function refuseUnlessApplicable(
  model: ModelDefinition,
  eventType: string,
  entityId: string,
  payload: unknown,
  state: Folded<EntityState>,
): void {
  const definition = model.events[eventType];
  const name = `${model.entity} ${entityId}`;
  if (definition?.effect === 'create') {
    // An id is created once, deleted or not.
    if (state !== absent) throw new RefusedLocally('entity_exists', `${name} exists already`);
    return;
  }
  if (state === absent) throw new RefusedLocally('entity_not_found', `there is no ${name}`);
  if (state === deleted) throw new RefusedLocally('entity_deleted', `${name} is deleted`);
  const rule = definition?.transition;
  if (rule === undefined) return;
  const from = String(new Map(Object.entries(state)).get(rule.field));
  const to: unknown = new Map(Object.entries(payload ?? {})).get(rule.key);
  if (typeof to === 'string' && !canTransition(rule.allowed, from, to)) {
    throw new RefusedLocally('invalid_transition', `${rule.field} cannot go from ${from} to ${to}`);
  }
}
