/** What a client holds of its entities, step by step. Pure: no page in it. */
import type { SyncClient } from '../client/sync.js';
import { absent, deleted, type EntityState, type EventEnvelope, type Folded, type ModelDefinition } from '../model.js';
import { type Difference, differences } from './diff.js';

/** One event of an entity, and what it did. */
export interface Step {
  readonly event: EventEnvelope;
  /** Where it stands on its way to the server. */
  readonly status: string;
  /** It changed the state. */
  readonly applied: boolean;
  /** The state after it, in a form for people: see {@link shown}. */
  readonly after: unknown;
  readonly effect: readonly Difference[];
}

/** All that is held of an entity. */
export interface Trail {
  /** Before the first step: the snapshot, where older events were dropped for one. */
  readonly start: unknown;
  readonly steps: readonly Step[];
}

/** An entity in a list. */
export interface EntityName {
  readonly type: string;
  readonly id: string;
  readonly unsynced: number;
}

/** The models of a client. */
export function modelsOf(sync: SyncClient): readonly ModelDefinition[] {
  return [...sync.internals.store.ledger.models.values()];
}

/** The entities of a type that are alive or have something unsynced; the latter first. */
export function entitiesOf(sync: SyncClient, type: string): readonly EntityName[] {
  const { store } = sync.internals;
  const unsynced = new Map<string, number>();
  for (const { event } of store.ledger.outbox.values()) {
    if (event.entity_type === type) unsynced.set(event.entity_id, (unsynced.get(event.entity_id) ?? 0) + 1);
  }
  const ids = new Set(unsynced.keys());
  for (const { id } of store.states(type)) ids.add(id);
  return [...ids].map((id) => ({ type, id, unsynced: unsynced.get(id) ?? 0 }));
}

/** The events held of an entity, each with what it did. */
export function trailOf(sync: SyncClient, type: string, id: string): Trail {
  const { ledger } = sync.internals.store;
  const model = ledger.models.get(type);
  const log = ledger.log(type, id);
  if (model === undefined || log === undefined) return { start: shown(absent), steps: [] };
  const entries = sync.collection(model).history(id);
  const start = log.start();
  let before = start;
  const steps = entries.map(({ event, status }): Step => {
    const after = fold(model, before, event);
    const effect = differences(shown(before), shown(after));
    const applied = after !== before;
    before = after;
    return { event, status, applied, after: shown(after), effect };
  });
  return { start: shown(start), steps };
}

/** A state for people: what is not there, or no longer, is said in a word. */
function shown(state: Folded<EntityState>): unknown {
  if (state === absent) return 'not there';
  return state === deleted ? 'deleted' : state;
}

function fold(model: ModelDefinition, state: Folded<EntityState>, event: EventEnvelope): Folded<EntityState> {
  try {
    return model.reduce(state, event);
  } catch {
    return state; // of a newer version: the engine does not fold it either
  }
}
