import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { WebSocket as NodeWebSocket } from 'ws';
import { createSyncClient, type SyncClient } from '../src/client/sync.js';
import { memoryStore } from '../src/store/adapters/memory.js';
import { client, event, models, seeded, TestLocks, testChannels, until, uuid } from './helpers.js';
import { boardModel } from './models/board.js';
import { orderModel } from './models/order.js';
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

describe('a client and a server', () => {
  it('sends what is recorded, in order, and takes in what others did', async () => {
    const sync = make(url);
    await sync.start();
    const orders = sync.collection(orderModel);
    const id = uuid();
    const created = orders.record('order.created', id, { table_number: 3 });
    assert.equal(orders.get(id)?.table_number, 3, 'shown at once');
    orders.record('order.tip_added', id, { by: 5 });
    await created;
    await created.synced;
    await sync.settled();
    assert.deepEqual(
      server.log.map(({ event_type }) => event_type),
      ['order.created', 'order.tip_added'],
    );
    server.append(event('order.note_changed', id, { note: 'no salt' }, Date.now() + 1000));
    await until('the note', () => orders.get(id)?.note === 'no salt');
    const status = sync.status.getSnapshot();
    assert.equal(status.pendingCount, 0);
    assert.ok(status.lastSyncedAt !== null);
    assert.equal(status.connection, 'live');
  });

  for (const notification of ['websocket', 'sse', 'polling'] as const) {
    it(`follows by ${notification}`, async () => {
      const sync = make(url, {
        notification,
        pollingIntervalMs: 20,
        webSocket: (to) => new NodeWebSocket(to) as unknown as WebSocket,
      });
      await sync.start();
      await until('connection', () => ['live', 'polling'].includes(sync.status.getSnapshot().connection));
      const id = uuid();
      server.append(event('board.created', id, { title: 'x' }));
      await until('the board', () => sync.collection(boardModel).get(id)?.title === 'x');
      server.dropStreams();
      server.append(event('board.title_changed', id, { title: 'y' }));
      await until('the title', () => sync.collection(boardModel).get(id)?.title === 'y');
    });
  }

  it('falls back where WebSockets do not go through', async () => {
    server.webSockets = false;
    const sync = make(url, {
      notification: 'websocket',
      webSocket: (to) => new NodeWebSocket(to) as unknown as WebSocket,
    });
    await sync.start();
    await until('live', () => sync.status.getSnapshot().connection === 'live');
  });

  for (const notification of ['websocket', 'sse'] as const) {
    it(`falls back where a ${notification} opens and nothing comes through`, async () => {
      server.mute = true;
      const sync = make(url, {
        notification,
        pollingIntervalMs: 20,
        webSocket: (to) => new NodeWebSocket(to) as unknown as WebSocket,
        timers: { after: (ms, action) => setTimeout(action, ms === 10_000 ? 50 : ms) },
      });
      await sync.start();
      await until('polling', () => sync.status.getSnapshot().connection === 'polling');
      const id = uuid();
      server.append(event('board.created', id, { title: 'x' }));
      await until('the board', () => sync.collection(boardModel).get(id)?.title === 'x');
    });
  }

  it('goes back from polling to a stream that works again', async () => {
    server.mute = true;
    const sync = make(url, {
      pollingIntervalMs: 20,
      timers: { after: (ms, action) => setTimeout(action, ms === 10_000 ? 30 : ms === 300_000 ? 200 : ms) },
    });
    await sync.start();
    await until('polling', () => sync.status.getSnapshot().connection === 'polling');
    server.mute = false;
    await until('live', () => sync.status.getSnapshot().connection === 'live');
  });

  it('starts a new device from snapshots, page by page', async () => {
    const ids = Array.from({ length: 5 }, uuid);
    for (const id of ids) server.append(event('order.created', id, { table_number: 1 }));
    const sync = make(url);
    await sync.start();
    await until('all orders', () => sync.collection(orderModel).list().length === 5);
    assert.equal(server.requests.filter(({ path }) => path.includes('/snapshots?entity_type=order')).length, 3);
    assert.equal(sync.getPhase(), 'synced');
  });

  it('keeps what a newer client wrote, does not fold it, and says that an update is required', async () => {
    const sync = make(url);
    await sync.start();
    const orders = sync.collection(orderModel);
    const id = uuid();
    server.append(event('order.created', id, { table_number: 1 }));
    await until('the order', () => orders.get(id) !== undefined);
    assert.equal(sync.status.getSnapshot().updateRequired, false);
    server.append({ ...event('order.tip_added', id, { pounds: 5 }), schema_version: 2 });
    server.append(event('order.flambeed', id, {}));
    await until('the notice', () => sync.status.getSnapshot().updateRequired);
    assert.equal(orders.get(id)?.tip_cents, 0);
    assert.equal(orders.history(id).length, 2);
  });

  it('asks for the snapshot of an entity whose late event lies before what it kept', async () => {
    const id = uuid();
    const base = Date.now() - 10_000;
    server.append(event('order.created', id, { table_number: 1 }, base));
    server.append(event('order.updated', id, { table_number: 9 }, base + 5000));
    const sync = make(url);
    await sync.start();
    const orders = sync.collection(orderModel);
    await until('the order', () => orders.get(id)?.table_number === 9);
    server.append(event('order.note_changed', id, { note: 'late' }, base + 1000));
    await until('the note', () => orders.get(id)?.note === 'late');
    assert.equal(orders.get(id)?.table_number, 9);
  });

  const refusals = [
    { status: 410, code: 'cursor_expired' },
    { status: 400, code: 'invalid_cursor' },
  ];
  for (const refusal of refusals) {
    it(`starts from snapshots again on ${refusal.code}, and keeps what is unsynced`, async () => {
      server.refusal = refusal;
      const disks = new Map();
      const lost = uuid();
      const kept = uuid();
      server.append(event('order.created', lost, { table_number: 1 }));
      const first = make(url, { adapter: memoryStore(disks) });
      await first.start();
      await until('the order', () => first.collection(orderModel).get(lost) !== undefined);
      await first.close();
      server.log.length = 0;
      server.epoch = 'e2';
      server.fault = (path) => (path === '/batch' ? { status: 500 } : null);
      const second = make(url, { adapter: memoryStore(disks) });
      await second.start();
      const orders = second.collection(orderModel);
      orders.record('order.created', kept, { table_number: 2 });
      await until('the reset', () => orders.get(lost) === undefined);
      assert.equal(orders.get(kept)?.table_number, 2);
      server.fault = () => null;
      await second.settled();
      assert.equal(server.log.length, 1);
    });
  }

  it('sends what is its own however busy the feed is', async () => {
    const sync = make(url);
    await sync.start();
    await until('the stream', () => sync.status.getSnapshot().connection === 'live');
    const board = uuid();
    server.append(event('board.created', board, { title: 'x' }));
    const busy = setInterval(
      () => server.append(event('board.moved', board, { position: Math.random() }, Date.now())),
      30,
    );
    try {
      sync.collection(orderModel).record('order.created', uuid(), { table_number: 1 });
      await until('the batch', () => server.batches.length > 0);
    } finally {
      clearInterval(busy);
    }
  });
});

describe('faults', () => {
  it('sends again after a lost answer, and the server has each event once', async () => {
    let lose = 2;
    // The feed is away too: it would bring the events before they are sent again.
    server.fault = (path) => {
      if (path === '/batch') return lose-- > 0 ? 'lose' : null;
      return path === '/live' || server.batches.length > 0 ? 'drop' : null;
    };
    const sync = make(url);
    await sync.start();
    const id = uuid();
    sync.collection(orderModel).record('order.created', id, { table_number: 1 });
    await sync.collection(orderModel).record('order.tip_added', id, { by: 1 }).synced;
    assert.equal(server.log.length, 2);
    const [first, second] = server.batches;
    assert.deepEqual(second, first, 'unchanged');
    assert.equal(sync.collection(orderModel).get(id)?.tip_cents, 1);
  });

  it('halves a batch that is too large, and rejects a single event that is', async () => {
    server.fault = (path, body) =>
      path === '/batch' && (body?.events.length ?? 0) > 2
        ? { status: 413, body: { code: 'batch_too_large' } }
        : body?.events.some(({ payload }) => JSON.stringify(payload).includes('huge'))
          ? { status: 413, body: { code: 'batch_too_large' } }
          : null;
    const sync = make(url);
    await sync.start();
    const orders = sync.collection(orderModel);
    const ids = Array.from({ length: 7 }, uuid);
    for (const id of ids) orders.record('order.created', id, { table_number: 1 });
    orders.record('order.note_changed', ids[0] ?? '', { note: 'huge' });
    await until('all', () => server.log.length === 7 && sync.status.getSnapshot().rejections.length === 1);
    assert.equal(sync.status.getSnapshot().rejections[0]?.code, 'batch_too_large');
    assert.equal(orders.get(ids[0] ?? '')?.note, null);
  });

  it('puts the event that a 422 names aside and sends the rest', async () => {
    const bad = uuid();
    server.fault = (path, body) => {
      const index = body?.events.findIndex(({ entity_id }) => entity_id === bad) ?? -1;
      return path === '/batch' && index >= 0 ? { status: 422, body: { code: 'invalid_event', index } } : null;
    };
    const sync = make(url);
    await sync.start();
    const orders = sync.collection(orderModel);
    const rejected = orders.record('order.created', bad, { table_number: 1 });
    const good = orders.record('order.created', uuid(), { table_number: 1 });
    await good.synced;
    await assert.rejects(rejected.synced, { code: 'invalid_event' });
    assert.equal(orders.get(bad), undefined);
  });

  it('waits for a token, and leaves the queue as it is', async () => {
    server.token = 'right';
    let asked = 0;
    const sync = make(url, { token: 'wrong', onAuthError: () => void asked++ });
    await sync.start();
    const mutation = sync.collection(orderModel).record('order.created', uuid(), { table_number: 1 });
    await until('the question', () => asked > 0);
    assert.equal(sync.status.getSnapshot().pendingCount, 1);
    sync.setToken('right');
    await mutation.synced;
    await until('live', () => sync.status.getSnapshot().connection === 'live');
  });

  it('goes on with a token that a tab sets which does not lead, or that a new tab brings', async () => {
    server.token = 'first';
    const shared = { adapter: memoryStore(new Map()), locks: new TestLocks(), channel: testChannels() };
    const leader = make(url, { ...shared, token: 'first' });
    const other = make(url, { ...shared, token: 'first' });
    await leader.start();
    await until('a leader', () => leader.status.getSnapshot().connection === 'live');
    await other.start();
    server.token = 'second';
    const mutation = other.collection(orderModel).record('order.created', uuid(), { table_number: 1 });
    await until('the refusal', () => leader.status.getSnapshot().problem?.code === 'unauthorized');
    other.setToken('second');
    await mutation.synced;
    server.token = 'third';
    const next = leader.collection(orderModel).record('order.created', uuid(), { table_number: 1 });
    await until('the refusal', () => leader.status.getSnapshot().problem?.code === 'unauthorized');
    await make(url, { ...shared, token: 'third' }).start();
    await next.synced;
  });

  it('gives up on a token source that says nothing, says so, and asks again', async () => {
    let asked = 0;
    const sync = make(url, {
      token: () => (asked++ === 0 ? new Promise(() => {}) : 'token'),
      // The wait for a token is the only one of its length here.
      timers: { after: (ms, action) => setTimeout(action, ms === 15_000 ? 30 : ms) },
    });
    await sync.start();
    const mutation = sync.collection(orderModel).record('order.created', uuid(), { table_number: 1 });
    await until('the problem', () => sync.status.getSnapshot().problem?.code === 'no_token');
    await mutation.synced;
  });

  it('asks for another token although the application never answers', async () => {
    server.token = 'right';
    let asked = 0;
    const onAuthError = (): Promise<string> => {
      asked += 1;
      return new Promise(() => {}); // a dialog that nobody answers
    };
    const sync = make(url, { token: 'wrong', onAuthError });
    await sync.start();
    const mutation = sync.collection(orderModel).record('order.created', uuid(), { table_number: 1 });
    await until('the question', () => asked > 0);
    sync.setToken('right');
    await mutation.synced;
    assert.equal(asked, 1);
  });

  it('waits as long as the server says', async () => {
    let refused = 0;
    server.fault = (path) => {
      if (path !== '/batch' || refused > 0) return null;
      refused = Date.now();
      return { status: 429, headers: { 'retry-after': '1' } };
    };
    const sync = make(url);
    await sync.start();
    const mutation = sync.collection(orderModel).record('order.created', uuid(), { table_number: 1 });
    await until('the refusal', () => refused > 0);
    sync.syncNow();
    await mutation.synced;
    assert.ok(Date.now() - refused >= 950);
  });

  it('keeps a retryable rejection in the fold and in the queue', async () => {
    let busy = 2;
    server.guard = () => (busy-- > 0 ? { code: 'overloaded', reason: 'busy', retryable: true } : null);
    const sync = make(url);
    await sync.start();
    const id = uuid();
    const mutation = sync.collection(orderModel).record('order.created', id, { table_number: 1 });
    await until('the first answer', () => busy < 2);
    assert.equal(sync.collection(orderModel).get(id)?.table_number, 1);
    assert.deepEqual(sync.status.getSnapshot().rejections, []);
    await mutation.synced;
  });

  it('does not let fifty rejected events hold up the fifty-first, and sends none of them again', async () => {
    server.guard = ({ payload }) =>
      JSON.stringify(payload).includes('bad') ? { code: 'no', reason: 'guarded', retryable: false } : null;
    const sync = make(url);
    await sync.start();
    const orders = sync.collection(orderModel);
    const id = uuid();
    await orders.record('order.created', id, { table_number: 1 }).synced;
    const bad = Array.from({ length: 50 }, () => orders.record('order.note_changed', id, { note: 'bad' }));
    await orders.record('order.note_changed', id, { note: 'good' }).synced;
    await until('all judged', () => sync.status.getSnapshot().rejections.length === 50);
    assert.equal(orders.get(id)?.note, 'good');
    const before = server.batches.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(server.batches.length, before);
    const again = bad[0]?.eventId ?? '';
    server.guard = () => null;
    await sync.retry(again);
    await until('the retried event', () => server.log.some((one) => one.id === again));
    assert.equal(orders.get(id)?.note, 'bad', 'stamped anew, it is the newest');
    await sync.discard(bad[1]?.eventId ?? '');
    await until('the rest', () => sync.status.getSnapshot().rejections.length === 48);
  });

  it('blocks what depends on a rejected create; retry sends all of it anew, in order', async () => {
    let closed = true;
    server.guard = ({ event_type }) =>
      closed && event_type === 'order.created' ? { code: 'closed', reason: 'no new orders', retryable: false } : null;
    const disks = new Map();
    const sync = make(url, { adapter: memoryStore(disks) });
    await sync.start();
    const id = uuid();
    const orders = sync.collection(orderModel);
    const created = orders.record('order.created', id, { table_number: 1 });
    const tips = [1, 2, 3].map((by) => orders.record('order.tip_added', id, { by }));
    await assert.rejects(created.synced, { code: 'closed' });
    await until('the rejection', () => sync.status.getSnapshot().rejections[0]?.blocked === 3);
    assert.equal(orders.get(id), undefined);
    assert.equal(sync.status.getSnapshot().pendingCount, 0);
    await sync.close();
    const again = make(url, { adapter: memoryStore(disks) });
    await again.start();
    assert.equal(again.status.getSnapshot().rejections[0]?.blocked, 3, 'kept over a restart');
    closed = false;
    await again.retry(created.eventId);
    await again.settled();
    assert.deepEqual(
      server.log.map((one) => one.id),
      [created, ...tips].map(({ eventId }) => eventId),
    );
    assert.equal(again.collection(orderModel).get(id)?.tip_cents, 6);
  });

  it('discards a rejected create with all that is blocked under it', async () => {
    server.guard = ({ event_type }) =>
      event_type === 'order.created' ? { code: 'closed', reason: 'no', retryable: false } : null;
    const sync = make(url);
    await sync.start();
    const id = uuid();
    const created = sync.collection(orderModel).record('order.created', id, { table_number: 1 });
    sync.collection(orderModel).record('order.tip_added', id, { by: 1 });
    await until('the rejection', () => sync.status.getSnapshot().rejections.length === 1);
    await sync.discard(created.eventId);
    assert.deepEqual(sync.status.getSnapshot().rejections, []);
    assert.equal(server.log.length, 0);
  });

  it('sends what was recorded while a batch was in flight next', async () => {
    let release: () => void = () => {};
    const sync = make(url, {
      fetch: async (input, init) => {
        const answer = await fetch(input, init);
        if (String(input).endsWith('/batch') && server.batches.length === 1) {
          await new Promise<void>((resolve) => {
            release = resolve;
          });
        }
        return answer;
      },
    });
    await sync.start();
    const orders = sync.collection(orderModel);
    orders.record('order.created', uuid(), { table_number: 1 });
    await until('the first batch', () => server.batches.length === 1);
    const late = orders.record('order.created', uuid(), { table_number: 2 });
    await late;
    release();
    await late.synced;
    assert.equal(server.batches.length, 2);
  });
});

describe('events that were overtaken', () => {
  it('are listed though it happened while they were pending, over a restart too, until the user has seen them', async () => {
    const disks = new Map();
    let sync = make(url, { adapter: memoryStore(disks) });
    await sync.start();
    let orders = sync.collection(orderModel);
    const [id, item] = [uuid(), uuid()];
    await orders.record('order.created', id, { table_number: 1 }).synced;
    await orders.record('order.item_added', id, { item: { id: item, name: 'Burger', price_cents: 5 } }).synced;
    const between = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 5));
    server.fault = (path) => (path === '/batch' ? { status: 500 } : null);
    const late = orders.record('order.item_updated', id, { item_id: item, item: { quantity: 2 } });
    await late;
    server.append(event('order.item_removed', id, { item_id: item }, between + 1));
    await until('the removal', () => orders.get(id)?.items.length === 0);
    const listed = (): readonly string[] => sync.status.getSnapshot().overtaken.map((one) => one.id);
    assert.deepEqual(listed(), [late.eventId]);
    server.fault = () => null;
    await late.synced;
    await until('the feed', () => orders.history(id).every(({ status }) => status === 'synced'));
    assert.deepEqual(listed(), [late.eventId]);
    for (const expected of [[late.eventId], []]) {
      await sync.close();
      sync = make(url, { adapter: memoryStore(disks) });
      orders = sync.collection(orderModel);
      await sync.start();
      assert.deepEqual(listed(), expected);
      await sync.dismiss(late.eventId);
      assert.deepEqual(listed(), []);
    }
  });
});

describe('clocks', () => {
  for (const off of [3_600_000, -3_600_000]) {
    it(`moves what a clock ${off / 3_600_000} h off stamped, in order and at its distances`, async () => {
      const disks = new Map();
      const now = (): number => Date.now() + off;
      let down = true;
      server.fault = () => (down ? 'drop' : null);
      const sync = make(url, { adapter: memoryStore(disks), timers: { now } });
      await sync.start();
      const id = uuid();
      const orders = sync.collection(orderModel);
      const mutations = [orders.record('order.created', id, { table_number: 1 })];
      for (const by of [1, 2, 3]) mutations.push(orders.record('order.tip_added', id, { by }));
      await sync.close();
      const before = mutations.map(({ eventId }) => eventId);
      down = false;
      const again = make(url, { adapter: memoryStore(disks), timers: { now } });
      await again.start();
      const oldest = again.status.getSnapshot().oldestPendingAt ?? 0;
      assert.ok(Math.abs(oldest - now()) < 5000);
      await again.settled();
      assert.deepEqual(
        server.log.map((one) => one.id),
        before,
      );
      assert.deepEqual(again.status.getSnapshot().rejections, []);
      for (const { timestamp } of server.log) assert.ok(Math.abs(Number(timestamp.slice(0, 15)) - Date.now()) < 30_000);
      const stamp = again.collection(orderModel).record('order.tip_added', id, { by: 1 });
      await stamp.synced;
      assert.ok(Math.abs(Number(server.log.at(-1)?.timestamp.slice(0, 15)) - Date.now()) < 30_000);
    });
  }

  it('does not let a slow answer set a clock that may be right', async () => {
    const sync = make(url, {
      fetch: async (input, init) => {
        const answer = await fetch(input, init);
        await new Promise((resolve) => setTimeout(resolve, 400)); // all of it on the way back
        return answer;
      },
    });
    await sync.start();
    await until('live', () => sync.status.getSnapshot().connection === 'live');
    const before = Date.now();
    const { entityId } = sync.collection(orderModel).record('order.created', uuid(), { table_number: 1 });
    const [entry] = sync.collection(orderModel).history(entityId);
    const stamp = Number(entry?.event.timestamp.slice(0, 15));
    assert.ok(stamp >= before && stamp <= Date.now(), `${stamp - before} ms off`);
  });

  it('reads the time that a refusal carries', async () => {
    const off = 3_600_000;
    server.fault = (path) =>
      path === '/batch' ? null : { status: 500, body: { code: 'internal', server_time: Date.now() + off } };
    server.clock = () => Date.now() + off;
    const sync = make(url);
    await sync.start();
    await until('the refusal', () => sync.status.getSnapshot().problem !== null);
    const { eventId } = sync.collection(orderModel).record('order.created', uuid(), { table_number: 1 });
    const [entry] = sync.collection(orderModel).history(sync.collection(orderModel).list()[0]?.id ?? '');
    assert.equal(entry?.event.id, eventId);
    assert.ok(Math.abs(Number(entry?.event.timestamp.slice(0, 15)) - Date.now() - off) < 30_000);
  });

  for (const [what, killed] of [
    ['', false],
    [', over a restart', true],
  ] as const) {
    it(`moves a refused create and what follows it together: same order, same distances${what}`, async () => {
      const disks = new Map();
      let ahead = 3_600_000;
      let down = false;
      server.clock = () => Date.now() + ahead;
      server.fault = (path) => (path === '/batch' ? (down ? 'drop' : null) : null);
      let sync = make(url, { adapter: memoryStore(disks) });
      await sync.start();
      await until('live', () => sync.status.getSnapshot().connection === 'live');
      let orders = sync.collection(orderModel);
      const id = uuid();
      const seen: (number | undefined)[] = [];
      down = true;
      orders.record('order.created', id, { table_number: 1 });
      await until('it is sent', () => server.batches.length > 0);
      for (const by of [1, 2, 4]) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        await orders.record('order.tip_added', id, { by });
      }
      const before = orders.history(id).map(({ event: { timestamp } }) => Number(timestamp.slice(0, 15)));
      if (killed) {
        await sync.close();
        sync = make(url, { adapter: memoryStore(disks) });
        orders = sync.collection(orderModel);
      }
      orders.subscribe(id, () => seen.push(orders.get(id)?.tip_cents));
      ahead = 0; // the server's clock is put right: what this device stamped is an hour ahead
      if (killed) await sync.start();
      server.dropStreams();
      await new Promise((resolve) => setTimeout(resolve, 100));
      down = false;
      await sync.settled();
      assert.deepEqual(sync.status.getSnapshot().rejections, []);
      assert.deepEqual(
        server.log.map(({ event_type }) => event_type),
        ['order.created', 'order.tip_added', 'order.tip_added', 'order.tip_added'],
      );
      const now = server.log.map(({ timestamp }) => Number(timestamp.slice(0, 15)));
      const distances = (stamps: readonly number[]): number[] => stamps.map((ms) => ms - (stamps[0] ?? 0));
      assert.deepEqual(distances(now), distances(before));
      for (const ms of now) assert.ok(Math.abs(ms - Date.now()) < 30_000);
      assert.ok(
        seen.every((tips) => tips === 7),
        `the user saw nothing of it: ${seen}`,
      );
    });
  }

  it('moves what the server finds ahead although it was sent before', async () => {
    let ahead = 300_000;
    server.clock = () => Date.now() + ahead;
    const sync = make(url);
    await sync.start();
    await until('live', () => sync.status.getSnapshot().connection === 'live');
    ahead = 0; // the server's clock is put right: what this client stamps is five minutes ahead now
    const mutation = sync.collection(orderModel).record('order.created', uuid(), { table_number: 1 });
    await mutation.synced;
    assert.deepEqual(sync.status.getSnapshot().rejections, []);
  });
});

describe('tabs', () => {
  it('one leads; the others write, hear of changes, and take over', async () => {
    const shared = { adapter: memoryStore(new Map()), locks: new TestLocks(), channel: testChannels() };
    const a = make(url, shared);
    const b = make(url, shared);
    await a.start();
    await b.start();
    await until('a leader', () => a.status.getSnapshot().isLeader);
    assert.equal(b.status.getSnapshot().isLeader, false);
    const id = uuid();
    const mutation = b.collection(orderModel).record('order.created', id, { table_number: 4 });
    await until('the leader to see it', () => a.collection(orderModel).get(id)?.table_number === 4);
    await mutation.synced;
    assert.equal(server.log.length, 1);
    server.append(event('order.note_changed', id, { note: 'from afar' }, Date.now() + 1000));
    await until('the follower to hear', () => b.collection(orderModel).get(id)?.note === 'from afar');
    await until('the follower to know', () => b.status.getSnapshot().connection === 'live');
    await a.close();
    await until('b to lead', () => b.status.getSnapshot().isLeader);
    await b.collection(orderModel).record('order.tip_added', id, { by: 1 }).synced;
    assert.equal(server.log.length, 3);
  });

  it('every tab may send where there are no locks', async () => {
    const shared = { adapter: memoryStore(new Map()), locks: null, channel: testChannels() };
    const tabs = [make(url, shared), make(url, shared), make(url, shared)];
    for (const tab of tabs) await tab.start();
    const id = uuid();
    await tabs[0]?.collection(orderModel).record('order.created', id, { table_number: 1 }).synced;
    await until('all to see it', () => tabs.every((tab) => tab.collection(orderModel).get(id) !== undefined));
    await Promise.all(tabs.map((tab) => tab.collection(orderModel).record('order.tip_added', id, { by: 1 }).synced));
    await until('all tips', () => tabs.every((tab) => tab.collection(orderModel).get(id)?.tip_cents === 3));
    assert.equal(server.log.length, 4);
  });
});

describe('devices', () => {
  it('of one user in one process are two, and do not hear each other but through the server', async () => {
    const config = { baseUrl: url, tenantId: 't', userId: 'u', models, notification: 'sse' } as const;
    const [a, b] = [createSyncClient(config), createSyncClient(config)];
    open.push(a, b);
    server.fault = () => 'drop';
    await a.start();
    await b.start();
    const id = uuid();
    await a.collection(orderModel).record('order.created', id, { table_number: 1 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(b.collection(orderModel).get(id), undefined);
    server.fault = () => null;
    a.syncNow();
    b.syncNow();
    await until('b to see it', () => b.collection(orderModel).get(id) !== undefined);
  });
});

describe('under every fault at once', () => {
  const seed = Number(process.env['SYNC_SEED'] ?? Date.now() % 1_000_000);
  it(`devices come to agree (seed ${seed})`, { timeout: 60_000 }, async () => {
    const random = seeded(seed);
    server.fault = () => {
      const dice = random();
      if (dice < 0.15) return 'drop';
      if (dice < 0.25) return 'lose';
      return dice < 0.3 ? { status: 503, headers: { 'retry-after': '0' } } : null;
    };
    const disks = [new Map(), new Map(), new Map()];
    const devices = disks.map((disk) => make(url, { adapter: memoryStore(disk) }));
    for (const device of devices) await device.start();
    const ids = Array.from({ length: 3 }, uuid);
    let made = 0;
    for (let i = 0; i < 150; i++) {
      const at = Math.floor(random() * devices.length);
      const device = devices[at];
      const id = ids[Math.floor(random() * ids.length)] ?? '';
      const orders = device?.collection(orderModel);
      try {
        if (orders?.get(id) === undefined) orders?.record('order.created', id, { table_number: i });
        else if (random() < 0.5) orders.record('order.tip_added', id, { by: i });
        else orders.record('order.item_added', id, { item: { id: uuid(), name: 'x', price_cents: i } });
        made += 1;
      } catch {
        // Refused by its own fold: fine.
      }
      if (random() < 0.05) {
        await device?.close();
        const again = make(url, { adapter: memoryStore(disks[at] ?? new Map()) });
        await again.start();
        devices[at] = again;
      }
      if (random() < 0.1) server.dropStreams();
      if (random() < 0.3) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    server.fault = () => null;
    for (const device of devices) await device.settled();
    const folded = await server.fold();
    const expected = JSON.stringify(ids.map((id) => folded.state('order', id)));
    for (const device of devices) {
      for (const { event: rejected } of device.status.getSnapshot().rejections) await device.discard(rejected.id);
      const states = (): string => JSON.stringify(ids.map((id) => device.collection(orderModel).get(id) ?? null));
      await until(`agreement of ${made} events: ${expected} and ${states()}`, () => states() === expected);
    }
  });
});
