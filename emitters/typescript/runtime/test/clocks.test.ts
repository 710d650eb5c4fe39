import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { memoryStore } from '../src/store/adapters/memory.js';
import { event, until, uuid } from './helpers.js';
import { orderModel } from './models/order.js';
import { setting } from './setting.js';

const here = setting();

describe('events that were overtaken', () => {
  it('are listed though it happened while they were pending, over a restart too, until the user has seen them', async () => {
    const disks = new Map();
    let sync = here.make(here.url, { adapter: memoryStore(disks) });
    await sync.start();
    let orders = sync.collection(orderModel);
    const [id, item] = [uuid(), uuid()];
    await orders.record('order.created', id, { table_number: 1 }).synced;
    await orders.record('order.item_added', id, { item: { id: item, name: 'Burger', price_cents: 5 } }).synced;
    const between = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 5));
    here.server.fault = (path) => (path === '/batch' ? { status: 500 } : null);
    const late = orders.record('order.item_updated', id, { item_id: item, item: { quantity: 2 } });
    await late;
    here.server.append(event('order.item_removed', id, { item_id: item }, between + 1));
    await until('the removal', () => orders.get(id)?.items.length === 0);
    const listed = (): readonly string[] => sync.status.getSnapshot().overtaken.map((one) => one.id);
    assert.deepEqual(listed(), [late.eventId]);
    here.server.fault = () => null;
    await late.synced;
    await until('the feed', () => orders.history(id).every(({ status }) => status === 'synced'));
    assert.deepEqual(listed(), [late.eventId]);
    for (const expected of [[late.eventId], []]) {
      await sync.close();
      sync = here.make(here.url, { adapter: memoryStore(disks) });
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
      here.server.fault = () => (down ? 'drop' : null);
      const sync = here.make(here.url, { adapter: memoryStore(disks), timers: { now } });
      await sync.start();
      const id = uuid();
      const orders = sync.collection(orderModel);
      const mutations = [orders.record('order.created', id, { table_number: 1 })];
      for (const by of [1, 2, 3]) mutations.push(orders.record('order.tip_added', id, { by }));
      await sync.close();
      const before = mutations.map(({ eventId }) => eventId);
      down = false;
      const again = here.make(here.url, { adapter: memoryStore(disks), timers: { now } });
      await again.start();
      const oldest = again.status.getSnapshot().oldestPendingAt ?? 0;
      assert.ok(Math.abs(oldest - now()) < 5000);
      await again.settled();
      assert.deepEqual(
        here.server.log.map((one) => one.id),
        before,
      );
      assert.deepEqual(again.status.getSnapshot().rejections, []);
      for (const { timestamp } of here.server.log)
        assert.ok(Math.abs(Number(timestamp.slice(0, 15)) - Date.now()) < 30_000);
      const stamp = again.collection(orderModel).record('order.tip_added', id, { by: 1 });
      await stamp.synced;
      assert.ok(Math.abs(Number(here.server.log.at(-1)?.timestamp.slice(0, 15)) - Date.now()) < 30_000);
    });
  }

  it('does not let a slow answer set a clock that may be right', async () => {
    const sync = here.make(here.url, {
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
    here.server.fault = (path) =>
      path === '/batch' ? null : { status: 500, body: { code: 'internal', server_time: Date.now() + off } };
    here.server.clock = () => Date.now() + off;
    const sync = here.make(here.url);
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
      here.server.clock = () => Date.now() + ahead;
      here.server.fault = (path) => (path === '/batch' ? (down ? 'drop' : null) : null);
      let sync = here.make(here.url, { adapter: memoryStore(disks) });
      await sync.start();
      await until('live', () => sync.status.getSnapshot().connection === 'live');
      let orders = sync.collection(orderModel);
      const id = uuid();
      const seen: (number | undefined)[] = [];
      down = true;
      orders.record('order.created', id, { table_number: 1 });
      await until('it is sent', () => here.server.batches.length > 0);
      for (const by of [1, 2, 4]) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        await orders.record('order.tip_added', id, { by });
      }
      const before = orders.history(id).map(({ event: { timestamp } }) => Number(timestamp.slice(0, 15)));
      if (killed) {
        await sync.close();
        sync = here.make(here.url, { adapter: memoryStore(disks) });
        orders = sync.collection(orderModel);
      }
      orders.subscribe(id, () => seen.push(orders.get(id)?.tip_cents));
      ahead = 0; // the server's clock is put right: what this device stamped is an hour ahead
      if (killed) await sync.start();
      here.server.dropStreams();
      await new Promise((resolve) => setTimeout(resolve, 100));
      down = false;
      await sync.settled();
      assert.deepEqual(sync.status.getSnapshot().rejections, []);
      assert.deepEqual(
        here.server.log.map(({ event_type }) => event_type),
        ['order.created', 'order.tip_added', 'order.tip_added', 'order.tip_added'],
      );
      const now = here.server.log.map(({ timestamp }) => Number(timestamp.slice(0, 15)));
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
    here.server.clock = () => Date.now() + ahead;
    const sync = here.make(here.url);
    await sync.start();
    await until('live', () => sync.status.getSnapshot().connection === 'live');
    ahead = 0; // the server's clock is put right: what this client stamps is five minutes ahead now
    const mutation = sync.collection(orderModel).record('order.created', uuid(), { table_number: 1 });
    await mutation.synced;
    assert.deepEqual(sync.status.getSnapshot().rejections, []);
  });
});
