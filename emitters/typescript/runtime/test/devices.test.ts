import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSyncClient } from '../src/client/sync.js';
import { type MemoryDisk, memoryStore } from '../src/store/adapters/memory.js';
import type { LockManagerLike } from '../src/store/tabs.js';
import { event, models, seeded, TestLocks, testChannels, until, uuid } from './helpers.js';
import { orderModel } from './models/order.js';
import { setting } from './setting.js';

const here = setting();

describe('tabs', () => {
  it('one leads; the others write, hear of changes, and take over', async () => {
    const shared = { adapter: memoryStore(new Map()), locks: new TestLocks(), channel: testChannels() };
    const a = here.make(here.url, shared);
    const b = here.make(here.url, shared);
    await a.start();
    await b.start();
    await until('a leader', () => a.status.getSnapshot().isLeader);
    assert.equal(b.status.getSnapshot().isLeader, false);
    const id = uuid();
    const mutation = b.collection(orderModel).record('order.created', id, { table_number: 4 });
    await until('the leader to see it', () => a.collection(orderModel).get(id)?.table_number === 4);
    await mutation.synced;
    assert.equal(here.server.log.length, 1);
    here.server.append(event('order.note_changed', id, { note: 'from afar' }, Date.now() + 1000));
    await until('the follower to hear', () => b.collection(orderModel).get(id)?.note === 'from afar');
    await until('the follower to know', () => b.status.getSnapshot().connection === 'live');
    await a.close();
    await until('b to lead', () => b.status.getSnapshot().isLeader);
    await b.collection(orderModel).record('order.tip_added', id, { by: 1 }).synced;
    assert.equal(here.server.log.length, 3);
  });

  it('that writes much while none leads leaves a journal that the next leader makes short', async () => {
    const [disks, locks] = [new Map<string, MemoryDisk>(), new TestLocks()];
    let release = (): void => {};
    const gone = new Promise<void>((resolve) => (release = resolve));
    // Somebody holds the lead and does nothing with it.
    const shared = { adapter: memoryStore(disks), locks, channel: testChannels() };
    const frozen: LockManagerLike = { request: (name, options) => locks.request(name, options, () => gone) };
    const idle = here.make(here.url, { ...shared, locks: frozen });
    await idle.start();
    const tab = here.make(here.url, shared);
    await tab.start();
    const orders = tab.collection(orderModel);
    const id = uuid();
    await orders.record('order.created', id, { table_number: 1 });
    for (let i = 0; i < 600; i++) await orders.record('order.tip_added', id, { by: 1 });
    const chunks = (): number => [...disks.values()][0]?.chunks.length ?? 0;
    assert.ok(chunks() > 600, 'one for each change');
    assert.equal(orders.get(id)?.tip_cents, 600);
    assert.equal(tab.status.getSnapshot().isLeader, false);
    release();
    await until('the lead', () => tab.status.getSnapshot().isLeader);
    await until('all at the server', () => here.server.log.length === 601, 20_000);
    await until('a short journal', () => chunks() < 100, 20_000);
    const again = here.make(here.url, { ...shared, locks: null, channel: null });
    await again.start();
    assert.equal(again.collection(orderModel).get(id)?.tip_cents, 600);
  });

  it('that does not lead and writes without a pause does not keep the leader from its compaction for good', async () => {
    const disks = new Map<string, MemoryDisk>();
    const shared = { adapter: memoryStore(disks), locks: new TestLocks(), channel: testChannels() };
    const [leader, writer] = [here.make(here.url, shared), here.make(here.url, shared)];
    await leader.start();
    await until('a leader', () => leader.status.getSnapshot().isLeader);
    await writer.start();
    const orders = writer.collection(orderModel);
    const id = uuid();
    await orders.record('order.created', id, { table_number: 1 });
    const chunks = (): number => [...disks.values()][0]?.chunks.length ?? 0;
    let most = 0;
    let compacted = false;
    const end = Date.now() + 20_000;
    while (!compacted && Date.now() < end) {
      await orders.record('order.tip_added', id, { by: 1 });
      compacted = chunks() < most;
      most = Math.max(most, chunks());
    }
    assert.ok(compacted, `${most} chunks and no end`);
  });

  it('every tab may send where there are no locks', async () => {
    const shared = { adapter: memoryStore(new Map()), locks: null, channel: testChannels() };
    const tabs = [here.make(here.url, shared), here.make(here.url, shared), here.make(here.url, shared)];
    for (const tab of tabs) await tab.start();
    const id = uuid();
    await tabs[0]?.collection(orderModel).record('order.created', id, { table_number: 1 }).synced;
    await until('all to see it', () => tabs.every((tab) => tab.collection(orderModel).get(id) !== undefined));
    await Promise.all(tabs.map((tab) => tab.collection(orderModel).record('order.tip_added', id, { by: 1 }).synced));
    await until('all tips', () => tabs.every((tab) => tab.collection(orderModel).get(id)?.tip_cents === 3));
    assert.equal(here.server.log.length, 4);
  });
});

describe('devices', () => {
  it('of one user in one process are two, and do not hear each other but through the server', async () => {
    const config = { baseUrl: here.url, tenantId: 't', userId: 'u', models, notification: 'sse' } as const;
    const [a, b] = [createSyncClient(config), createSyncClient(config)];
    here.open.push(a, b);
    here.server.fault = () => 'drop';
    await a.start();
    await b.start();
    const id = uuid();
    await a.collection(orderModel).record('order.created', id, { table_number: 1 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(b.collection(orderModel).get(id), undefined);
    here.server.fault = () => null;
    a.syncNow();
    b.syncNow();
    await until('b to see it', () => b.collection(orderModel).get(id) !== undefined);
  });
});

describe('under every fault at once', () => {
  const seed = Number(process.env['SYNC_SEED'] ?? Date.now() % 1_000_000);
  it(`devices come to agree (seed ${seed})`, { timeout: 60_000 }, async () => {
    const random = seeded(seed);
    here.server.fault = () => {
      const dice = random();
      if (dice < 0.15) return 'drop';
      if (dice < 0.25) return 'lose';
      return dice < 0.3 ? { status: 503, headers: { 'retry-after': '0' } } : null;
    };
    const disks = [new Map(), new Map(), new Map()];
    const devices = disks.map((disk) => here.make(here.url, { adapter: memoryStore(disk) }));
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
        const again = here.make(here.url, { adapter: memoryStore(disks[at] ?? new Map()) });
        await again.start();
        devices[at] = again;
      }
      if (random() < 0.1) here.server.dropStreams();
      if (random() < 0.3) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    here.server.fault = () => null;
    for (const device of devices) await device.settled();
    const folded = await here.server.fold();
    const expected = JSON.stringify(ids.map((id) => folded.state('order', id)));
    for (const device of devices) {
      for (const { event: rejected } of device.status.getSnapshot().rejections) await device.discard(rejected.id);
      const states = (): string => JSON.stringify(ids.map((id) => device.collection(orderModel).get(id) ?? null));
      await until(`agreement of ${made} events: ${expected} and ${states()}`, () => states() === expected);
    }
  });
});
