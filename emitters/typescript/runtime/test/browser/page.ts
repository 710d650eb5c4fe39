/** What the tests have a page in Chromium do. */
import type { SyncStatus } from '../../src/client/status.js';
import { createSyncClient, type SyncClient } from '../../src/client/sync.js';
import { indexedDbStore } from '../../src/store/adapters/indexeddb.js';
import { EventStore } from '../../src/store/eventStore.js';
import { platformTimers } from '../../src/store/timing.js';
import { models } from '../helpers.js';
import { anyDeliveryEndsInOneState, keepsItsBooks } from '../law.js';
import { type Order, orderModel } from '../models/order.js';

declare global {
  interface Window {
    readonly harness: typeof harness;
    /** Given by the test: an event is saved. */
    readonly told?: (id: string) => void;
  }
}

let sync: SyncClient | null = null;

function client(): SyncClient {
  if (sync === null) throw new Error('no client');
  return sync;
}

/** A store of its own for each disk. */
function freshDisk(): () => ReturnType<ReturnType<typeof indexedDbStore>> {
  const name = `law-${crypto.randomUUID()}`;
  return () => indexedDbStore()(name);
}

async function openStore(name: string): Promise<EventStore> {
  const store = new EventStore({
    models: Object.values(models),
    adapter: indexedDbStore()(name),
    timers: platformTimers,
  });
  await store.open();
  return store;
}

const harness = {
  anyDeliveryEndsInOneState: (seed: number): Promise<void> => anyDeliveryEndsInOneState(freshDisk, seed),
  keepsItsBooks: (): Promise<void> => keepsItsBooks(freshDisk),

  /** Writes until it is killed, compacts now and then, and tells of each event once it is saved. */
  async writeForever(name: string): Promise<void> {
    const store = await openStore(name);
    for (let i = 0; ; i++) {
      const { event, saved } = store.record(orderModel, 'order.created', crypto.randomUUID(), { table_number: i });
      await saved;
      window.told?.(event.id);
      if (i % 40 === 39) await store.compact({ force: true });
    }
  },

  async held(name: string): Promise<{ readonly ids: readonly string[]; readonly damaged: boolean }> {
    const store = await openStore(name);
    const ids = [...store.ledger.outbox.keys()];
    const damaged = store.damage !== null;
    await store.close();
    return { ids, damaged };
  },

  /** Makes a client of the server that this page came from, as an application does. */
  async start(): Promise<void> {
    sync = createSyncClient({
      models,
      baseUrl: `${location.origin}/api/v1`,
      tenantId: 't',
      userId: 'u',
      notification: 'sse',
      maxRetryDelayMs: 100,
    });
    await sync.start();
  },

  status: (): SyncStatus => client().status.getSnapshot(),

  /** Makes an order; resolves with its id once it is saved. */
  async create(table: number): Promise<string> {
    const id = crypto.randomUUID();
    await client().collection(orderModel).record('order.created', id, { table_number: table });
    return id;
  },

  tip: async (id: string, by: number): Promise<void> => {
    await client().collection(orderModel).record('order.tip_added', id, { by });
  },

  order: (id: string): Order | null => client().collection(orderModel).get(id) ?? null,
  orders: (): number => client().collection(orderModel).list().length,
  close: (): Promise<void> => client().close(),

  /** The name of the client's database. */
  async database(): Promise<string> {
    const found = (await indexedDB.databases()).find(({ name }) => name?.startsWith('syncable'));
    return found?.name ?? '';
  },

  removeDatabase: (name: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase(name);
      request.onsuccess = () => resolve();
      request.onerror = () => reject(request.error);
      request.onblocked = () => reject(new Error('blocked'));
    }),

  /** Overwrites the first chunk of the journal. */
  corrupt: (name: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const request = indexedDB.open(name);
      request.onsuccess = () => {
        const database = request.result;
        const transaction = database.transaction(['journal', 'snapshots'], 'readwrite');
        const journal = transaction.objectStore('journal');
        journal.openCursor().onsuccess = ({ target }) => {
          const cursor = (target as IDBRequest<IDBCursorWithValue | null>).result;
          cursor?.update(new Uint8Array([1, 2, 3]));
        };
        transaction.oncomplete = () => {
          database.close();
          resolve();
        };
        transaction.onabort = () => reject(transaction.error);
      };
    }),
};

Object.assign(window, { harness });
