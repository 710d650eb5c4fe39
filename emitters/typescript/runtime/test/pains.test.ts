/**
 * What users of other sync engines suffer from most, row by row, and that nobody does here.
 *
 * Rows 9 (a frozen tab holds up the others) and 14 (streams eat a browser's connections) are in `browser/`, where there are tabs to
 * freeze and connections to eat; the server's part of row 1 (a cursor over positions that commit out of order) is with the server.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { build } from 'esbuild';
import { createSyncClient, type SyncClient } from '../src/client/sync.js';
import { absent, deleted, type EventEnvelope, type Folded } from '../src/model.js';
import { MemoryAdapter, MemoryDisk, memoryStore } from '../src/store/adapters/memory.js';
import { decodeChunk } from '../src/store/codec.js';
import { EventStore } from '../src/store/eventStore.js';
import { receive } from '../src/store/receiving.js';
import { platformTimers } from '../src/store/timing.js';
import { client, event, models, seeded, TestLocks, testChannels, until, uuid } from './helpers.js';
import { type Order, type OrderEvent, orderModel } from './models/order.js';
import { FakeServer } from './server.js';

let server: FakeServer;
let url: string;
let open: SyncClient[];

const make: typeof client = (...args) => {
  const made = client(...args);
  open.push(made);
  return made;
};

beforeEach(async () => {
  server = new FakeServer();
  url = await server.start();
  open = [];
});

afterEach(async () => {
  await Promise.all(open.map((one) => one.close()));
  await server.stop();
});

/** Waits until a client shows what the server's log folds to. */
async function agrees(sync: SyncClient): Promise<void> {
  await sync.settled();
  const folded = await server.fold();
  const expected = JSON.stringify([...folded.states('order')].sort((a, b) => (a.id < b.id ? -1 : 1)));
  await until(`agreement on ${expected}`, () => JSON.stringify(sync.collection(orderModel).list()) === expected);
}

describe('pains', () => {
  it('1: events are missed because the cursor runs ahead of them', async () => {
    const sync = make(url);
    server.fault = (path) => (['/live', '/since'].includes(path) && server.log.length > 0 ? 'drop' : null);
    await sync.start();
    await until('a stream', () => sync.status.getSnapshot().connection === 'live');
    const [theirs, ours] = [uuid(), uuid()];
    server.dropStreams();
    server.append(event('order.created', theirs, { table_number: 1 })); // position 1, unseen
    await sync.collection(orderModel).record('order.created', ours, { table_number: 2 }).synced; // position 2, answered
    assert.equal(sync.collection(orderModel).get(theirs), undefined);
    server.fault = () => null;
    await agrees(sync);
    assert.equal(sync.collection(orderModel).list().length, 2);
  });

  it('2: cursor and data are lost apart, and a device stays empty and silent', async () => {
    const disks = new Map<string, MemoryDisk>();
    const first = make(url, { adapter: memoryStore(disks), notification: 'polling', pollingIntervalMs: 5 });
    await first.start();
    for (let i = 0; i < 12; i++) {
      server.append(event('order.created', uuid(), { table_number: i }));
      await until('it', () => first.collection(orderModel).list().length === i + 1);
    }
    await first.close();
    const [name, disk] = [...disks][0] ?? ['', new MemoryDisk()];
    assert.ok(disk.chunks.length > 5);
    // Whatever the disk kept of what it was given, from nothing to all of it.
    for (let kept = 0; kept <= disk.chunks.length; kept += 2) {
      const torn = new MemoryDisk();
      torn.chunks = disk.chunks.slice(0, kept);
      torn.nextKey = (torn.chunks.at(-1)?.key ?? 0) + 1;
      for (const { text } of torn.chunks) {
        const { entries } = decodeChunk(text);
        if (entries.some(({ kind }) => kind === 'feed')) assert.ok(entries.some(({ kind }) => kind === 'cursor'));
      }
      await agrees(await started(make(url, { adapter: memoryStore(new Map([[name, torn]])) })));
    }
  });

  it('3: one rejected change blocks everything, or is dropped without a word', async () => {
    server.guard = ({ payload }) =>
      JSON.stringify(payload).includes('bad') ? { code: 'kitchen_closed', reason: 'too late', retryable: false } : null;
    const sync = await started(make(url));
    const orders = sync.collection(orderModel);
    const [one, other] = [uuid(), uuid()];
    orders.record('order.created', one, { table_number: 1 });
    const bad = orders.record('order.note_changed', one, { note: 'bad' });
    const after = orders.record('order.tip_added', one, { by: 1 });
    const elsewhere = orders.record('order.created', other, { table_number: 2 });
    await Promise.all([after.synced, elsewhere.synced, assert.rejects(bad.synced, { code: 'kitchen_closed' })]);
    const [rejection] = sync.status.getSnapshot().rejections;
    assert.deepEqual([rejection?.code, rejection?.event.id], ['kitchen_closed', bad.eventId]);
    await agrees(sync);
  });

  it('4: the queue stops in silence, and everything looks connected', async () => {
    let failing = true;
    server.fault = (path) => (path === '/batch' && failing ? { status: 500, body: { code: 'internal' } } : null);
    const sync = await started(make(url));
    const before = Date.now();
    sync.collection(orderModel).record('order.created', uuid(), { table_number: 1 });
    await until('the problem', () => sync.status.getSnapshot().problem?.code === 'internal');
    const { pendingCount, oldestPendingAt } = sync.status.getSnapshot();
    assert.equal(pendingCount, 1);
    assert.ok((oldestPendingAt ?? 0) >= before - 1000);
    await until('more attempts', () => server.batches.length >= 4);
    failing = false;
    await agrees(sync);
    await until('no problem any more', () => sync.status.getSnapshot().problem === null);
  });

  it('5: changes are doubled after a reload or a lost answer', async () => {
    const disks = new Map<string, MemoryDisk>();
    const seen = new Set<string>();
    // Every batch is carried out and its answer lost, the first time.
    server.fault = (path, body) => {
      const key = body?.events.map(({ id }) => id).join() ?? '';
      if (path !== '/batch' || seen.has(key)) return null;
      seen.add(key);
      return 'lose';
    };
    let sync = await started(make(url, { adapter: memoryStore(disks) }));
    const id = uuid();
    sync.collection(orderModel).record('order.created', id, { table_number: 1 });
    for (let i = 0; i < 4; i++) {
      const sent = server.batches.length;
      await sync.collection(orderModel).record('order.tip_added', id, { by: 1 });
      await until('a batch', () => server.batches.length > sent);
      await sync.close();
      sync = await started(make(url, { adapter: memoryStore(disks) }));
    }
    await agrees(sync);
    assert.equal(server.log.length, 5);
    assert.equal(sync.collection(orderModel).get(id)?.tip_cents, 4);
  });

  it('6: what others did makes an own change impossible, and the application is stuck', async () => {
    const random = seeded(6);
    const item = uuid();
    const kinds: readonly (readonly [string, unknown])[] = [
      ['order.created', { table_number: 1 }],
      ['order.item_added', { item: { id: item, name: 'Burger', price_cents: 1 } }],
      ['order.item_removed', { item_id: item }],
      ['order.item_updated', { item_id: item, item: { quantity: 2 } }],
      ['order.state_changed', { new_status: 'paid' }],
      ['order.tip_added', { by: 2 ** 53 - 1 }],
      ['order.archived', {}],
      ['order.never_heard_of', { anything: [] }],
    ];
    // Whatever comes, in whatever order: there is a state, or there is none.
    for (let round = 0; round < 200; round++) {
      const id = uuid();
      const store = new EventStore({ models: [orderModel], adapter: new MemoryAdapter(), timers: platformTimers });
      await store.open();
      for (let seq = 1; seq <= 12; seq++) {
        const [type, payload] = kinds[Math.floor(random() * kinds.length)] ?? ['', {}];
        await receive(store, [{ ...event(type, id, payload, 1000 + Math.floor(random() * 50)), seq }], null);
        store.state('order', id);
      }
      await store.close();
    }
    const sync = await started(make(url));
    const id = uuid();
    const orders = sync.collection(orderModel);
    await orders.record('order.created', id, { table_number: 1 }).synced;
    server.guard = () => ({ code: 'invalid_transition', reason: 'it was cancelled', retryable: false });
    const ours = orders.record('order.state_changed', id, { new_status: 'sent' });
    await assert.rejects(ours.synced, { code: 'invalid_transition' });
    assert.equal(orders.get(id)?.status, 'open', 'it has left the screen and stands in the list');
    server.guard = () => null;
    await orders.record('order.tip_added', id, { by: 1 }).synced;
  });

  it('7: the log grows for ever, and every start reads all of it', async () => {
    const id = uuid();
    const start = Date.now() - 10_000;
    server.append(event('order.created', id, { table_number: 1 }, start));
    for (let i = 1; i < 1000; i++) server.append(event('order.tip_added', id, { by: 1 }, start + i));
    const disks = new Map<string, MemoryDisk>();
    const soon = { after: (ms: number, action: () => void) => setTimeout(action, ms === 1000 ? 5 : ms) };
    const sync = await started(make(url, { adapter: memoryStore(disks), timers: soon }));
    const orders = sync.collection(orderModel);
    await until('the state', () => orders.get(id)?.tip_cents === 999);
    assert.ok(orders.history(id).length === 0, 'a state, not a history');
    const size = (): number => [...disks.values()].reduce((sum, { chunks }) => sum + JSON.stringify(chunks).length, 0);
    for (let burst = 0; burst < 10; burst++) {
      for (let i = 0; i < 60; i++) {
        server.append(event('order.tip_added', id, { by: 1 }, Date.now() + burst * 60 + i));
      }
      await until('the burst', () => orders.get(id)?.tip_cents === 999 + 60 * (burst + 1));
      // Time for the idle moment in which each burst gets a snapshot of its own: one for several would keep them all.
      await new Promise((resolve) => setTimeout(resolve, 100));
      await until('its snapshot', () => orders.history(id).length <= 180);
    }
    const all = JSON.stringify(server.log.slice(1000)).length;
    await until('the disk', () => size() < all * 0.75);
    await sync.close();
    await agrees(await started(make(url, { adapter: memoryStore(disks) })));
  });

  it('8: tabs wait for each other for ever', async () => {
    const shared = { adapter: memoryStore(new Map()), locks: new TestLocks(), channel: testChannels() };
    // The leader's every request hangs: it holds the lead, and nothing else.
    const leader = await started(make(url, { ...shared, fetch: () => new Promise<Response>(() => {}) }));
    await until('a leader', () => leader.status.getSnapshot().isLeader);
    const other = await started(make(url, shared));
    const id = uuid();
    await other.collection(orderModel).record('order.created', id, { table_number: 1 });
    await until('the leader to see it', () => leader.collection(orderModel).get(id) !== undefined);
    await leader.close();
    await agrees(other);
  });

  it('10: storage is missing or forbidden, and nothing works', async () => {
    const before = Reflect.get(globalThis, 'indexedDB');
    const forbidden = {
      open: () => {
        throw new DOMException('denied', 'SecurityError');
      },
    };
    try {
      for (const storage of [undefined, forbidden]) {
        Reflect.set(globalThis, 'indexedDB', storage);
        // Without an adapter of the test's: what an application has that names none.
        const sync = createSyncClient({ models, baseUrl: url, tenantId: 't', userId: 'u', locks: null, channel: null });
        open.push(sync);
        await sync.start();
        await sync.collection(orderModel).record('order.created', uuid(), { table_number: 1 }).synced;
        const { problem } = sync.status.getSnapshot();
        if (storage === undefined) continue; // a server, where memory is what is meant
        assert.match(problem?.message ?? '', /no longer saved/);
      }
    } finally {
      Reflect.set(globalThis, 'indexedDB', before);
    }
  });

  it('11: an old client meets a new schema, and loses what it does not know', async () => {
    const disks = new Map<string, MemoryDisk>();
    const old = await started(make(url, { adapter: memoryStore(disks) }));
    const id = uuid();
    await until('a stream', () => old.status.getSnapshot().connection === 'live');
    server.append(event('order.created', id, { table_number: 1 }));
    server.append({ ...event('order.flambeed', id, {}, Date.now() + 1), schema_version: 2 });
    await until('the notice', () => old.status.getSnapshot().updateRequired);
    await old.close();
    const requests = server.requests.length;
    type Flambeed = EventEnvelope<'order.flambeed', object>;
    const updated = {
      ...orderModel,
      version: 2,
      events: { ...orderModel.events, 'order.flambeed': { effect: 'set', parse: (value: unknown) => Object(value) } },
      reduce: (state: Folded<Order>, one: OrderEvent | Flambeed): Folded<Order> => {
        if (one.event_type !== 'order.flambeed') return orderModel.reduce(state, one);
        return state === absent || state === deleted ? state : { ...state, note: 'on fire' };
      },
    } as const;
    const store = new EventStore({
      models: [updated],
      adapter: memoryStore(disks)([...disks.keys()][0] ?? ''),
      timers: platformTimers,
    });
    await store.open();
    const state = store.state('order', id);
    assert.ok(state !== absent && state !== deleted && 'note' in state && state.note === 'on fire');
    assert.equal(store.updateRequired, false);
    assert.equal(server.requests.length, requests, 'from its own disk');
  });

  it('12: a device with a wrong clock is refused by everybody, or sets everybody else wrong', async () => {
    const off = 86_400_000; // a day
    const [wrong, right] = [make(url, { timers: { now: () => Date.now() + off } }), make(url)];
    server.fault = () => 'drop';
    for (const sync of [wrong, right]) await sync.start();
    const id = uuid();
    await wrong.collection(orderModel).record('order.created', id, { table_number: 1 });
    server.fault = () => null;
    for (const sync of [wrong, right]) sync.syncNow();
    await agrees(wrong);
    await until('the other to see it', () => right.collection(orderModel).get(id) !== undefined);
    await right.collection(orderModel).record('order.tip_added', id, { by: 1 }).synced;
    await agrees(wrong);
    for (const { timestamp } of server.log) assert.ok(Math.abs(Number(timestamp.slice(0, 15)) - Date.now()) < 30_000);
    for (const sync of [wrong, right]) assert.deepEqual(sync.status.getSnapshot().rejections, []);
  });

  it('13: a database of megabytes comes along, and starts before anything is shown', async () => {
    const { metafile } = await build({
      stdin: {
        contents: "export { createSyncClient } from './src/client/sync.ts';",
        resolveDir: new URL('..', import.meta.url).pathname,
        loader: 'ts',
      },
      bundle: true,
      format: 'esm',
      target: 'es2022',
      write: false,
      metafile: true,
      absWorkingDir: new URL('..', import.meta.url).pathname,
    });
    const foreign = Object.keys(metafile.inputs).filter((path) => !path.startsWith('src/') && path !== '<stdin>');
    assert.deepEqual(foreign, [], 'nothing but the client itself');
    assert.deepEqual(
      Object.keys(metafile.inputs).filter((path) => /hooks|devtools|sql|worker/.test(path)),
      [],
      'and nothing of it that is optional',
    );
  });

  it('15: rights are taken away, and a device goes on showing what it may no longer see', async () => {
    const disks = new Map<string, MemoryDisk>();
    const id = uuid();
    const gone = uuid();
    server.append(event('order.created', id, { table_number: 1, note: 'for owners' }));
    server.append(event('order.created', gone, { table_number: 2 }));
    const before = await started(make(url, { adapter: memoryStore(disks) }));
    await until('both', () => before.collection(orderModel).list().length === 2);
    server.fault = (path) => (path === '/batch' ? 'drop' : null);
    await before.collection(orderModel).record('order.tip_added', id, { by: 3 });
    await before.close();
    // While it was closed: another epoch of rights, with less in it.
    const [first] = server.log.splice(0);
    assert.ok(first);
    server.log.push({ ...first, payload: { table_number: 1 } });
    server.epoch = 'e2';
    const after = await started(make(url, { adapter: memoryStore(disks) }));
    const orders = after.collection(orderModel);
    await until('it is gone', () => orders.get(gone) === undefined && orders.get(id)?.note === null);
    assert.equal(orders.get(id)?.tip_cents, 3, 'what is unsynced stays');
    server.fault = () => null;
    await agrees(after);
  });
});

async function started(sync: SyncClient): Promise<SyncClient> {
  await sync.start();
  return sync;
}
