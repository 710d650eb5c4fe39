import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { SyncConfig } from '../src/client/config.js';
import { createSyncClient, type SyncClient } from '../src/client/sync.js';
import { memoryStore } from '../src/store/adapters/memory.js';
import { client, TestLocks, testChannels, until } from './helpers.js';
import { FakeServer } from './server.js';

describe('the network status', () => {
  let server: FakeServer;
  let baseUrl: string;
  let open: SyncClient[];
  beforeEach(async () => {
    server = new FakeServer();
    baseUrl = await server.start();
    open = [];
  });
  afterEach(async () => {
    for (const sync of open) await sync.close();
    await server.stop();
  });

  async function start(config: Partial<SyncConfig> = {}): Promise<SyncClient> {
    const sync = client(baseUrl, config);
    open.push(sync);
    await sync.start();
    return sync;
  }

  it('says whether the server answered when it was last asked', async () => {
    const rounds: (() => void)[] = [];
    const after = (ms: number, action: () => void): unknown => {
      if (ms !== 30_000) return setTimeout(action, ms);
      rounds.push(action);
      return null;
    };
    let away = false;
    let asked = 0;
    const sync = await start({
      timers: { after },
      fetch: (input, init) => {
        if (init?.method !== 'HEAD') return fetch(input, init);
        assert.equal(String(input), new URL('/health', baseUrl).href);
        asked++;
        return away ? Promise.reject(new TypeError('away')) : fetch(input, init);
      },
    });
    assert.equal(sync.status.getSnapshot().isVerified, false);
    await until('verified', () => sync.status.getSnapshot().isVerified);
    assert.equal(sync.status.getSnapshot().latency, 'low');
    assert.equal(asked, 1);
    assert.equal(rounds.length, 1, 'again in 30 s');
    away = true;
    rounds.shift()?.();
    await until('no answer', () => !sync.status.getSnapshot().isVerified);
    assert.equal(sync.status.getSnapshot().isOnline, true, 'the platform knows of nothing');
    away = false;
    await until('the next round', () => rounds.length === 1);
    rounds.shift()?.();
    await until('verified again', () => sync.status.getSnapshot().isVerified);
    assert.equal(asked, 3);
  });

  it('says that an answer took long', async () => {
    let late = 0;
    const sync = await start({
      timers: { now: () => Date.now() + late },
      fetch: (input, init) => {
        if (init?.method === 'HEAD') late += 500;
        return fetch(input, init);
      },
    });
    await until('verified', () => sync.status.getSnapshot().isVerified);
    assert.equal(sync.status.getSnapshot().latency, 'high');
  });

  it('takes no redirection for an answer', async () => {
    server.health = { status: 302, headers: { location: `${baseUrl}/elsewhere` } };
    let answered = false;
    const sync = await start({
      fetch: async (input, init) => {
        try {
          return await fetch(input, init);
        } finally {
          answered ||= init?.method === 'HEAD';
        }
      },
    });
    await until('an answer', () => answered);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(sync.status.getSnapshot().isVerified, false);
  });

  it('is that of the leader in every tab, and of this device where it has no network', async () => {
    let asked = 0;
    const shared: Partial<SyncConfig> = {
      locks: new TestLocks(),
      channel: testChannels(),
      fetch: (input, init) => {
        if (init?.method === 'HEAD') asked++;
        return fetch(input, init);
      },
    };
    const leader = await start(shared);
    const other = await start(shared);
    await until('verified here', () => leader.status.getSnapshot().isVerified);
    await until('verified there', () => other.status.getSnapshot().isVerified);
    assert.equal(other.status.getSnapshot().isLeader, false);
    assert.equal(asked, 1, 'one tab asks');
    leader.internals.unplug(true);
    const { isOnline, isVerified, connection } = leader.status.getSnapshot();
    assert.deepEqual(
      { isOnline, isVerified, connection },
      { isOnline: false, isVerified: false, connection: 'offline' },
    );
    leader.internals.unplug(false);
    await until('verified again', () => leader.status.getSnapshot().isVerified);
    assert.equal(asked, 2);
  });

  it('is all that a client without a log has to say', async () => {
    const sync = createSyncClient({
      models: {},
      baseUrl,
      tenantId: 't',
      userId: 'u',
      adapter: memoryStore(),
      locks: null,
      channel: null,
    });
    open.push(sync);
    await sync.start();
    assert.equal(sync.getPhase(), 'synced');
    await until('verified', () => sync.status.getSnapshot().isVerified);
    assert.equal(sync.status.getSnapshot().connection, 'live');
    sync.internals.unplug(true);
    assert.equal(sync.status.getSnapshot().connection, 'offline');
    sync.internals.unplug(false);
    assert.equal(sync.status.getSnapshot().connection, 'live');
    assert.deepEqual(server.requests, [], 'it follows nothing');
  });
});
