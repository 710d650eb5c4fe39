/** Ten thousand entities in a list: what it costs is counted, not timed. */
import assert from 'node:assert/strict';
import { after, before, describe, it, mock } from 'node:test';
import type { SyncClient } from '../src/client/sync.js';
import { MemoryAdapter, MemoryDisk } from '../src/store/adapters/memory.js';
import type { JournalEntry } from '../src/store/db.js';
import { EventStore } from '../src/store/eventStore.js';
import { formatStamp } from '../src/store/hlc.js';
import { platformTimers } from '../src/store/timing.js';
import { compact } from '../src/store/upkeep.js';
import { client, uuid } from './helpers.js';
import { orderModel } from './models/order.js';

const COUNT = 10_000;
const FIRST_MS = 1_763_712_000_000;
const model = { ...orderModel, print: 'lists', plain: true };

/** An order as the server's snapshot has it; every tenth is paid. */
function snapshot(at: number): JournalEntry {
  const [id, time] = [uuid(), new Date(FIRST_MS + at).toISOString()];
  const state = { id, table_number: at % 50, status: at % 10 === 0 ? 'paid' : 'open', items: [], note: null };
  return {
    kind: 'base',
    head: COUNT,
    snapshot: {
      entity_type: 'order',
      entity_id: id,
      state: { ...state, tip_cents: 0, guests: 1, created_at: time, updated_at: time },
      last_hlc: formatStamp(FIRST_MS + at, 0, '0badcafe'),
      last_event_id: uuid(),
      event_count: 1,
      schema_version: 1,
      seq: at + 1,
    },
  };
}

describe('ten thousand entities', () => {
  let sync: SyncClient;
  const { parse } = JSON;
  let parsed = 0;
  /** How many texts were parsed for it. */
  const reads = (action: () => void): number => {
    parsed = 0;
    action();
    return parsed;
  };

  before(async () => {
    const disk = new MemoryDisk();
    const filling = new EventStore({ models: [model], adapter: new MemoryAdapter(disk), timers: platformTimers });
    await filling.open();
    await filling.commit(Array.from({ length: COUNT }, (_, at) => snapshot(at)));
    assert.equal(await compact(filling), true);
    await filling.close();
    const offline: typeof fetch = () => Promise.reject(new TypeError('offline'));
    sync = client('http://nowhere', {
      models: { orders: model },
      adapter: () => new MemoryAdapter(disk),
      fetch: offline,
      webSocket: null,
    });
    await sync.start();
    mock.method(JSON, 'parse', (...args: Parameters<typeof parse>) => {
      parsed += 1;
      return parse(...args);
    });
  });
  after(async () => {
    mock.restoreAll();
    await sync.close();
  });

  it('are read once, and then filtered, sorted and paged without reading any', () => {
    const orders = sync.collection(model);
    const latest = (offset: number) => orders.list({ orderBy: '-updated_at', offset, limit: 100 });
    assert.equal(
      reads(() => latest(0)),
      COUNT,
    );
    const seen = new Set<string>();
    const paging = reads(() => {
      for (let offset = 0; offset < COUNT; offset += 100) for (const { id } of latest(offset)) seen.add(id);
      for (const { updated_at } of latest(200)) assert.ok(updated_at <= new Date(FIRST_MS + COUNT - 201).toISOString());
    });
    assert.deepEqual([paging, seen.size], [0, COUNT]);
    const others = reads(() => {
      assert.equal(orders.list({ where: { status: 'paid' } }).length, COUNT / 10);
      assert.equal(orders.list({ where: { status: 'paid', table_number: 10 }, orderBy: 'updated_at' }).length, 200);
      assert.equal(orders.list({ orderBy: 'table_number', offset: 200, limit: 200 })[0]?.table_number, 1);
    });
    assert.equal(others, 0);
  });

  it('are not read again for a change to one of them', () => {
    const orders = sync.collection(model);
    const lists = () => [
      orders.list({ orderBy: '-updated_at', limit: 100 }),
      orders.list({ orderBy: '-updated_at', offset: 100, limit: 100 }),
      orders.list({ where: { status: 'paid' } }),
      orders.list({ where: { status: 'open' }, orderBy: 'table_number', limit: 10 }),
    ];
    const [first, second, paid] = lists();
    const id = second?.[50]?.id ?? '';
    const looked: string[] = [];
    const { store } = sync.internals;
    const spy = mock.method(store, 'state', (type: string, one: string) => {
      looked.push(one);
      return EventStore.prototype.state.call(store, type, one);
    });
    orders.record('order.tip_added', id, { by: 5 });
    const [now, next, stillPaid] = lists();
    spy.mock.restore();
    assert.deepEqual([...new Set(looked)], [id]);
    assert.ok(looked.length < 10, `${looked.length} looks`);
    assert.equal(now?.[0]?.tip_cents, 5);
    assert.equal(next?.[0], first?.[99], 'what was on the first page is on the second');
    assert.equal(stillPaid, paid, 'a list that holds the same is the same');
    assert.equal(paid?.includes(now?.[0] as never), false);
  });
});
