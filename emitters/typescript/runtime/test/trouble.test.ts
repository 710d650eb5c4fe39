/** What a store does when the disk, another tab or an older version is in its way. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { absent, type ModelDefinition } from '../src/model.js';
import { MemoryAdapter, MemoryDisk } from '../src/store/adapters/memory.js';
import { needingServer } from '../src/store/asking.js';
import type { Compaction, FeedEvent } from '../src/store/db.js';
import { dismiss } from '../src/store/decisions.js';
import { EventStore } from '../src/store/eventStore.js';
import { receive } from '../src/store/receiving.js';
import { sendable } from '../src/store/sendable.js';
import { readTail } from '../src/store/tail.js';
import { platformTimers } from '../src/store/timing.js';
import { compact, heal } from '../src/store/upkeep.js';
import { client, event, TestAdapter, until, uuid } from './helpers.js';
import { open } from './law.js';
import { boardModel } from './models/board.js';
import { orderModel } from './models/order.js';
import { FakeServer } from './server.js';
import { snapshotOf } from './snapshots.js';

const tips = (store: EventStore, id: string): unknown =>
  new Map(Object.entries(store.state('order', id) ?? {})).get('tip_cents');

/** An order and its tips, as the feed has them. */
function orderLog(id: string, size: number, from = 0): FeedEvent[] {
  return Array.from({ length: size }, (_, index) => {
    const at = from + index;
    const made = at === 0 ? { table_number: 1 } : { by: 1 };
    return { ...event(at === 0 ? 'order.created' : 'order.tip_added', id, made, 1000 + at), seq: at + 1 };
  });
}

const cursorAt = (seq: number): { cursor: string; seq: number; types: string[]; at: number } => ({
  cursor: String(seq),
  seq,
  types: ['order', 'board'],
  at: 0,
});

describe('a damaged store that another tab leads', () => {
  it('is left alone, and when the tab leads it starts from snapshots, whatever it heard meanwhile', async () => {
    const disk = new MemoryDisk();
    const leader = await open(new MemoryAdapter(disk));
    const id = uuid();
    await receive(leader, orderLog(id, 12), cursorAt(12));
    await compact(leader);
    for (const key of disk.snapshots.keys()) disk.snapshots.set(key, 'x');
    const before = JSON.stringify([disk.chunks, [...disk.snapshots]]);
    const follower = await open(new MemoryAdapter(disk));
    assert.ok(follower.damage !== null);
    assert.equal(JSON.stringify([disk.chunks, [...disk.snapshots]]), before);
    await receive(leader, orderLog(id, 1, 12), cursorAt(13));
    await readTail(follower.mirror);
    assert.notEqual(follower.ledger.cursor, null, 'it heard of a cursor that stands for more than it holds');
    await leader.close();
    await heal(follower);
    assert.equal(follower.ledger.cursor, null, 'everything is to be fetched again');
    const again = await open(new MemoryAdapter(disk));
    assert.equal(again.damage, null);
    assert.equal(again.ledger.cursor, null);
    const snapshot = snapshotOf(leader.ledger.log('order', id));
    assert.ok(snapshot !== null);
    await follower.commit([
      { kind: 'base', snapshot, head: 13 },
      { kind: 'cursor', cursor: cursorAt(13) },
    ]);
    assert.equal(tips(follower, id), 12);
  });

  it('of which a state is damaged asks the server for that entity alone', async () => {
    const disk = new MemoryDisk();
    const store = await open(new MemoryAdapter(disk));
    const [bad, good] = [uuid(), uuid()];
    await receive(
      store,
      [...orderLog(bad, 8), ...orderLog(good, 8).map((one) => ({ ...one, seq: one.seq + 8 }))],
      null,
    );
    await compact(store);
    for (const [key, text] of disk.snapshots) {
      const at = text.lastIndexOf(`"id":"${bad}"`);
      disk.snapshots.set(key, `${text.slice(0, at)}!${text.slice(at + 1)}`);
    }
    const again = await open(new MemoryAdapter(disk));
    assert.equal(tips(again, good), 7);
    assert.equal(again.state('order', bad), absent);
    assert.deepEqual(
      needingServer(again.ledger).map(({ id }) => id),
      [bad],
    );
    const server = await openWith(orderLog(bad, 8));
    const snapshot = snapshotOf(server.ledger.log('order', bad)) ?? assert.fail('no snapshot');
    await again.commit([{ kind: 'base', snapshot: { ...snapshot, seq: 16 }, head: 16 }]);
    assert.equal(tips(again, bad), 7);
    assert.deepEqual(needingServer(again.ledger), []);
  });
});

describe('a disk that is full', () => {
  let server: FakeServer;
  let url: string;
  before(async () => {
    server = new FakeServer();
    url = await server.start();
  });
  after(() => server.stop());

  it('does not keep what is saved from being sent, nor the feed from the screen', async () => {
    const disk = new MemoryDisk();
    const adapter = new TestAdapter(disk);
    server.fault = (path) => (path === '/batch' ? { status: 503 } : null);
    const sync = client(url, { adapter: () => adapter });
    await sync.start();
    const orders = sync.collection(orderModel);
    const [saved, theirs] = [uuid(), uuid()];
    await orders.record('order.created', saved, { table_number: 1 });
    adapter.failing = Object.assign(new Error('full'), { code: 'storage_full' });
    await assert.rejects(async () => orders.record('order.created', uuid(), { table_number: 2 }));
    server.fault = () => null;
    sync.syncNow();
    await until('it is sent', () => server.log.some(({ entity_id }) => entity_id === saved));
    server.append(event('order.created', theirs, { table_number: 3 }));
    await until('the other order', () => orders.get(theirs) !== undefined);
    assert.equal(sync.status.getSnapshot().pendingCount, 0);
    adapter.failing = null;
    await orders.record('order.created', uuid(), { table_number: 4 });
    await until('what was missing is written', () => sync.status.getSnapshot().problem === null);
    await sync.close();
    const again = await open(new MemoryAdapter(disk));
    assert.notEqual(again.state('order', theirs), absent);
  });
});

describe('a store that is closing', () => {
  it('settles every promise that it gave', async () => {
    const store = await open(new TestAdapter());
    const id = uuid();
    await store.record(orderModel, 'order.created', id, { table_number: 1 }).saved;
    const closing = store.close();
    const during = store.record(orderModel, 'order.tip_added', id, { by: 1 });
    await closing;
    await during.saved;
    const late = store.record(orderModel, 'order.tip_added', id, { by: 10 });
    await assert.rejects(late.saved, { code: 'closed' });
    assert.equal(tips(store, id), 1, 'what was not saved has left the fold');
  });

  it('gives up what a failing disk did not take', async () => {
    const adapter = new TestAdapter();
    const store = await open(adapter);
    adapter.failing = new Error('gone');
    const mark = store.commit([{ kind: 'clock', offset: 5 }]);
    await store.close();
    await mark;
    await assert.rejects(store.record(orderModel, 'order.created', uuid(), { table_number: 1 }).saved, {
      code: 'closed',
    });
  });
});

describe('tabs of two versions', () => {
  const of = async (disk: MemoryDisk, ...models: ModelDefinition[]): Promise<EventStore> => {
    const store = new EventStore({ models, adapter: new MemoryAdapter(disk), timers: platformTimers });
    await store.open();
    return store;
  };

  it('an older one that leads sends what it has no model of, and keeps how that stands', async () => {
    const disk = new MemoryDisk();
    const older = await of(disk, boardModel);
    const newer = await of(disk, boardModel, orderModel);
    const [one, two] = [uuid(), uuid()];
    const accepted = newer.record(orderModel, 'order.created', one, { table_number: 1 });
    const refused = newer.record(orderModel, 'order.created', two, { table_number: 2 });
    await Promise.all([accepted.saved, refused.saved]);
    await readTail(older.mirror);
    assert.deepEqual(
      sendable(older).map(({ event: { id } }) => id),
      [accepted.event.id, refused.event.id],
    );
    await older.commit([
      { kind: 'accepted', ids: [accepted.event.id], head: 7 },
      { kind: 'rejected', id: refused.event.id, code: 'no', reason: 'because', at: 1 },
      { kind: 'cursor', cursor: cursorAt(7) },
    ]);
    assert.equal(await compact(older), true);
    await readTail(newer.mirror);
    const again = await of(disk, boardModel, orderModel);
    for (const store of [newer, again]) {
      assert.equal(store.ledger.entry(accepted.event.id)?.status, 'accepted');
      assert.equal(store.ledger.entry(refused.event.id)?.status, 'rejected');
      assert.notEqual(store.state('order', one), absent);
    }
    assert.deepEqual(again.ledger.cursor?.types, ['board'], 'the newer one reads its type again');
  });

  it('an older one leaves the pages of other types alone', async () => {
    const disk = new MemoryDisk();
    const newer = await of(disk, boardModel, orderModel);
    const id = uuid();
    await receive(newer, orderLog(id, 5), cursorAt(5));
    await compact(newer);
    const older = await of(disk, boardModel);
    await receive(older, [{ ...event('board.created', uuid(), { title: 'x' }, 9000), seq: 6 }], cursorAt(6));
    await compact(older);
    assert.equal(tips(await of(disk, boardModel, orderModel), id), 4);
  });
});

describe('what was overtaken', () => {
  const cancelled = (id: string, seq: number): FeedEvent => ({
    ...event('order.state_changed', id, { new_status: 'cancelled' }, 2000),
    seq,
  });

  it('stays listed over a restart and past snapshots, until the user dismisses it', async () => {
    const disk = new MemoryDisk();
    let store = await open(new MemoryAdapter(disk), 2);
    const id = uuid();
    await receive(store, orderLog(id, 1), null);
    const own = store.record(orderModel, 'order.state_changed', id, { new_status: 'sent' });
    await own.saved;
    await receive(store, [cancelled(id, 2), { ...own.event, user_id: 'u', seq: 3 }], null);
    for (let round = 0; round < 4; round++) {
      assert.deepEqual([...store.overtaken.keys()], [own.event.id], `round ${round}`);
      await receive(
        store,
        [0, 1, 2].map((at) => ({
          ...event('order.tip_added', id, { by: 1 }, Date.now() + 60_000 + round * 10 + at),
          seq: 4 + round * 3 + at,
        })),
        null,
      );
      if (round > 0) await compact(store);
      store = await open(new MemoryAdapter(disk), 2);
    }
    await dismiss(store, own.event.id);
    for (let round = 0; round < 3; round++) {
      assert.equal(store.overtaken.size, 0);
      await compact(store);
      store = await open(new MemoryAdapter(disk), 2);
    }
  });

  it('is listed after a restart where a snapshot stood for it before what overtakes it came', async () => {
    const disk = new MemoryDisk();
    const store = await open(new MemoryAdapter(disk), 2);
    const id = uuid();
    await receive(store, orderLog(id, 1), null);
    const own = store.record(orderModel, 'order.state_changed', id, { new_status: 'sent' });
    await own.saved;
    await receive(store, [{ ...own.event, user_id: 'u', seq: 2 }], null);
    assert.equal(await compact(store), true);
    await receive(store, [cancelled(id, 3)], null);
    assert.deepEqual([...store.overtaken.keys()], [own.event.id]);
    const again = await open(new MemoryAdapter(disk), 2);
    assert.deepEqual([...again.overtaken.keys()], [own.event.id]);
  });

  it('while it still waited is listed too', async () => {
    const store = await open(new MemoryAdapter());
    const id = uuid();
    await receive(store, orderLog(id, 1), null);
    const own = store.record(orderModel, 'order.state_changed', id, { new_status: 'sent' });
    await own.saved;
    await receive(store, [cancelled(id, 2)], null);
    await store.commit([{ kind: 'accepted', ids: [own.event.id], head: 3 }]);
    await receive(store, [{ ...own.event, user_id: 'u', seq: 3 }], null);
    assert.deepEqual([...store.overtaken.keys()], [own.event.id]);
  });
});

describe('a compaction', () => {
  it('during which a late event arrives does not lose it', async () => {
    const disk = new MemoryDisk();
    const adapter = new TestAdapter(disk);
    const store = await open(adapter, 5);
    const id = uuid();
    await receive(store, orderLog(id, 30), cursorAt(30));
    let during: Promise<void> = Promise.resolve();
    const inner = adapter.compact.bind(adapter);
    adapter.compact = async (compaction: Compaction) => {
      const late = { ...event('order.tip_added', id, { by: 1000 }, 1005, 1), seq: 31 };
      during = receive(store, [late], cursorAt(31));
      return inner(compaction);
    };
    await compact(store);
    adapter.compact = inner;
    await during;
    assert.equal(tips(store, id), 1029);
    for (let round = 0; round < 3; round++) {
      await receive(store, orderLog(id, 6, 31 + round * 6), cursorAt(37 + round * 6));
      await compact(store);
      assert.equal(tips(store, id), 1029 + 6 * (round + 1));
      assert.equal(tips(await open(new MemoryAdapter(disk), 5), id), 1029 + 6 * (round + 1));
    }
  });

  it('forgets what the server no longer has, though an older page still tells of it', async () => {
    const disk = new MemoryDisk();
    const store = await open(new MemoryAdapter(disk), 5);
    const ids = Array.from({ length: 9 }, uuid);
    let seq = 0;
    for (const id of ids) {
      await receive(
        store,
        orderLog(id, 6).map((one) => ({ ...one, seq: ++seq })),
        null,
      );
    }
    await compact(store);
    const [kept = ''] = ids;
    const server = await openWith(orderLog(kept, 6));
    const snapshot = { ...(snapshotOf(server.ledger.log('order', kept)) ?? assert.fail()), seq };
    await store.commit([
      { kind: 'reset', types: ['order'] },
      { kind: 'base', snapshot, head: seq },
    ]);
    await compact(store);
    const again = await open(new MemoryAdapter(disk), 5);
    assert.deepEqual(
      [...again.states('order')].map(({ id }) => id),
      [kept],
    );
  });

  it('keeps the disk in step with what is alive, however often it is done', async () => {
    const disk = new MemoryDisk();
    const store = await open(new MemoryAdapter(disk), 5);
    const ids = Array.from({ length: 400 }, uuid);
    let seq = 0;
    const next = (id: string, at: number): FeedEvent => ({ ...(orderLog(id, 1, at)[0] ?? assert.fail()), seq: ++seq });
    await receive(
      store,
      ids.map((id) => next(id, 0)),
      null,
    );
    await compact(store);
    const size = (): number => [...disk.snapshots.values()].reduce((sum, text) => sum + text.length, 0);
    const first = size();
    for (let round = 1; round < 60; round++) {
      const some = ids.filter((_, at) => at % 60 === round % 60);
      await receive(
        store,
        some.map((id) => next(id, round)),
        null,
      );
      await compact(store);
      assert.ok(disk.snapshots.size < 30, `${disk.snapshots.size} pages`);
    }
    assert.ok(size() < 4 * first, `${size()} characters, ${first} at first`);
    assert.ok(disk.chunks.reduce((sum, { text }) => sum + text.length, 0) < 1000);
    const again = await open(new MemoryAdapter(disk), 5);
    for (const id of ids) assert.deepEqual(again.state('order', id), store.state('order', id));
  });
});

async function openWith(log: readonly FeedEvent[]): Promise<EventStore> {
  const store = await open(new MemoryAdapter(), 1);
  await receive(store, log, null);
  return store;
}

describe('a tab that does nothing', () => {
  it('does not load anew for its own chunk, compacted by another tab, and misses none of the others', async () => {
    const disk = new MemoryDisk();
    const [idle, leader] = [await open(new MemoryAdapter(disk)), await open(new MemoryAdapter(disk))];
    const [own, other] = [uuid(), uuid()];
    // Its own chunk is the very next one: it holds that already, compacted or not.
    const { ledger } = idle;
    await idle.record(orderModel, 'order.created', own, { table_number: 1 }).saved;
    await readTail(leader.mirror);
    assert.equal(await compact(leader), true);
    await readTail(idle.mirror);
    assert.equal(idle.ledger, ledger, 'nothing was loaded anew');
    // Another tab's chunk comes first and is compacted with its own: that one it never saw.
    await leader.record(orderModel, 'order.created', other, { table_number: 2 }).saved;
    const late = idle.record(orderModel, 'order.tip_added', own, { by: 5 });
    await late.saved;
    await readTail(leader.mirror);
    assert.equal(await compact(leader), true);
    await readTail(idle.mirror);
    assert.notEqual(idle.state('order', other), absent);
    assert.equal(tips(idle, own), 5);
    assert.equal(sendable(idle).length, 3);
  });

  it('hears by itself of what a tab saved and did not live to tell', async () => {
    const disk = new MemoryDisk();
    const silent = await open(new MemoryAdapter(disk));
    const server = new FakeServer();
    const url = await server.start();
    const sync = client(url, { adapter: () => new MemoryAdapter(disk) });
    await sync.start();
    await until('it follows', () => sync.status.getSnapshot().connection === 'live');
    await readTail(silent.mirror);
    const id = uuid();
    await silent.record(orderModel, 'order.created', id, { table_number: 1 }).saved;
    await silent.close();
    sync.syncNow();
    await until('it is sent', () => server.log.some(({ entity_id }) => entity_id === id));
    await sync.close();
    await server.stop();
  });
});

describe('the outbox', () => {
  it('gives the first events in order, whoever recorded them, and none past one that is not saved', async () => {
    const disk = new MemoryDisk();
    const adapter = new TestAdapter(disk);
    const [one, other] = [await open(adapter), await open(new MemoryAdapter(disk))];
    const ids = Array.from({ length: 120 }, uuid);
    for (const [at, id] of ids.entries()) {
      await (at % 2 === 0 ? one : other).record(orderModel, 'order.created', id, { table_number: at }).saved;
      await readTail((at % 2 === 0 ? other : one).mirror);
    }
    let release: () => void = () => {};
    adapter.gate = new Promise((resolve) => {
      release = resolve;
    });
    const unsaved = one.record(orderModel, 'order.tip_added', ids[3] ?? '', { by: 1 });
    assert.deepEqual(
      sendable(one, 50).map(({ event: { entity_id } }) => entity_id),
      ids.slice(0, 50),
    );
    assert.equal(sendable(one).length, 120);
    assert.equal(one.sendableCount, 120);
    release();
    await unsaved.saved;
    assert.equal(sendable(one).at(-1)?.event.id, unsaved.event.id);
  });
});
