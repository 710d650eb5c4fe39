/** The keys of the configuration that say when and where, each against what is done without it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { SyncClientConfig } from '../src/client/config.js';
import type { SyncClient } from '../src/client/sync.js';
import { until, uuid } from './helpers.js';
import { orderModel } from './models/order.js';
import { setting } from './setting.js';

/** As much of a page as says when the user and the network come and go. */
const page = new EventTarget();
before(() => Reflect.set(globalThis, 'window', page));
after(() => Reflect.deleteProperty(globalThis, 'window'));

const here = setting();
const NEVER = 2 ** 31 - 1;

/** A client whose first batch was lost, and whose own next attempt never comes; what was to come after `maxRetryDelayMs` is kept. */
async function stuck(
  config: Partial<SyncClientConfig>,
): Promise<{ readonly sync: SyncClient; readonly late: (() => void)[] }> {
  const late: (() => void)[] = [];
  const sync = here.make(here.url, {
    maxRetryDelayMs: 77_777,
    timers: {
      after: (ms, action) => {
        if (ms === 77_777) late.push(action);
        return ms >= 400 ? setTimeout(action, NEVER).unref() : setTimeout(action, ms);
      },
      random: () => 0.999,
    },
    ...config,
  });
  await sync.start();
  await until('it follows', () => sync.status.getSnapshot().connection === 'live');
  here.server.fault = (path) => (path === '/batch' && here.server.batches.length === 1 ? 'drop' : null);
  await sync.collection(orderModel).record('order.created', uuid(), { table_number: 1 });
  await until('the batch that is lost', () => here.server.batches.length === 1);
  await until('its failure', () => sync.status.getSnapshot().problem !== null);
  return { sync, late };
}

describe('the configuration', () => {
  it('eventsEndpoint: the events are there and nowhere else', async () => {
    const asked = new Set<string>();
    const sync = here.make(here.url, {
      eventsEndpoint: '/journal',
      fetch: (input, init) => {
        const { pathname } = new URL(String(input));
        asked.add(pathname.replace('/api/v1', '').split('/')[1] ?? '');
        return fetch(String(input).replace('/journal', '/events'), init);
      },
    });
    await sync.start();
    await sync.collection(orderModel).record('order.created', uuid(), { table_number: 1 }).synced;
    asked.delete('health');
    assert.deepEqual(
      [...asked].filter((path) => path !== ''),
      ['journal'],
    );
  });

  it('syncOnFocus: what waits goes out when the user comes back, unless it says no', async () => {
    const { sync } = await stuck({});
    page.dispatchEvent(new Event('focus'));
    await sync.settled();
    assert.equal(here.server.batches.length, 2);
    await sync.close();
  });

  it('syncOnFocus: false', async () => {
    const { sync } = await stuck({ syncOnFocus: false });
    page.dispatchEvent(new Event('focus'));
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(here.server.batches.length, 1);
    sync.syncNow();
    await sync.settled();
  });

  it('syncOnOnline: what waits goes out when the network comes back; where it says no, after maxRetryDelayMs', async () => {
    for (const syncOnOnline of [true, false]) {
      here.server.requests.length = 0;
      here.server.log.length = 0;
      const { sync, late } = await stuck({ syncOnOnline });
      late.length = 0;
      page.dispatchEvent(new Event('offline'));
      assert.equal(sync.status.getSnapshot().isOnline, false);
      page.dispatchEvent(new Event('online'));
      if (!syncOnOnline) {
        await new Promise((resolve) => setTimeout(resolve, 300));
        assert.equal(here.server.batches.length, 1);
        assert.equal(late.length, 1);
        late[0]?.();
      }
      await sync.settled();
      assert.equal(here.server.batches.length, 2);
      await sync.close();
    }
  });
});
