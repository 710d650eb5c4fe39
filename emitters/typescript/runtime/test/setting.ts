/** A server and its clients, anew for each test of a file. */
import { afterEach, beforeEach } from 'node:test';
import type { SyncClient } from '../src/client/sync.js';
import { client } from './helpers.js';
import { FakeServer } from './server.js';

export interface Setting {
  readonly server: FakeServer;
  readonly url: string;
  /** Clients that are closed when the test is over. */
  readonly open: SyncClient[];
  /** A client that is closed when the test is over. */
  readonly make: typeof client;
}

/** Has each test of the file begin with a server of its own. */
export function setting(): Setting {
  const at = {
    server: new FakeServer(),
    url: '',
    open: [] as SyncClient[],
    make: (...args: Parameters<typeof client>): SyncClient => {
      const made = client(...args);
      at.open.push(made);
      return made;
    },
  };
  beforeEach(async () => {
    at.server = new FakeServer();
    at.url = await at.server.start();
    at.open = [];
  });
  afterEach(async () => {
    await Promise.all(at.open.map((one) => one.close()));
    await at.server.stop();
  });
  return at;
}
