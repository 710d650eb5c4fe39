/** What a client holds of its entities, step by step. Pure: no page in it. */
import type { HistoryEntry } from '../client/collection.js';
import type { SyncClient } from '../client/sync.js';
import { absent, deleted, type EntityState, type EventEnvelope, type Folded, type ModelDefinition } from '../model.js';
import { comparePlaces } from '../store/logEntry.js';
import { type Difference, differences } from './diff.js';

const PAGE = 500;

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

/** An entity's whole trail as the server has it; rejects where the server cannot be reached. */
export async function fetchTrail(sync: SyncClient, type: string, id: string): Promise<readonly EventEnvelope[]> {
  const model = sync.internals.store.ledger.models.get(type);
  if (model === undefined) return [];
  const events: EventEnvelope[] = [];
  for (let before: string | null | undefined; before !== null; ) {
    const page = await sync.collection(model).fetchHistory(id, { limit: PAGE, before: before ?? null });
    events.unshift(...page.events);
    before = page.next;
  }
  return events;
}

/** The events of an entity, each with what it did: those that are held, on top of the whole trail where it was fetched. */
export function trailOf(sync: SyncClient, type: string, id: string, fetched: readonly EventEnvelope[] = []): Trail {
  const { ledger } = sync.internals.store;
  const model = ledger.models.get(type);
  const log = ledger.log(type, id);
  if (model === undefined || log === undefined) return { start: shown(absent), steps: [] };
  const held = sync.collection(model).history(id);
  const start = fetched.length === 0 ? log.start() : absent;
  const entries = merged(fetched, held);
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

function merged(fetched: readonly EventEnvelope[], held: readonly HistoryEntry[]): readonly HistoryEntry[] {
  if (fetched.length === 0) return held;
  const known = new Set(held.map(({ event }) => event.id));
  const others = fetched.filter(({ id }) => !known.has(id));
  const all = [...others.map((event) => ({ event, applied: true, status: 'synced' as const })), ...held];
  return all.sort((a, b) => comparePlaces(a.event, b.event));
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
