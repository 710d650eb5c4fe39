/** What a device shows of fields that an owner alone sees. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SyncClientConfig } from '../src/client/config.js';
import type { SyncClient } from '../src/client/sync.js';
import { memoryStore } from '../src/store/adapters/memory.js';
import { compact } from '../src/store/upkeep.js';
import { event, until, uuid } from './helpers.js';
import { boardModel } from './models/board.js';
import { type Order, orderModel } from './models/order.js';
import { setting } from './setting.js';

const here = setting();
const NOTE = ['note'];
const model = {
  ...orderModel,
  hidden: NOTE,
  snapshot: { every: 2, max: 4 },
  parseState: (value: unknown): Order => {
    const { note, ...rest } = orderModel.parseState({ note: null, ...Object(value) });
    return Object.hasOwn(Object(value), 'note') ? { ...rest, note } : (rest as Order);
  },
};
const models = { orders: model, boards: boardModel };

async function device(
  config: Partial<SyncClientConfig> = {},
): Promise<{ sync: SyncClient; seen: (id: string) => unknown }> {
  const sync = here.make(here.url, { models, ...config });
  await sync.start();
  if (here.server.fault('', null) === null) {
    await until('a stream', () => sync.status.getSnapshot().connection === 'live');
  }
  const seen = (id: string): unknown => {
    const state = sync.collection(models.orders).get(id);
    return state === undefined ? 'nothing' : Object.hasOwn(state, 'note') ? state.note : 'hidden';
  };
  return { sync, seen };
}

const asked = (): number =>
  here.server.requests.filter(({ path }) => path.includes('/snapshots') && path.includes('entity_id=')).length;

describe('a field that an owner alone sees', () => {
  it('is not shown at its default to whoever is none, on the device that made the entity either', async () => {
    here.server.hidden = NOTE;
    const { sync, seen } = await device();
    const [secret, plain, own] = [uuid(), uuid(), uuid()];
    here.server.append(event('order.created', secret, { table_number: 1, note: 'secret' }));
    here.server.append(event('order.created', plain, { table_number: 2 }));
    await until('others’ orders', () => seen(plain) !== 'nothing');
    assert.deepEqual([seen(secret), seen(plain)], ['hidden', 'hidden']);
    sync.collection(models.orders).record('order.created', own, { table_number: 3 });
    await until('the server’s word', () => seen(own) === 'hidden');
    await sync.settled();
    assert.deepEqual([seen(secret), seen(plain), seen(own)], ['hidden', 'hidden', 'hidden']);
    assert.equal(asked(), 1, 'the word on one of them stands for all');
    for (const id of [secret, plain, own]) assert.equal(sync.internals.store.history('order', id).length, 1);
  });

  it('is at its default for an owner, whoever made the entity', async () => {
    const { sync, seen } = await device();
    const [theirs, own] = [uuid(), uuid()];
    here.server.append(event('order.created', theirs, { table_number: 2 }));
    await until('the server’s word', () => seen(theirs) === null);
    await sync.collection(models.orders).record('order.created', own, { table_number: 3 }).synced;
    assert.equal(seen(own), null);
  });

  it('is at its default on the device that made the entity, before the server has told anything', async () => {
    here.server.fault = () => 'drop';
    const { sync, seen } = await device();
    const own = uuid();
    await sync.collection(models.orders).record('order.created', own, { table_number: 3 });
    assert.equal(seen(own), null);
  });

  for (const hidden of [[], NOTE]) {
    it(`is asked after once and for all, over restarts and compactions (${hidden.length} hidden)`, async () => {
      here.server.hidden = hidden;
      const disks = new Map();
      const first = await device({ adapter: memoryStore(disks) });
      const id = uuid();
      await first.sync.collection(models.orders).record('order.created', id, { table_number: 3 }).synced;
      const told = hidden.length > 0 ? 'hidden' : null;
      await until('one question', () => asked() === 1 && seen(first) === told);
      function seen(of: typeof first): unknown {
        return of.seen(id);
      }
      for (let i = 0; i < 4; i++) here.server.append(event('order.tip_added', id, { by: 1 }, Date.now() + 1000 + i));
      await until('the tips', () => first.sync.collection(models.orders).get(id)?.tip_cents === 4);
      assert.equal(await compact(first.sync.internals.store), true);
      await first.sync.close();
      const again = await device({ adapter: memoryStore(disks) });
      const later = uuid();
      here.server.append(event('order.created', later, { table_number: 4 }));
      await until('another order', () => again.seen(later) !== 'nothing');
      assert.deepEqual([again.seen(id), again.seen(later)], [told, told]);
      assert.equal(asked(), 1);
    });
  }

  it('comes when the user becomes an owner, and goes when he is none any more', async () => {
    here.server.hidden = NOTE;
    const { sync, seen } = await device();
    const id = uuid();
    here.server.append(event('order.created', id, { table_number: 1, note: 'secret' }));
    await until('the order', () => seen(id) === 'hidden');
    for (const [hidden, told] of [
      [[], 'secret'],
      [NOTE, 'hidden'],
    ] as const) {
      here.server.hidden = hidden;
      here.server.epoch = uuid(); // a cursor of other rights
      here.server.dropStreams();
      sync.syncNow();
      await until('the other rights', () => seen(id) === told);
      const own = uuid();
      await sync.collection(models.orders).record('order.created', own, { table_number: 3 }).synced;
      assert.equal(seen(own), told === 'hidden' ? 'hidden' : null);
    }
  });
});
