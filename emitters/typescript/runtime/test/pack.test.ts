/** What the leader writes of many events at once, and what a start reads of it. */
import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { MemoryAdapter, MemoryDisk } from '../src/store/adapters/memory.js';
import { needingServer } from '../src/store/asking.js';
import { encodeChunk } from '../src/store/codec.js';
import type { FeedEvent, JournalEntry } from '../src/store/db.js';
import { EntityLog } from '../src/store/entityLog.js';
import type { EventStore } from '../src/store/eventStore.js';
import { receive } from '../src/store/receiving.js';
import { compact, isCompactionDue } from '../src/store/upkeep.js';
import { event, uuid } from './helpers.js';
import { open } from './law.js';

const ORDERS = 10;
const EVENTS = 200;
const NEVER = 1_000_000;

/** Events of some orders, as a server would give them. */
function feed(ids: readonly string[], count = EVENTS, first = 1): FeedEvent[] {
  return Array.from({ length: count }, (_, at) => {
    const id = ids[at % ids.length] ?? '';
    const made = first === 1 && at < ids.length;
    const one = made
      ? event('order.created', id, { table_number: at }, 1000 + at)
      : event('order.tip_added', id, { by: at }, 1000 + first + at);
    return { ...one, seq: first + at };
  });
}

const cursor = (seq: number) => ({ cursor: String(seq), seq, types: ['order'], at: 0 });
const orders = (): string[] => Array.from({ length: ORDERS }, uuid);
const states = (store: EventStore): unknown[] => [...store.states('order')];

/** Runs it; how many characters of JSON it parsed. */
async function parsed(action: () => unknown): Promise<number> {
  let length = 0;
  const { parse } = JSON;
  const spy = mock.method(JSON, 'parse', (text: string, reviver?: Parameters<typeof parse>[1]) => {
    length += text.length;
    return parse(text, reviver);
  });
  try {
    await action();
  } finally {
    spy.mock.restore();
  }
  return length;
}

/** The server's snapshots of orders that were just made. */
function snapshots(ids: readonly string[]): JournalEntry[] {
  return ids.map((id, at) => {
    const { id: last, timestamp: last_hlc } = event('order.created', id, { table_number: at }, 1000 + at);
    const time = new Date(1000 + at).toISOString();
    const state = { id, table_number: at, status: 'open', items: [], note: null, tip_cents: 0, guests: 1 };
    const told = { ...state, created_at: time, updated_at: time };
    return {
      kind: 'base',
      snapshot: {
        entity_type: 'order',
        entity_id: id,
        state: told,
        last_hlc,
        last_event_id: last,
        event_count: 1,
        schema_version: 1,
        seq: at + 1,
      },
      head: ids.length,
    };
  });
}

describe('what began with the server’s snapshots', () => {
  for (const how of ['as it came', 'in pages'] as const) {
    it(`is listed by the next start, which parses none of the events since (${how})`, async () => {
      const disk = new MemoryDisk();
      const store = await open(new MemoryAdapter(disk), NEVER);
      const ids = orders();
      await store.commit([...snapshots(ids), { kind: 'cursor', cursor: cursor(ORDERS) }]);
      const events = feed(ids, EVENTS, ORDERS + 1);
      await receive(store, events, cursor(ORDERS + EVENTS));
      if (how === 'in pages') assert.equal(await compact(store), true);
      const texts = [...disk.chunks.map(({ text }) => text), ...disk.snapshots.values()];
      const length = texts.reduce((sum, text) => sum + text.length, 0);
      let again = store;
      const reading = await parsed(async () => {
        again = await open(new MemoryAdapter(disk), NEVER);
        assert.equal(states(again).length, ORDERS);
      });
      assert.ok(reading < length / 4, `${reading} of ${length}`);
      assert.deepEqual(states(again), states(store));
      assert.ok([...again.ledger.all()].every((log) => log instanceof EntityLog && log.asleep));
      await receive(again, feed(ids, EVENTS, ORDERS + EVENTS + 1), cursor(ORDERS + 2 * EVENTS));
      const expected = states(again);
      assert.notDeepEqual(expected, states(store));
      assert.equal(again.history('order', ids[0] ?? '').length, (2 * EVENTS) / ORDERS);
      assert.deepEqual(states(again), expected, 'folded anew');
      assert.deepEqual(states(await open(new MemoryAdapter(disk), NEVER)), expected);
    });
  }
});

describe('a pack', () => {
  it('is listed by the next start, which parses none of its events', async () => {
    const disk = new MemoryDisk();
    const store = await open(new MemoryAdapter(disk), NEVER);
    const ids = orders();
    await receive(store, feed(ids), cursor(EVENTS));
    await receive(store, feed(ids, EVENTS, EVENTS + 1), cursor(2 * EVENTS));
    assert.equal(disk.chunks.length, 2);
    const length = disk.chunks.reduce((sum, { text }) => sum + text.length, 0);
    let again = store;
    const opening = await parsed(async () => {
      again = await open(new MemoryAdapter(disk), NEVER);
    });
    assert.ok(opening < length / 20, `to open it: ${opening} of ${length}`);
    const listing = await parsed(() => assert.equal(states(again).length, ORDERS));
    assert.ok(listing < length / 10, `to list it: ${listing} of ${length}`);
    assert.deepEqual(states(again), states(store));
    const asleep = (id: string): boolean => {
      const log = again.ledger.log('order', id);
      return log instanceof EntityLog && log.asleep;
    };
    assert.ok(ids.every(asleep));
    assert.deepEqual(
      again.history('order', ids[0] ?? '').map(({ event: { id } }) => id),
      store.history('order', ids[0] ?? '').map(({ event: { id } }) => id),
    );
    assert.equal(isCompactionDue(again), isCompactionDue(store));
    assert.equal(await compact(again), true);
    assert.deepEqual(states(await open(new MemoryAdapter(disk), NEVER)), states(store));
  });

  it('that does not follow on what is held is taken event by event', async () => {
    const ids = orders();
    const [first, second] = [feed(ids), feed(ids, EVENTS, EVENTS + 1)];
    const whole = await open(new MemoryAdapter(), NEVER);
    await receive(whole, [...first, ...second], null);
    const disk = new MemoryDisk();
    const store = await open(new MemoryAdapter(disk), NEVER);
    await receive(store, first, cursor(EVENTS));
    // Another tab that thought that it led, and wrote a part of it as well; and a late event in between.
    const late = { ...event('order.note_changed', ids[3] ?? '', { note: 'late' }, 1100), seq: 2 * EVENTS + 1 };
    await receive(whole, [late], null);
    await new MemoryAdapter(disk).append(
      encodeChunk([...second.slice(0, 30), late].map((event) => ({ kind: 'feed', event }))),
    );
    await receive(store, second, cursor(2 * EVENTS));
    const again = await open(new MemoryAdapter(disk), NEVER);
    assert.deepEqual(states(again), states(whole));
  });

  it('of which something is damaged: the header costs what the server has, an entity the server’s word on that one', async () => {
    const disk = new MemoryDisk();
    const ids = orders();
    const store = await open(new MemoryAdapter(disk), NEVER);
    await receive(store, feed(ids), cursor(EVENTS));
    const { key, text } = disk.chunks[0] ?? { key: 0, text: '' };
    disk.chunks[0] = { key, text: text.replace('"rows":[[', '"rows":[[[') };
    assert.equal((await open(new MemoryAdapter(disk))).damage?.records, 1);
    disk.chunks[0] = { key, text: text.replace('"table_number":0}', '"table_number":?}') };
    const again = await open(new MemoryAdapter(disk), NEVER);
    assert.equal(again.damage, null);
    assert.equal(states(again).length, ORDERS);
    again.history('order', ids[0] ?? '');
    assert.deepEqual(
      needingServer(again.ledger).map(({ id }) => id),
      [ids[0]],
    );
  });

  it('says no state that is much longer than what led to it, and is folded then', async () => {
    const disk = new MemoryDisk();
    const store = await open(new MemoryAdapter(disk), NEVER);
    const ids = orders();
    const long = event('order.note_changed', ids[0] ?? '', { note: 'x'.repeat(50_000) }, 900_000);
    await receive(store, [...feed(ids), { ...long, seq: EVENTS + 1 }], cursor(EVENTS + 1));
    await receive(store, feed(ids, EVENTS, EVENTS + 2), cursor(2 * EVENTS + 1));
    assert.ok((disk.chunks[1]?.text.length ?? 0) < 2 * (disk.chunks[0]?.text.length ?? 0));
    assert.deepEqual(states(await open(new MemoryAdapter(disk), NEVER)), states(store));
  });
});
