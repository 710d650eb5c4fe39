/** What the tests have a page in Chromium do. */
import type { SyncStatus } from '../../src/client/status.js';
import { createSyncClient, type SyncClient } from '../../src/client/sync.js';
import { mountDevtools } from '../../src/devtools/panel.js';
import { SyncError } from '../../src/errors.js';
import { indexedDbStore } from '../../src/store/adapters/indexeddb.js';
import { workerStore } from '../../src/store/adapters/worker/remote.js';
import { decodeChunk } from '../../src/store/codec.js';
import type { StoreAdapter, StoreFactory } from '../../src/store/db.js';
import { EventStore } from '../../src/store/eventStore.js';
import { readTail } from '../../src/store/tail.js';
import { platformTimers } from '../../src/store/timing.js';
import { compact } from '../../src/store/upkeep.js';
import { models } from '../helpers.js';
import { anyDeliveryEndsInOneState, keepsItsBooks, refusesWhatCameBetween } from '../law.js';
import { type Order, orderModel } from '../models/order.js';
import { rows } from './rowsPage.js';

declare global {
  interface Window {
    readonly harness: typeof harness;
    readonly rows: typeof rows;
    /** Given by the test: an event is saved. */
    readonly told?: (id: string) => void;
  }
}

/** How often the law is tried: to open PGlite takes most of a second. */
const rounds: Readonly<Record<AdapterName, number>> = { indexeddb: 12, sqlite: 12, pglite: 1 };

const stores = new Map<string, EventStore>();
let sync: SyncClient | null = null;

function client(): SyncClient {
  if (sync === null) throw new Error('no client');
  return sync;
}

const adapters = {
  indexeddb: indexedDbStore(),
  sqlite: workerStore(() => new Worker('/sqlite.worker.js', { type: 'module' })),
  pglite: workerStore(() => new Worker('/pglite.worker.js', { type: 'module' })),
} satisfies Record<string, StoreFactory>;

/** The durable adapters of a browser. */
export type AdapterName = keyof typeof adapters;

/** Databases that hold rows, whose tabs and workers are those of `adapters`. */
const databases = {
  sqlite: workerStore(() => new Worker('/rows.sqlite.worker.js', { type: 'module' })),
  pglite: workerStore(() => new Worker('/rows.pglite.worker.js', { type: 'module' })),
} satisfies Record<string, StoreFactory>;

/** The adapters in whose databases rows live. */
export type DatabaseName = keyof typeof databases;

const open = new Map<string, StoreAdapter>();
let turns = 0;

function database(kind: DatabaseName, name: string): StoreAdapter {
  const known = open.get(name) ?? databases[kind](name);
  open.set(name, known);
  return known;
}

/** A store of its own for each disk. */
function freshDisk(adapter: AdapterName): () => StoreAdapter {
  const name = `law-${crypto.randomUUID()}`;
  return () => adapters[adapter](name);
}

async function openStore(adapter: AdapterName, name: string): Promise<EventStore> {
  const store = new EventStore({
    models: Object.values(models),
    adapter: adapters[adapter](name),
    timers: platformTimers,
  });
  await store.open();
  return store;
}

const harness = {
  anyDeliveryEndsInOneState: (adapter: AdapterName, seed: number): Promise<void> =>
    anyDeliveryEndsInOneState(() => freshDisk(adapter), seed, rounds[adapter]),
  keepsItsBooks: (adapter: AdapterName): Promise<void> => keepsItsBooks(() => freshDisk(adapter)),
  refusesWhatCameBetween: (adapter: AdapterName): Promise<void> => refusesWhatCameBetween(freshDisk(adapter)),

  /** Writes until it is killed, compacts after every so many events, and tells of each event once it is saved. */
  async writeForever(adapter: AdapterName, name: string, compactEvery: number): Promise<void> {
    const store = await openStore(adapter, name);
    for (let i = 0; ; i++) {
      const { event, saved } = store.record(orderModel, 'order.created', crypto.randomUUID(), { table_number: i });
      await saved;
      window.told?.(event.id);
      if (i % compactEvery === compactEvery - 1) await compact(store);
    }
  },

  /** Runs a statement in a database of rows, as an application does; resolves with what it found. */
  async sql(
    kind: DatabaseName,
    name: string,
    text: string,
    parameters: readonly (string | number | null)[] = [],
  ): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const answer = await database(kind, name).sql?.(text, parameters);
    if (answer === undefined) throw new Error('no database of SQL');
    return answer.rows;
  },

  /** Writes rows by SQL until it is killed, and tells of each once its statement is answered. */
  async insertForever(kind: DatabaseName, name: string): Promise<void> {
    for (let i = 0; ; i++) {
      const id = crypto.randomUUID();
      await harness.sql(kind, name, 'INSERT INTO contact (id, first_name) VALUES ($1, $2)', [id, `c${i}`]);
      if (i % 3 === 0) await harness.sql(kind, name, 'UPDATE contact SET email = $1 WHERE id = $2', [`${i}@b.c`, id]);
      window.told?.(id);
    }
  },

  /** The rows that the journal of a database has the creation of. */
  async createdInJournal(kind: DatabaseName, name: string): Promise<readonly string[]> {
    const { chunks } = await database(kind, name).load();
    return chunks.flatMap(({ text }) =>
      decodeChunk(text).entries.flatMap((entry) =>
        entry.kind === 'new' && entry.event.event_type === 'contact.created' ? [entry.event.entity_id] : [],
      ),
    );
  },

  /** Opens a store and keeps it open, as a tab does. */
  async hold(adapter: AdapterName, name: string): Promise<void> {
    stores.set(name, await openStore(adapter, name));
  },

  /** Writes into a store that is open; what could not be saved is told, and nothing is tried twice by hand. */
  async write(
    name: string,
    count: number,
  ): Promise<{ readonly saved: readonly string[]; readonly lost: readonly string[] }> {
    const store = stores.get(name);
    if (store === undefined) throw new Error(`${name} is not open`);
    const saved: string[] = [];
    const lost: string[] = [];
    for (let i = 0; i < count; i++) {
      const made = store.record(orderModel, 'order.created', crypto.randomUUID(), { table_number: i });
      await made.saved.then(
        () => saved.push(made.event.id),
        (error: unknown) => lost.push(String(error)),
      );
      window.told?.(made.event.id);
    }
    return { saved, lost };
  },

  /** Does all that a leader does with a client's store, again and again: writes, reads what others wrote, compacts. */
  async workWithStore(): Promise<void> {
    const { store } = client().internals;
    for (;;) {
      await harness.create(1);
      await readTail(store.mirror);
      await compact(store);
      await store.mirror.adapter.load();
      turns++;
    }
  },

  /** The name of the client's store. */
  storeName: (): string => client().internals.name,

  /** How often it has gone round. */
  worked: (): number => turns,

  /** What the disk of an open store holds, chunk by chunk. */
  async onDisk(adapter: AdapterName, name: string): Promise<readonly string[]> {
    const store = adapters[adapter](name);
    const { chunks } = await store.load();
    await store.close();
    return chunks.flatMap(({ text }) =>
      decodeChunk(text).entries.flatMap((entry) => (entry.kind === 'new' ? [entry.event.id] : [])),
    );
  },

  async held(
    adapter: AdapterName,
    name: string,
  ): Promise<{ readonly ids: readonly string[]; readonly damaged: boolean }> {
    const store = await openStore(adapter, name);
    const ids = [...store.ledger.outbox.keys()];
    const damaged = store.damage !== null;
    await store.close();
    return { ids, damaged };
  },

  /** Makes a client of the server that this page came from, as an application does. */
  async start(adapter?: AdapterName | null, token: string | null = null, userId = 'u'): Promise<void> {
    sync = createSyncClient({
      token,
      ...(adapter == null ? {} : { adapter: adapters[adapter] }),
      models,
      baseUrl: `${location.origin}/api/v1`,
      tenantId: 't',
      userId,
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

  /** Makes orders of some 100 KB, which no compression makes smaller, until one is not saved; what the platform said to that. */
  async fillUp(): Promise<{ readonly saved: readonly string[]; readonly refused: string | null }> {
    const saved: string[] = [];
    for (let i = 0; i < 1000; i++) {
      const id = crypto.randomUUID();
      const random = crypto.getRandomValues(new Uint8Array(50_000));
      const note = Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('');
      try {
        const orders = client().collection(orderModel);
        await orders.record('order.created', id, { table_number: i, note });
        saved.push(id);
      } catch (error) {
        const cause = error instanceof SyncError ? error.cause : error;
        return { saved, refused: cause instanceof Error ? cause.name : String(cause) };
      }
    }
    return { saved, refused: null };
  },

  /** Puts the developer's panel on the page, as an application does that asks for it. */
  devtools(): void {
    mountDevtools(client(), { open: true });
  },

  note: async (id: string, note: string): Promise<void> => {
    await client().collection(orderModel).record('order.note_changed', id, { note });
  },

  tip: async (id: string, by: number): Promise<void> => {
    await client().collection(orderModel).record('order.tip_added', id, { by });
  },

  order: (id: string): Order | null => client().collection(orderModel).get(id) ?? null,
  /** Tips so often, as fast as it can; resolves with the events' ids once all are saved. */
  async tipOften(id: string, times: number): Promise<readonly string[]> {
    const orders = client().collection(orderModel);
    const made = Array.from({ length: times }, () => orders.record('order.tip_added', id, { by: 1 }));
    await Promise.all(made.map(({ saved }) => saved));
    return made.map(({ eventId }) => eventId);
  },

  /** Opens orders and changes them until the page is gone, and tells of each event once it is saved. */
  async workForever(): Promise<void> {
    const orders = client().collection(orderModel);
    for (let i = 0; ; i++) {
      const known = orders.list();
      const one = known[Math.floor(Math.random() * known.length)]?.id;
      const made =
        one === undefined || Math.random() < 0.2
          ? orders.record('order.created', crypto.randomUUID(), { table_number: i })
          : orders.record('order.tip_added', one, { by: 1 });
      await made.saved;
      window.told?.(made.eventId);
    }
  },

  /** All orders, as text to compare. */
  states: (): string => JSON.stringify(client().collection(orderModel).list()),

  /** The tables of so many orders, the latest first. */
  latest: (limit: number): readonly number[] =>
    client()
      .collection(orderModel)
      .list({ orderBy: '-updated_at', limit })
      .map(({ table_number }) => table_number),

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

  /** Removes the stores' files; what the platform said to that. */
  async removeFiles(): Promise<string> {
    try {
      await (await navigator.storage.getDirectory()).removeEntry('syncable', { recursive: true });
      return 'removed';
    } catch (error) {
      return error instanceof Error ? error.name : String(error);
    }
  },

  /** Overwrites every file below a folder of the origin's private file system. */
  async corruptFiles(path: string): Promise<void> {
    const overwrite = async (folder: FileSystemDirectoryHandle): Promise<void> => {
      for await (const handle of folder.values()) {
        if (handle instanceof FileSystemDirectoryHandle) await overwrite(handle);
        else if (handle instanceof FileSystemFileHandle) {
          const { size } = await handle.getFile();
          const file = await handle.createWritable({ keepExistingData: true });
          // Past what the pool keeps of its own at the head of each file.
          if (size > 4096)
            await file.write({ type: 'write', position: 4096, data: new Uint8Array(size - 4096).fill(7) });
          await file.close();
        }
      }
    };
    let folder = await navigator.storage.getDirectory();
    for (const name of path.split('/')) folder = await folder.getDirectoryHandle(name);
    await overwrite(folder);
  },

  /** How a client's start ended. */
  startFails: (adapter: AdapterName): Promise<string> =>
    harness.start(adapter).then(
      () => 'started',
      (error: unknown) => (error instanceof SyncError ? error.code : String(error)),
    ),

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

Object.assign(window, { harness, rows });
