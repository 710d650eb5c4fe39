/** What holds of every store, for tests in Node and in a browser. */
import assert from 'node:assert/strict';
import { absent } from '../src/model.js';
import { MemoryAdapter } from '../src/store/adapters/memory.js';
import { needingServer } from '../src/store/asking.js';
import { toWire } from '../src/store/codec.js';
import type { FeedEvent, StoreAdapter } from '../src/store/db.js';
import { retry } from '../src/store/decisions.js';
import { EventStore } from '../src/store/eventStore.js';
import { receive } from '../src/store/receiving.js';
import { sendable } from '../src/store/sendable.js';
import { readTail } from '../src/store/tail.js';
import { platformTimers } from '../src/store/timing.js';
import { compact } from '../src/store/upkeep.js';
import { Warm } from '../src/store/warm.js';
import { event, seeded, uuid } from './helpers.js';
import { boardModel } from './models/board.js';
import { orderModel } from './models/order.js';
import { snapshotOf } from './snapshots.js';

export async function open(
  adapter: StoreAdapter,
  every = 5,
  share?: (key: number, text: string) => void,
): Promise<EventStore> {
  const snapshot = { every, max: every * 2 };
  // So few are held parsed that most go back to being text while they are still in use.
  const print = { print: 'law', plain: true };
  const models = [
    { ...orderModel, ...print, snapshot },
    { ...boardModel, snapshot },
  ];
  const shared = share === undefined ? {} : { share };
  const store = new EventStore({ models, adapter, timers: platformTimers, ...shared });
  store.warm = new Warm([], platformTimers, 2);
  store.onBehind.add(() => void readTail(store.mirror)); // as a session does
  await store.open();
  return store;
}

/** A log of some orders as the server has it: places and positions unrelated, as when devices were offline. */
function randomLog(random: () => number, ids: readonly string[], size: number): FeedEvent[] {
  const start = 1_763_712_000_000;
  const made = ids.map((id) => event('order.created', id, { table_number: 1 }, start));
  for (let i = 1; i < size; i++) {
    const ms = start + Math.floor(random() * size * 10);
    const dice = random();
    const id = ids[Math.floor(random() * ids.length)] ?? '';
    if (dice < 0.5) made.push(event('order.tip_added', id, { by: i }, ms, i));
    else if (dice < 0.8) made.push(event('order.note_changed', id, { note: `n${i}` }, ms, i));
    else made.push(event('order.state_changed', id, { new_status: random() < 0.5 ? 'sent' : 'cancelled' }, ms, i));
  }
  return made.map((one, index) => ({ ...one, seq: index + 1 }));
}

async function storeOf(log: readonly FeedEvent[], every = 1_000_000): Promise<EventStore> {
  const store = await open(new MemoryAdapter(), every);
  await receive(store, log, null);
  return store;
}

/** Any delivery, with snapshots, drops, restarts and few entities in memory, ends in one state. */
export async function anyDeliveryEndsInOneState(
  disk: () => () => StoreAdapter,
  seed: number,
  rounds = 12,
): Promise<void> {
  const random = seeded(seed);
  for (let round = 0; round < rounds; round++) {
    const ids = Array.from({ length: 1 + Math.floor(random() * 6) }, uuid);
    const log = randomLog(random, ids, 10 + Math.floor(random() * 60 * ids.length));
    const reopen = disk();
    let adapter = reopen();
    let store = await open(adapter);
    let read = 0;
    while (read < log.length) {
      const page = log.slice(read, read + 1 + Math.floor(random() * 8 * ids.length));
      read += page.length;
      const again = random() < 0.3 ? log.slice(Math.max(0, read - page.length - 12), read) : page; // twice is once
      // As a large page is written, or as a small one.
      await receive(
        store,
        again,
        { cursor: String(read), seq: read, types: ['order'], at: 0 },
        random() < 0.3 ? undefined : 2,
      );
      if (random() < 0.5) await compact(store);
      const all = log.slice(0, read);
      const bare = await storeOf(all);
      for (const needy of needingServer(store.ledger)) {
        const server = await storeOf(all, 1);
        const snapshot = snapshotOf(server.ledger.log('order', needy.id));
        assert.deepEqual(snapshot?.state, toWire(bare.state('order', needy.id)));
        if (snapshot) await store.commit([{ kind: 'base', snapshot, head: read }]);
      }
      if (random() < 0.2) {
        await store.settle();
        await adapter.close();
        adapter = reopen();
        store = await open(adapter);
      }
      for (const id of ids) {
        if (random() < 0.3) assertHistory(store, bare, id);
        assert.deepEqual(toWire(store.state('order', id)), toWire(bare.state('order', id)));
        assert.equal(store.state('order', id), store.state('order', id));
      }
    }
    await store.close();
  }
}

/** What is kept of a history is the end of it, and says of each event what it does. */
function assertHistory(store: EventStore, bare: EventStore, id: string): void {
  const kept = store.history('order', id).map(({ event: { id: event }, applied }) => ({ event, applied }));
  const whole = bare.history('order', id).map(({ event: { id: event }, applied }) => ({ event, applied }));
  assert.deepEqual(kept, kept.length === 0 ? [] : whole.slice(-kept.length));
}

/** Outbox, cursor and rejections outlive a restart, compacted or not. */
export async function keepsItsBooks(disk: () => () => StoreAdapter): Promise<void> {
  for (const compacted of [false, true]) {
    const reopen = disk();
    const store = await open(reopen());
    const id = uuid();
    const first = store.record(orderModel, 'order.created', id, { table_number: 1 });
    await store.record(orderModel, 'order.tip_added', id, { by: 2 }).saved;
    await store.commit([
      { kind: 'rejected', id: first.event.id, code: 'no', reason: 'because', at: 7 },
      { kind: 'cursor', cursor: { cursor: 'c', seq: 1, types: ['order'], at: 5 } },
    ]);
    if (compacted) assert.equal(await compact(store), true);
    await store.close();
    const again = await open(reopen());
    assert.equal(again.ledger.cursor?.cursor, 'c');
    const entries = [...again.ledger.outbox.values()];
    assert.deepEqual(entries.map(({ status }) => status).sort(), ['blocked', 'rejected']);
    assert.equal(again.state('order', id), absent);
    await retry(again, first.event.id);
    assert.equal(sendable(again).length, 2);
    assert.notEqual(again.state('order', id), absent);
    await again.close();
  }
}

/** The page does not freeze. */
const going = new AbortController().signal;

/** What an adapter promises of positions, tails and compactions. */
export async function refusesWhatCameBetween(reopen: () => StoreAdapter): Promise<void> {
  const adapter = reopen();
  const { floor, chunks, snapshots } = await adapter.load();
  assert.deepEqual([floor, chunks.length, snapshots.length], [0, 0, 0]);
  const keys: number[] = [];
  for (const text of ['a', 'ü\n"', '']) keys.push(await adapter.append(text, { flush: text === 'a' }));
  assert.deepEqual(
    keys,
    [...keys].sort((a, b) => a - b),
  );
  const [first = 0, , last = 0] = keys;
  assert.deepEqual(
    (await adapter.tail(first)).chunks.map(({ text }) => text),
    ['ü\n"', ''],
  );
  const many = Array.from({ length: 250 }, (_, i) => ({ key: `order/${i}`, text: `{"n":${i}}` }));
  const late = { expect: first, journal: 'x', snapshots: many, drop: 'others' } as const;
  assert.equal(await adapter.compact(late, going), false);
  assert.equal((await adapter.load()).snapshots.length, 0);
  assert.equal(await adapter.compact({ ...late, expect: last, journal: null }, going), true);
  assert.equal(await adapter.compact({ expect: last, journal: 'all', snapshots: [], drop: ['order/7'] }, going), true);
  const next = await adapter.append('after', { flush: false });
  assert.equal(next > last, true);
  const tail = await adapter.tail(last);
  assert.deepEqual([tail.floor, tail.chunks], [last, [{ key: next, text: 'after' }]]);
  await adapter.close();
  const again = reopen();
  const found = await again.load();
  assert.deepEqual(found.chunks, [
    { key: last, text: 'all' },
    { key: next, text: 'after' },
  ]);
  assert.equal(found.floor, last);
  assert.deepEqual(
    found.snapshots.map(({ key }) => key).sort(),
    many
      .map(({ key }) => key)
      .filter((key) => key !== 'order/7')
      .sort(),
  );
  await again.close();
}
