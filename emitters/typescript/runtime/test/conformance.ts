/** Runs conformance cases through the real clock and store: `(models, cases) → results`. */
import { absent, deleted, type ModelDefinition } from '../src/model.js';
import { isRecord } from '../src/schemas/validate.js';
import { needingServer } from '../src/store/asking.js';
import { toWire } from '../src/store/codec.js';
import type { FeedEvent, StoreAdapter } from '../src/store/db.js';
import { EventStore } from '../src/store/eventStore.js';
import { HybridClock, MAX_DRIFT_MS } from '../src/store/hlc.js';
import { receive } from '../src/store/receiving.js';
import { platformTimers } from '../src/store/timing.js';
import { compact, isCompactionDue } from '../src/store/upkeep.js';
import { snapshotOf } from './snapshots.js';

export interface HlcCase {
  readonly name: string;
  readonly kind: 'hlc';
  readonly node: string;
  readonly start: string | null;
  readonly ops: readonly (
    | { readonly op: 'now'; readonly wall: number }
    | { readonly op: 'receive'; readonly wall: number; readonly remote: string }
  )[];
  readonly expect: unknown;
}

export interface FoldCase {
  readonly name: string;
  readonly kind: 'fold';
  readonly model: string;
  readonly entity_id: string;
  readonly deliver: readonly Omit<FeedEvent, 'seq' | 'user_id' | 'idempotency_key'>[];
  readonly expect: unknown;
  readonly expect_each?: readonly unknown[];
}

export type Case = HlcCase | FoldCase;

export interface Result {
  readonly name: string;
  readonly result: unknown;
}

/** Runs all cases of a file, each fold on a store of its own. */
export async function runCases(
  models: readonly ModelDefinition[],
  cases: readonly Case[],
  openStore: (name: string) => StoreAdapter,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const one of cases) {
    const result = one.kind === 'hlc' ? runClock(one) : await runFold(models, one, openStore(one.name));
    results.push({ name: one.name, result });
  }
  return results;
}

function runClock(one: HlcCase): unknown[] {
  const clock = new HybridClock(one.node, one.start);
  return one.ops.map((op) => {
    try {
      if (op.op === 'now') return clock.now(op.wall);
      clock.receive(op.wall, op.remote, MAX_DRIFT_MS);
      return null;
    } catch (error) {
      return { error: isRecord(error) ? error['code'] : String(error) };
    }
  });
}

/** Feeds the store as the server's stream would, with snapshots taken as they fall due, and opens it anew at the end. */
async function runFold(
  models: readonly ModelDefinition[],
  one: FoldCase,
  adapter: StoreAdapter,
): Promise<{ final: unknown; each: unknown[] }> {
  const open = async (): Promise<EventStore> => {
    const store = new EventStore({ models, adapter, timers: platformTimers });
    await store.open();
    return store;
  };
  const read = (store: EventStore): unknown => {
    const state = store.state(one.model, one.entity_id);
    return state === absent || state === deleted ? null : toWire(state);
  };
  const store = await open();
  const each: unknown[] = [];
  const log: FeedEvent[] = [];
  for (const event of one.deliver) {
    const known = log.find(({ id }) => id === event.id);
    const fed: FeedEvent = known ?? { ...event, user_id: null, idempotency_key: event.id, seq: log.length + 1 };
    if (known === undefined) log.push(fed);
    await receive(store, [fed], { cursor: String(fed.seq), seq: fed.seq, types: [one.model], at: 0 });
    if (isCompactionDue(store)) await compact(store);
    if (needingServer(store.ledger).length > 0) await answerSnapshot(models, one, log, store);
    each.push(read(store));
  }
  await store.settle();
  const again = await open();
  const final = read(again);
  if (JSON.stringify(final) !== JSON.stringify(each.at(-1) ?? null)) {
    return { final: { reopened: final, before: each.at(-1) }, each };
  }
  await adapter.close();
  return { final, each };
}

/** A late event lies before what the client kept: the server folds its whole log, here a second store without snapshots. */
async function answerSnapshot(
  models: readonly ModelDefinition[],
  one: FoldCase,
  log: readonly FeedEvent[],
  store: EventStore,
): Promise<void> {
  const { MemoryAdapter } = await import('../src/store/adapters/memory.js');
  const bare = models.map((model) => ({ ...model, snapshot: null }));
  const server = new EventStore({ models: bare, adapter: new MemoryAdapter(), timers: platformTimers });
  await server.open();
  await receive(server, log, null);
  const snapshot = snapshotOf(server.ledger.log(one.model, one.entity_id));
  if (snapshot) await store.commit([{ kind: 'base', snapshot, head: log.length }]);
}
