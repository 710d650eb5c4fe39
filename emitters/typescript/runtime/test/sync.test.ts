import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WebSocket as NodeWebSocket } from 'ws';
import { memoryStore } from '../src/store/adapters/memory.js';
import { event, until, uuid } from './helpers.js';
import { boardModel } from './models/board.js';
import { orderModel } from './models/order.js';
import { setting } from './setting.js';

const here = setting();

describe('a client and a server', () => {
  it('sends what is recorded, in order, and takes in what others did', async () => {
    const sync = here.make(here.url);
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
      here.server.log.map(({ event_type }) => event_type),
      ['order.created', 'order.tip_added'],
    );
    here.server.append(event('order.note_changed', id, { note: 'no salt' }, Date.now() + 1000));
    await until('the note', () => orders.get(id)?.note === 'no salt');
    const status = sync.status.getSnapshot();
    assert.equal(status.pendingCount, 0);
    assert.ok(status.lastSyncedAt !== null);
    assert.equal(status.connection, 'live');
  });

  for (const notification of ['websocket', 'sse', 'polling'] as const) {
    it(`follows by ${notification}`, async () => {
      const sync = here.make(here.url, {
        notification,
        pollingIntervalMs: 20,
        webSocket: (to) => new NodeWebSocket(to) as unknown as WebSocket,
      });
      await sync.start();
      await until('connection', () => ['live', 'polling'].includes(sync.status.getSnapshot().connection));
      const id = uuid();
      here.server.append(event('board.created', id, { title: 'x' }));
      await until('the board', () => sync.collection(boardModel).get(id)?.title === 'x');
      here.server.dropStreams();
      here.server.append(event('board.title_changed', id, { title: 'y' }));
      await until('the title', () => sync.collection(boardModel).get(id)?.title === 'y');
    });
  }

  it('falls back where WebSockets do not go through', async () => {
    here.server.webSockets = false;
    const sync = here.make(here.url, {
      notification: 'websocket',
      webSocket: (to) => new NodeWebSocket(to) as unknown as WebSocket,
    });
    await sync.start();
    await until('live', () => sync.status.getSnapshot().connection === 'live');
  });

  for (const notification of ['websocket', 'sse'] as const) {
    it(`falls back where a ${notification} opens and nothing comes through`, async () => {
      here.server.mute = true;
      const sync = here.make(here.url, {
        notification,
        pollingIntervalMs: 20,
        webSocket: (to) => new NodeWebSocket(to) as unknown as WebSocket,
        timers: { after: (ms, action) => setTimeout(action, ms === 10_000 ? 50 : ms) },
      });
      await sync.start();
      await until('polling', () => sync.status.getSnapshot().connection === 'polling');
      const id = uuid();
      here.server.append(event('board.created', id, { title: 'x' }));
      await until('the board', () => sync.collection(boardModel).get(id)?.title === 'x');
    });
  }

  it('goes back from polling to a stream that works again', async () => {
    here.server.mute = true;
    const sync = here.make(here.url, {
      pollingIntervalMs: 20,
      timers: { after: (ms, action) => setTimeout(action, ms === 10_000 ? 30 : ms === 300_000 ? 200 : ms) },
    });
    await sync.start();
    await until('polling', () => sync.status.getSnapshot().connection === 'polling');
    here.server.mute = false;
    await until('live', () => sync.status.getSnapshot().connection === 'live');
  });

  it('starts a new device from snapshots, page by page', async () => {
    const ids = Array.from({ length: 5 }, uuid);
    for (const id of ids) here.server.append(event('order.created', id, { table_number: 1 }));
    const sync = here.make(here.url);
    await sync.start();
    await until('all orders', () => sync.collection(orderModel).list().length === 5);
    assert.equal(here.server.requests.filter(({ path }) => path.includes('/snapshots?entity_type=order')).length, 3);
    assert.equal(sync.getPhase(), 'synced');
  });

  it('keeps what a newer client wrote, does not fold it, and says that an update is required', async () => {
    const sync = here.make(here.url);
    await sync.start();
    const orders = sync.collection(orderModel);
    const id = uuid();
    here.server.append(event('order.created', id, { table_number: 1 }));
    await until('the order', () => orders.get(id) !== undefined);
    assert.equal(sync.status.getSnapshot().updateRequired, false);
    here.server.append({ ...event('order.tip_added', id, { pounds: 5 }), schema_version: 2 });
    here.server.append(event('order.flambeed', id, {}));
    await until('the notice', () => sync.status.getSnapshot().updateRequired);
    assert.equal(orders.get(id)?.tip_cents, 0);
    assert.equal(orders.history(id).length, 2);
  });

  it('asks for the snapshot of an entity whose late event lies before what it kept', async () => {
    const id = uuid();
    const base = Date.now() - 10_000;
    here.server.append(event('order.created', id, { table_number: 1 }, base));
    here.server.append(event('order.updated', id, { table_number: 9 }, base + 5000));
    const sync = here.make(here.url);
    await sync.start();
    const orders = sync.collection(orderModel);
    await until('the order', () => orders.get(id)?.table_number === 9);
    here.server.append(event('order.note_changed', id, { note: 'late' }, base + 1000));
    await until('the note', () => orders.get(id)?.note === 'late');
    assert.equal(orders.get(id)?.table_number, 9);
  });

  const refusals = [
    { status: 410, code: 'cursor_expired' },
    { status: 400, code: 'invalid_cursor' },
  ];
  for (const refusal of refusals) {
    it(`starts from snapshots again on ${refusal.code}, and keeps what is unsynced`, async () => {
      here.server.refusal = refusal;
      const disks = new Map();
      const lost = uuid();
      const kept = uuid();
      here.server.append(event('order.created', lost, { table_number: 1 }));
      const first = here.make(here.url, { adapter: memoryStore(disks) });
      await first.start();
      await until('the order', () => first.collection(orderModel).get(lost) !== undefined);
      await first.close();
      here.server.log.length = 0;
      here.server.epoch = 'e2';
      here.server.fault = (path) => (path === '/batch' ? { status: 500 } : null);
      const second = here.make(here.url, { adapter: memoryStore(disks) });
      await second.start();
      const orders = second.collection(orderModel);
      orders.record('order.created', kept, { table_number: 2 });
      await until('the reset', () => orders.get(lost) === undefined);
      assert.equal(orders.get(kept)?.table_number, 2);
      here.server.fault = () => null;
      await second.settled();
      assert.equal(here.server.log.length, 1);
    });
  }

  it('sends what is its own however busy the feed is', async () => {
    const sync = here.make(here.url);
    await sync.start();
    await until('the stream', () => sync.status.getSnapshot().connection === 'live');
    const board = uuid();
    here.server.append(event('board.created', board, { title: 'x' }));
    const busy = setInterval(
      () => here.server.append(event('board.moved', board, { position: Math.random() }, Date.now())),
      30,
    );
    try {
      sync.collection(orderModel).record('order.created', uuid(), { table_number: 1 });
      await until('the batch', () => here.server.batches.length > 0);
    } finally {
      clearInterval(busy);
    }
  });
});
