/** Positions in the server's log: what is read of it begins where the last reading ended, whatever happens in between. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ModelDefinition } from '../src/model.js';
import { MemoryAdapter, MemoryDisk } from '../src/store/adapters/memory.js';
import type { FeedEvent } from '../src/store/db.js';
import { EventStore } from '../src/store/eventStore.js';
import { receive } from '../src/store/receiving.js';
import { platformTimers } from '../src/store/timing.js';
import { event, until, uuid } from './helpers.js';
import { contactModel } from './models/contact.js';
import { orderModel } from './models/order.js';
import { setting } from './setting.js';

const here = setting();

async function open(model: ModelDefinition, disk = new MemoryDisk()): Promise<EventStore> {
  const store = new EventStore({ models: [model], adapter: new MemoryAdapter(disk), timers: platformTimers });
  await store.open();
  return store;
}

const upTo = (seq: number, type: string) => ({ cursor: `e1.${seq}`, seq, types: [type], at: 0 });

describe('a position', () => {
  it('is that of the first page of snapshots: what changes while the others are read comes by the feed [B4-18]', async () => {
    const ids = Array.from({ length: 5 }, uuid).sort();
    for (const id of ids) here.server.append(event('order.created', id, { table_number: 1 }, Date.now() - 1000));
    let pages = 0;
    here.server.fault = (path) => {
      if (path === '/snapshots' && ++pages === 3) {
        here.server.append(event('order.note_changed', ids[0] ?? '', { note: 'late' }, Date.now()));
      }
      return null;
    };
    const sync = here.make(here.url, { models: { orders: orderModel } });
    await sync.start();
    const orders = sync.collection(orderModel);
    await until('all of them', () => orders.list().length === ids.length);
    assert.ok(pages >= 3);
    await until('the note', () => orders.get(ids[0] ?? '')?.note === 'late');
  });

  it('of a row’s snapshot is not gone behind: what the feed brings of before changes nothing [B4-17]', async () => {
    const store = await open(contactModel);
    const id = uuid();
    const now = event('contact.updated', id, { last_name: 'Now' }, 2000);
    const time = new Date(2000).toISOString();
    const told = { id, first_name: 'Ada', last_name: 'Now', email: null, created_at: time, updated_at: time };
    const snapshot = {
      entity_type: 'contact',
      entity_id: id,
      state: told,
      last_hlc: now.timestamp,
      last_event_id: now.id,
      event_count: 3,
      schema_version: 1,
      seq: 3,
      tx: { last_name: now.timestamp },
    };
    await store.commit([{ kind: 'base', snapshot, head: 3 }]);
    const before = event('contact.updated', id, { last_name: 'Before' }, 1500);
    await receive(store, [{ ...before, seq: 2 }], upTo(2, 'contact'));
    assert.deepEqual(store.state('contact', id), told);
    const after = event('contact.updated', id, { last_name: 'After' }, 1000);
    await receive(store, [{ ...after, seq: 4 }], upTo(4, 'contact'));
    assert.equal(Object(store.state('contact', id)).last_name, 'After');
  });

  it('is on the disk with what it stands for, wherever a crash cuts the journal off [B4-19]', async () => {
    const disk = new MemoryDisk();
    const store = await open(orderModel, disk);
    const id = uuid();
    const log: FeedEvent[] = [{ ...event('order.created', id, { table_number: 1 }, 1000), seq: 1 }];
    for (let seq = 2; seq <= 30; seq++) log.push({ ...event('order.tip_added', id, { by: 1 }, 1000 + seq), seq });
    for (let at = 0; at < log.length; at += 3) await receive(store, log.slice(at, at + 3), upTo(at + 3, 'order'));
    const { chunks } = disk;
    assert.ok(chunks.length > 1);
    for (let cut = 0; cut <= chunks.length; cut++) {
      const torn = new MemoryDisk();
      torn.chunks = chunks.slice(0, cut);
      const again = await open(orderModel, torn);
      const seq = again.ledger.cursor?.seq ?? 0;
      assert.equal(again.history('order', id).length, seq, `after ${cut} of ${chunks.length} chunks`);
    }
  });
});
