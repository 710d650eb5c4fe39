import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { RefusedLocally } from '../src/errors.js';
import { absent } from '../src/model.js';
import { indexedDbStore } from '../src/store/adapters/indexeddb.js';
import { MemoryAdapter, MemoryDisk } from '../src/store/adapters/memory.js';
import { nodeStore } from '../src/store/adapters/node.js';
import { toWire } from '../src/store/codec.js';
import type { StoreAdapter } from '../src/store/db.js';
import { EntityLog } from '../src/store/entityLog.js';
import { EventStore } from '../src/store/eventStore.js';
import { receive } from '../src/store/receiving.js';
import { sendable } from '../src/store/sendable.js';
import { readTail } from '../src/store/tail.js';
import { platformTimers } from '../src/store/timing.js';
import { compact, heal } from '../src/store/upkeep.js';
import { sqlAdapters } from './databases.js';
import { event, TestAdapter, uuid } from './helpers.js';
import { anyDeliveryEndsInOneState, keepsItsBooks, open, refusesWhatCameBetween } from './law.js';
import { boardModel } from './models/board.js';
import { orderModel } from './models/order.js';

Object.assign(globalThis, { IDBKeyRange });
const scratch = mkdtempSync(join(tmpdir(), 'syncable-store-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

const adapters: Record<string, () => () => StoreAdapter> = {
  memory: () => {
    const disk = new MemoryDisk();
    return () => new MemoryAdapter(disk);
  },
  node: () => {
    const name = uuid();
    return () => nodeStore({ fs, folder: scratch })(name);
  },
  indexeddb: () => {
    const factory = new IDBFactory();
    return () => indexedDbStore(factory)('store');
  },
  ...(await sqlAdapters()),
};

for (const [name, disk] of Object.entries(adapters)) {
  describe(`the law of the store, on ${name}`, () => {
    const seed = Number(process.env['SYNC_SEED'] ?? Date.now() % 1_000_000);
    it(`any delivery, with snapshots, drops and restarts, ends in one state (seed ${seed})`, () =>
      anyDeliveryEndsInOneState(disk, seed));

    it('keeps outbox, cursor and rejections over a restart, compacted or not', () => keepsItsBooks(disk));

    it('gives positions in order, and compacts only what it was told of', () => refusesWhatCameBetween(disk()));
  });
}

describe('snapshots', () => {
  it('never drop an unsynced event, nor one beyond it', async () => {
    const disk = new MemoryDisk();
    const store = await open(new MemoryAdapter(disk));
    const id = uuid();
    const log = Array.from({ length: 30 }, (_, i) =>
      i === 0
        ? event('order.created', id, { table_number: 1 }, 1000)
        : event('order.tip_added', id, { by: 1 }, 1000 + i),
    ).map((one, index) => ({ ...one, seq: index + 1 }));
    for (const one of log.slice(0, 10)) {
      await receive(store, [one], null);
      await compact(store);
    }
    const own = store.record(orderModel, 'order.tip_added', id, { by: 100 });
    for (const one of log.slice(10)) {
      await receive(store, [one], null);
      await compact(store);
    }
    assert.equal(store.ledger.entry(own.event.id)?.status, 'pending');
    const before = toWire(store.state('order', id));
    const again = await open(new MemoryAdapter(disk));
    assert.deepEqual(toWire(again.state('order', id)), before);
    assert.equal(sendable(again).length, 1);
    const kept = again.ledger.log('order', id)?.entries.length ?? 0;
    assert.ok(kept < 31, `some of ${kept} were dropped`);
  });

  it('count after a restart too', async () => {
    const disk = new MemoryDisk();
    const id = uuid();
    const log = [event('order.created', id, { table_number: 1 }, 1000)];
    for (let i = 1; i < 20; i++) log.push(event('order.tip_added', id, { by: 1 }, 1000 + i));
    for (let at = 0; at < log.length; at += 5) {
      const store = await open(new MemoryAdapter(disk), 5);
      const page = log.slice(at, at + 5).map((one, index) => ({ ...one, seq: at + index + 1 }));
      await receive(store, page, null);
      await compact(store);
    }
    const store = await open(new MemoryAdapter(disk), 5);
    assert.equal(new Map(Object.entries(store.state('order', id) ?? {})).get('tip_cents'), 19);
    assert.equal(store.ledger.log('order', id)?.entries.length, 0, 'the fold starts at the newest snapshot');
    assert.equal(store.ledger.log('order', id)?.sinceSnapshot(), 0);
    const kept = store.history('order', id);
    assert.equal(kept.length, 5, 'what lies between the two is there when it is asked for');
    assert.ok(kept.every(({ applied }) => applied));
  });

  it('are not taken where another tab wrote meanwhile', async () => {
    const disk = new MemoryDisk();
    const store = await open(new MemoryAdapter(disk));
    const id = uuid();
    await store.record(orderModel, 'order.created', id, { table_number: 1 }).saved;
    const other = await open(new MemoryAdapter(disk));
    await other.record(orderModel, 'order.tip_added', id, { by: 1 }).saved;
    assert.equal(await compact(store), false);
    await readTail(store.mirror);
    assert.equal(await compact(store), true);
    assert.equal(sendable(await open(new MemoryAdapter(disk))).length, 2);
  });

  it('a tab that slept through a compaction loads anew and keeps what it has not saved', async () => {
    const disk = new MemoryDisk();
    const leader = await open(new MemoryAdapter(disk), 2);
    const id = uuid();
    await leader.record(orderModel, 'order.created', id, { table_number: 1 }).saved;
    const sleeper = await open(new MemoryAdapter(disk), 2);
    await leader.record(orderModel, 'order.tip_added', id, { by: 1 }).saved;
    await compact(leader);
    const own = sleeper.record(orderModel, 'order.tip_added', id, { by: 10 });
    await leader.record(orderModel, 'order.tip_added', id, { by: 100 }).saved;
    await own.saved;
    await readTail(sleeper.mirror);
    const tips = (store: EventStore): unknown =>
      new Map(Object.entries(store.state('order', id) ?? {})).get('tip_cents');
    assert.equal(tips(sleeper), 111);
    await readTail(leader.mirror);
    assert.equal(tips(leader), 111);
  });
});

describe('a mutation', () => {
  it('leaves the fold when it cannot be written, with what was made on top of it', async () => {
    const adapter = new TestAdapter();
    const store = await open(adapter);
    const kept = uuid();
    await store.record(orderModel, 'order.created', kept, { table_number: 1 }).saved;
    adapter.failing = new Error('disk full');
    const id = uuid();
    const create = store.record(orderModel, 'order.created', id, { table_number: 1 });
    const tip = store.record(orderModel, 'order.tip_added', id, { by: 1 });
    assert.notEqual(store.state('order', id), absent);
    await assert.rejects(create.saved, /disk full/);
    await assert.rejects(tip.saved, /disk full/);
    assert.equal(store.state('order', id), absent);
    adapter.failing = null;
    await store.record(orderModel, 'order.tip_added', kept, { by: 1 }).saved;
    assert.equal(sendable(store).length, 2);
  });

  it('fails to be written, but what the server said is written later, with its cursor', async () => {
    const disk = new MemoryDisk();
    const adapter = new TestAdapter(disk);
    const store = await open(adapter);
    adapter.failing = new Error('disk full');
    const id = uuid();
    const fed = { ...event('order.created', id, { table_number: 1 }, 1000), seq: 1 };
    const received = receive(store, [fed], { cursor: 'c1', seq: 1, types: ['order'], at: 0 });
    await assert.rejects(store.record(orderModel, 'order.created', uuid(), { table_number: 1 }).saved, /disk full/);
    assert.notEqual(store.state('order', id), absent, 'shown all the same');
    adapter.failing = null;
    await store.record(orderModel, 'order.tip_added', id, { by: 1 }).saved;
    await received;
    const again = await open(new MemoryAdapter(disk));
    assert.equal(again.ledger.cursor?.cursor, 'c1');
    assert.equal(new Map(Object.entries(again.state('order', id) ?? {})).get('tip_cents'), 1);
  });

  it('is neither sendable nor told to other tabs before it is saved', async () => {
    let release: () => void = () => {};
    const adapter = new TestAdapter();
    adapter.gate = new Promise((resolve) => {
      release = resolve;
    });
    const shared: string[] = [];
    const store = await open(adapter, 5, (_key, text) => shared.push(text));
    const { saved } = store.record(orderModel, 'order.created', uuid(), { table_number: 1 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(sendable(store).length, 0);
    assert.equal(shared.length, 0);
    release();
    await saved;
    assert.equal(sendable(store).length, 1);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(shared.length, 1);
  });

  it('shares one chunk with all that came while another was written', async () => {
    const adapter = new TestAdapter();
    const store = await open(adapter);
    const saves = Array.from(
      { length: 500 },
      () => store.record(orderModel, 'order.created', uuid(), { table_number: 1 }).saved,
    );
    await Promise.all(saves);
    assert.ok(adapter.appends.length <= 2, `${adapter.appends.length} appends`);
  });

  it('that its own fold would refuse throws and records nothing', async () => {
    const store = await open(new MemoryAdapter());
    const id = uuid();
    const refused = (code: string, type: string, payload: unknown): void =>
      assert.throws(
        () => store.record(orderModel, type, id, payload),
        (error) => error instanceof RefusedLocally && error.code === code,
      );
    refused('entity_not_found', 'order.tip_added', { by: 1 });
    store.record(orderModel, 'order.created', id, { table_number: 1 });
    refused('entity_exists', 'order.created', { table_number: 1 });
    refused('invalid_transition', 'order.state_changed', { new_status: 'paid' });
    assert.throws(() => store.record(orderModel, 'order.tip_added', id, { by: 0.5 }), {
      code: 'invalid_payload',
      pointer: '/by',
    });
    store.record(orderModel, 'order.archived', id, {});
    refused('entity_deleted', 'order.tip_added', { by: 1 });
    refused('entity_exists', 'order.created', { table_number: 1 });
    assert.equal(store.ledger.outbox.size, 2);
  });

  it('that an earlier event makes pointless is listed as overtaken', async () => {
    const store = await open(new MemoryAdapter());
    const id = uuid();
    const created = { ...event('order.created', id, { table_number: 1 }, 1000), seq: 1 };
    await receive(store, [created], null);
    const own = store.record(orderModel, 'order.state_changed', id, { new_status: 'sent' });
    await own.saved;
    await store.commit([{ kind: 'accepted', ids: [own.event.id], head: 3 }]);
    await receive(store, [{ ...event('order.state_changed', id, { new_status: 'cancelled' }, 2000), seq: 2 }], null);
    assert.deepEqual([...store.overtaken.keys()], [own.event.id]);
  });
});

describe('what the server no longer has', () => {
  it('stays away after a reset and a compaction', async () => {
    const disk = new MemoryDisk();
    const store = await open(new MemoryAdapter(disk), 2);
    const id = uuid();
    const log = [event('order.created', id, { table_number: 1 }, 1000)];
    for (let i = 0; i < 9; i++) log.push(event('order.tip_added', id, { by: 1 }, 2000 + i));
    for (const [index, one] of log.entries()) {
      await receive(store, [{ ...one, seq: index + 1 }], null);
      await compact(store);
    }
    assert.equal(disk.snapshots.size, 1);
    await store.commit([{ kind: 'reset', types: ['order'] }]);
    await compact(store);
    assert.equal((await open(new MemoryAdapter(disk), 2)).state('order', id), absent);
    assert.equal(disk.snapshots.size, 0);
  });

  it('unsynced events of a model that this version lacks are kept for one that has it', async () => {
    const disk = new MemoryDisk();
    const store = await open(new MemoryAdapter(disk));
    await store.record(boardModel, 'board.created', uuid(), { title: 'x' }).saved;
    const lacking = new EventStore({ models: [orderModel], adapter: new MemoryAdapter(disk), timers: platformTimers });
    await lacking.open();
    assert.equal(lacking.updateRequired, true);
    await compact(lacking);
    assert.equal(sendable(await open(new MemoryAdapter(disk))).length, 1);
  });
});

describe('a store of many events that is opened again', () => {
  it('lists what its pages say of each state, parses no event for it, and folds a late one all the same', async () => {
    const disk = new MemoryDisk();
    const store = await open(new MemoryAdapter(disk));
    const id = uuid();
    const log = [
      event('order.created', id, { table_number: 7 }, 1000),
      event('order.tip_added', id, { by: 5 }, 2000),
      event('order.note_changed', id, { note: 'no onions' }, 4000),
    ].map((one, index) => ({ ...one, seq: index + 1 }));
    await receive(store, log, null);
    assert.equal(await compact(store), true);
    const again = await open(new MemoryAdapter(disk));
    assert.deepEqual([...again.states('order')], [...store.states('order')]);
    const held = again.ledger.log('order', id);
    assert.ok(held instanceof EntityLog);
    assert.equal(held.asleep, true);
    assert.equal(again.state('order', id), again.state('order', id), 'the same object');
    assert.deepEqual(
      again.history('order', id).map(({ applied }) => applied),
      [true, true, true],
    );
    assert.equal(held.asleep, false);
    const late = [{ ...event('order.note_changed', id, { note: 'all of it' }, 3000), seq: 4 }];
    const third = await open(new MemoryAdapter(disk));
    for (const one of [store, third]) await receive(one, late, null);
    assert.deepEqual(third.state('order', id), store.state('order', id));
    assert.equal(await compact(third), true);
    assert.deepEqual((await open(new MemoryAdapter(disk))).state('order', id), store.state('order', id));
  });

  it('folds the events where what its page says of the state is damaged', async () => {
    const disk = new MemoryDisk();
    const store = await open(new MemoryAdapter(disk));
    const id = uuid();
    const log = [event('order.created', id, { table_number: 7 }, 1000), event('order.tip_added', id, { by: 5 }, 2000)];
    await receive(
      store,
      log.map((one, index) => ({ ...one, seq: index + 1 })),
      null,
    );
    assert.equal(await compact(store), true);
    // The state is the last that a page holds.
    for (const [key, text] of disk.snapshots) disk.snapshots.set(key, `${text.slice(0, -1)}?`);
    const again = await open(new MemoryAdapter(disk));
    assert.deepEqual(again.state('order', id), store.state('order', id));
  });
});

describe('what this version cannot read', () => {
  it('is kept, not folded, and folds after an update', async () => {
    const disk = new MemoryDisk();
    const store = await open(new MemoryAdapter(disk));
    const id = uuid();
    const log = [
      event('order.created', id, { table_number: 1 }, 1000),
      { ...event('order.tip_added', id, { by: 5 }, 2000), schema_version: 2 },
      event('order.flambeed', id, {}, 3000),
      event('order.state_changed', id, { new_status: 'eaten' }, 4000),
      event('order.tip_added', id, { by: 1 }, 5000),
    ].map((one, index) => ({ ...one, seq: index + 1 }));
    await receive(store, log, null);
    assert.equal(store.updateRequired, true);
    const tips = (one: EventStore): unknown => new Map(Object.entries(one.state('order', id) ?? {})).get('tip_cents');
    assert.equal(tips(store), 1);
    await compact(store);
    const updated = new EventStore({
      models: [{ ...orderModel, version: 2 }],
      adapter: new MemoryAdapter(disk),
      timers: platformTimers,
    });
    await updated.open();
    assert.equal(tips(updated), 6);
  });
});

describe('an event of an older version', () => {
  /** Version 1 wrote tips in whole euros: a step that shows when it is taken twice. */
  const second = {
    ...orderModel,
    version: 2,
    snapshot: { every: 2, max: 4 },
    lift: (value: unknown, version: number, type: string | null): unknown => {
      assert.equal(version, 1);
      const old = new Map(Object.entries(value ?? {}));
      if (type === 'order.tip_added') return { by: Number(old.get('by')) * 100 };
      if (type === null) return { ...Object.fromEntries(old), tip_cents: Number(old.get('tip_cents')) * 100 };
      return value;
    },
  };
  const openSecond = async (disk: MemoryDisk): Promise<EventStore> => {
    const store = new EventStore({ models: [second], adapter: new MemoryAdapter(disk), timers: platformTimers });
    await store.open();
    return store;
  };
  const tips = (store: EventStore, id: string): unknown =>
    new Map(Object.entries(store.state('order', id) ?? {})).get('tip_cents');

  it('is lifted when read, once, whether it came from the disk, a snapshot or the feed', async () => {
    const disk = new MemoryDisk();
    const first = await open(new MemoryAdapter(disk), 2);
    const id = uuid();
    const log = [event('order.created', id, { table_number: 1 }, 1000)];
    for (let i = 0; i < 6; i++) log.push(event('order.tip_added', id, { by: 1 }, 2000 + i));
    for (const [index, one] of log.entries()) {
      await receive(first, [{ ...one, seq: index + 1 }], null);
      if (index < 5) await compact(first);
    }
    assert.equal(tips(first, id), 6);
    const again = await openSecond(disk);
    assert.equal(tips(again, id), 600);
    await receive(again, [{ ...event('order.tip_added', id, { by: 1 }, 5000), seq: 8 }], null);
    assert.equal(tips(again, id), 700);
    await compact(again);
    assert.equal(tips(await openSecond(disk), id), 700);
    assert.equal(again.updateRequired, false);
  });

  it('is sent and kept as it was recorded', async () => {
    const disk = new MemoryDisk();
    const first = await open(new MemoryAdapter(disk), 2);
    const id = uuid();
    await first.record(orderModel, 'order.created', id, { table_number: 1 }).saved;
    await first.record(orderModel, 'order.tip_added', id, { by: 3 }).saved;
    for (let restart = 0; restart < 3; restart++) {
      const again = await openSecond(disk);
      assert.equal(tips(again, id), 300);
      const [, tip] = sendable(again);
      assert.deepEqual([tip?.recorded?.payload, tip?.recorded?.schema_version], [{ by: 3 }, 1]);
      await compact(again);
    }
  });
});

describe('a damaged store', () => {
  it('gives up what the server has and keeps every unsynced event that can be read', async () => {
    for (const damage of ['line', 'chunk', 'snapshot'] as const) {
      const disk = new MemoryDisk();
      const store = await open(new MemoryAdapter(disk), 2);
      const [theirs, ours] = [uuid(), uuid()];
      const log = [event('order.created', theirs, { table_number: 1 }, 1000)];
      for (let i = 0; i < 9; i++) log.push(event('order.tip_added', theirs, { by: 1 }, 2000 + i));
      await receive(
        store,
        log.map((one, index) => ({ ...one, seq: index + 1 })),
        { cursor: 'c', seq: 10, types: ['order'], at: 0 },
      );
      await compact(store);
      await store.record(orderModel, 'order.created', ours, { table_number: 2 }).saved;
      const [first] = disk.chunks;
      if (damage === 'line') disk.chunks[0] = { key: first?.key ?? 0, text: `${first?.text}\n{"kind":"fee` };
      if (damage === 'chunk') disk.chunks[0] = { key: first?.key ?? 0, text: '\u0001\u0002' };
      if (damage === 'snapshot') for (const key of disk.snapshots.keys()) disk.snapshots.set(key, '{"page":1,');
      const before = JSON.stringify([disk.chunks, [...disk.snapshots]]);
      const again = await open(new MemoryAdapter(disk), 2);
      assert.ok(again.damage !== null, damage);
      assert.equal(again.damage.kept, 1);
      assert.equal(again.state('order', theirs), absent);
      assert.notEqual(again.state('order', ours), absent);
      assert.equal(again.ledger.cursor, null, 'the rest is fetched again');
      assert.equal(JSON.stringify([disk.chunks, [...disk.snapshots]]), before, 'whoever does not lead writes nothing');
      await heal(again);
      const third = await open(new MemoryAdapter(disk), 2);
      assert.equal(third.damage, null, 'said once');
      assert.equal(sendable(third).length, 1);
    }
  });

  it('on a file: a torn last line was never acknowledged', async () => {
    const folder = mkdtempSync(join(scratch, 'torn-'));
    const store = await open(nodeStore({ fs, folder })('s'));
    await store.record(orderModel, 'order.created', uuid(), { table_number: 1 }).saved;
    await store.close();
    const path = join(folder, readdirSync(folder).find((name) => name.endsWith('.log')) ?? '');
    writeFileSync(path, `${readFileSync(path, 'utf8')}{"chunk":{"key":2,"te`);
    const again = await open(nodeStore({ fs, folder })('s'));
    assert.equal(again.damage, null);
    assert.equal(sendable(again).length, 1);
    await again.record(orderModel, 'order.created', uuid(), { table_number: 1 }).saved;
    await again.close();
    const third = await open(nodeStore({ fs, folder })('s'));
    assert.equal(sendable(third).length, 2);
    await third.close();
  });
});
