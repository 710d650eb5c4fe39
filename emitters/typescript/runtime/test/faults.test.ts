import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { memoryStore } from '../src/store/adapters/memory.js';
import { TestLocks, testChannels, until, uuid } from './helpers.js';
import { orderModel } from './models/order.js';
import { setting } from './setting.js';

const here = setting();

describe('faults', () => {
  it('sends again after a lost answer, and the server has each event once', async () => {
    let lose = 2;
    // The feed is away too: it would bring the events before they are sent again.
    here.server.fault = (path) => {
      if (path === '/batch') return lose-- > 0 ? 'lose' : null;
      return path === '/live' || here.server.batches.length > 0 ? 'drop' : null;
    };
    const sync = here.make(here.url);
    await sync.start();
    const id = uuid();
    sync.collection(orderModel).record('order.created', id, { table_number: 1 });
    await sync.collection(orderModel).record('order.tip_added', id, { by: 1 }).synced;
    assert.equal(here.server.log.length, 2);
    const [first, second] = here.server.batches;
    assert.deepEqual(second, first, 'unchanged');
    assert.equal(sync.collection(orderModel).get(id)?.tip_cents, 1);
  });

  it('halves a batch that is too large, and rejects a single event that is', async () => {
    here.server.fault = (path, body) =>
      path === '/batch' && (body?.events.length ?? 0) > 2
        ? { status: 413, body: { code: 'batch_too_large' } }
        : body?.events.some(({ payload }) => JSON.stringify(payload).includes('huge'))
          ? { status: 413, body: { code: 'batch_too_large' } }
          : null;
    const sync = here.make(here.url);
    await sync.start();
    const orders = sync.collection(orderModel);
    const ids = Array.from({ length: 7 }, uuid);
    for (const id of ids) orders.record('order.created', id, { table_number: 1 });
    orders.record('order.note_changed', ids[0] ?? '', { note: 'huge' });
    await until('all', () => here.server.log.length === 7 && sync.status.getSnapshot().rejections.length === 1);
    assert.equal(sync.status.getSnapshot().rejections[0]?.code, 'batch_too_large');
    assert.equal(orders.get(ids[0] ?? '')?.note, null);
  });

  it('puts the event that a 422 names aside and sends the rest', async () => {
    const bad = uuid();
    here.server.fault = (path, body) => {
      const index = body?.events.findIndex(({ entity_id }) => entity_id === bad) ?? -1;
      return path === '/batch' && index >= 0 ? { status: 422, body: { code: 'invalid_event', index } } : null;
    };
    const sync = here.make(here.url);
    await sync.start();
    const orders = sync.collection(orderModel);
    const rejected = orders.record('order.created', bad, { table_number: 1 });
    const good = orders.record('order.created', uuid(), { table_number: 1 });
    await good.synced;
    await assert.rejects(rejected.synced, { code: 'invalid_event' });
    assert.equal(orders.get(bad), undefined);
  });

  it('waits for a token, and leaves the queue as it is', async () => {
    here.server.token = 'right';
    let asked = 0;
    const sync = here.make(here.url, { token: 'wrong', onAuthError: () => void asked++ });
    await sync.start();
    const mutation = sync.collection(orderModel).record('order.created', uuid(), { table_number: 1 });
    await until('the question', () => asked > 0);
    assert.equal(sync.status.getSnapshot().pendingCount, 1);
    sync.setToken('right');
    await mutation.synced;
    await until('live', () => sync.status.getSnapshot().connection === 'live');
  });

  it('goes on at once with a token that was set while the refusal of the old one was under way', async () => {
    let part = '/events';
    const sync = here.make(here.url, {
      token: 'first',
      fetch: async (input, init) => {
        const response = await fetch(input, init);
        if (response.status === 401 && String(input).includes(part)) sync.setToken(here.server.token ?? '');
        return response;
      },
    });
    here.server.token = 'second';
    await sync.start();
    await until('live', () => sync.status.getSnapshot().connection === 'live');
    part = '/batch';
    here.server.token = 'third';
    await sync.collection(orderModel).record('order.created', uuid(), { table_number: 1 }).synced;
  });

  it('goes on with a token that a tab sets which does not lead, or that a new tab brings', async () => {
    here.server.token = 'first';
    const shared = { adapter: memoryStore(new Map()), locks: new TestLocks(), channel: testChannels() };
    const leader = here.make(here.url, { ...shared, token: 'first' });
    const other = here.make(here.url, { ...shared, token: 'first' });
    await leader.start();
    await until('a leader', () => leader.status.getSnapshot().connection === 'live');
    await other.start();
    here.server.token = 'second';
    const mutation = other.collection(orderModel).record('order.created', uuid(), { table_number: 1 });
    await until('the refusal', () => leader.status.getSnapshot().problem?.code === 'unauthorized');
    other.setToken('second');
    await mutation.synced;
    here.server.token = 'third';
    const next = leader.collection(orderModel).record('order.created', uuid(), { table_number: 1 });
    await until('the refusal', () => leader.status.getSnapshot().problem?.code === 'unauthorized');
    await here.make(here.url, { ...shared, token: 'third' }).start();
    await next.synced;
  });

  it('gives up on a token source that says nothing, says so, and asks again', async () => {
    let asked = 0;
    const sync = here.make(here.url, {
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
    here.server.token = 'right';
    let asked = 0;
    const onAuthError = (): Promise<string> => {
      asked += 1;
      return new Promise(() => {}); // a dialog that nobody answers
    };
    const sync = here.make(here.url, { token: 'wrong', onAuthError });
    await sync.start();
    const mutation = sync.collection(orderModel).record('order.created', uuid(), { table_number: 1 });
    await until('the question', () => asked > 0);
    sync.setToken('right');
    await mutation.synced;
    assert.equal(asked, 1);
  });

  it('waits as long as the server says', async () => {
    let refused = 0;
    here.server.fault = (path) => {
      if (path !== '/batch' || refused > 0) return null;
      refused = Date.now();
      return { status: 429, headers: { 'retry-after': '1' } };
    };
    const sync = here.make(here.url);
    await sync.start();
    const mutation = sync.collection(orderModel).record('order.created', uuid(), { table_number: 1 });
    await until('the refusal', () => refused > 0);
    sync.syncNow();
    await mutation.synced;
    assert.ok(Date.now() - refused >= 950);
  });

  it('keeps a retryable rejection in the fold and in the queue', async () => {
    let busy = 2;
    here.server.guard = () => (busy-- > 0 ? { code: 'overloaded', reason: 'busy', retryable: true } : null);
    const sync = here.make(here.url);
    await sync.start();
    const id = uuid();
    const mutation = sync.collection(orderModel).record('order.created', id, { table_number: 1 });
    await until('the first answer', () => busy < 2);
    assert.equal(sync.collection(orderModel).get(id)?.table_number, 1);
    assert.deepEqual(sync.status.getSnapshot().rejections, []);
    await mutation.synced;
  });

  it('does not let fifty rejected events hold up the fifty-first, and sends none of them again', async () => {
    here.server.guard = ({ payload }) =>
      JSON.stringify(payload).includes('bad') ? { code: 'no', reason: 'guarded', retryable: false } : null;
    const sync = here.make(here.url);
    await sync.start();
    const orders = sync.collection(orderModel);
    const id = uuid();
    await orders.record('order.created', id, { table_number: 1 }).synced;
    const bad = Array.from({ length: 50 }, () => orders.record('order.note_changed', id, { note: 'bad' }));
    await orders.record('order.note_changed', id, { note: 'good' }).synced;
    await until('all judged', () => sync.status.getSnapshot().rejections.length === 50);
    assert.equal(orders.get(id)?.note, 'good');
    const before = here.server.batches.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(here.server.batches.length, before);
    const again = bad[0]?.eventId ?? '';
    here.server.guard = () => null;
    await sync.retry(again);
    await until('the retried event', () => here.server.log.some((one) => one.id === again));
    assert.equal(orders.get(id)?.note, 'bad', 'stamped anew, it is the newest');
    await sync.discard(bad[1]?.eventId ?? '');
    await until('the rest', () => sync.status.getSnapshot().rejections.length === 48);
  });

  it('blocks what depends on a rejected create; retry sends all of it anew, in order', async () => {
    let closed = true;
    here.server.guard = ({ event_type }) =>
      closed && event_type === 'order.created' ? { code: 'closed', reason: 'no new orders', retryable: false } : null;
    const disks = new Map();
    const sync = here.make(here.url, { adapter: memoryStore(disks) });
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
    const again = here.make(here.url, { adapter: memoryStore(disks) });
    await again.start();
    assert.equal(again.status.getSnapshot().rejections[0]?.blocked, 3, 'kept over a restart');
    closed = false;
    await again.retry(created.eventId);
    await again.settled();
    assert.deepEqual(
      here.server.log.map((one) => one.id),
      [created, ...tips].map(({ eventId }) => eventId),
    );
    assert.equal(again.collection(orderModel).get(id)?.tip_cents, 6);
  });

  it('discards a rejected create with all that is blocked under it', async () => {
    here.server.guard = ({ event_type }) =>
      event_type === 'order.created' ? { code: 'closed', reason: 'no', retryable: false } : null;
    const sync = here.make(here.url);
    await sync.start();
    const id = uuid();
    const created = sync.collection(orderModel).record('order.created', id, { table_number: 1 });
    sync.collection(orderModel).record('order.tip_added', id, { by: 1 });
    await until('the rejection', () => sync.status.getSnapshot().rejections.length === 1);
    await sync.discard(created.eventId);
    assert.deepEqual(sync.status.getSnapshot().rejections, []);
    assert.equal(here.server.log.length, 0);
  });

  it('sends what was recorded while a batch was in flight next', async () => {
    let release: () => void = () => {};
    const sync = here.make(here.url, {
      fetch: async (input, init) => {
        const answer = await fetch(input, init);
        if (String(input).endsWith('/batch') && here.server.batches.length === 1) {
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
    await until('the first batch', () => here.server.batches.length === 1);
    const late = orders.record('order.created', uuid(), { table_number: 2 });
    await late;
    release();
    await late.synced;
    assert.equal(here.server.batches.length, 2);
  });
});
