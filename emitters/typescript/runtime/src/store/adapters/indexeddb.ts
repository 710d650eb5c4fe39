/**
 * The default store of a browser: an IndexedDB database of two object stores and no index.
 *
 * One record per group commit is what makes it cheap: a transaction of one row per event costs twenty times as much for a large batch.
 *
 * A transaction that waits for a page's callback waits as long as the page is frozen, and every other tab with it. So each is committed
 * as soon as its last request is made; a compaction, which has to look before it writes, is given up when the page freezes.
 */
import { StoreError } from '../../errors.js';
import type { Compaction, StoreAdapter, StoreContents, StoreFactory, Tail } from '../db.js';
import { persistStorage, storeError } from './browser.js';

const JOURNAL = 'journal';
const SNAPSHOTS = 'snapshots';
const META = 'meta';
/** A key that no snapshot record has. */
const NONE = '';
const FLOOR = 'floor';
/** What Chromium alone has: whether a database is new because it was damaged. */
const DATA_LOSS = 'dataLoss';
const ALL = [JOURNAL, SNAPSHOTS, META];

/** Stores in the browser's IndexedDB, or in the one given. */
export function indexedDbStore(factory?: IDBFactory): StoreFactory {
  return (name) => new IndexedDbAdapter(name, factory);
}

class IndexedDbAdapter implements StoreAdapter {
  readonly shared = true;
  readonly #name: string;
  readonly #factory: IDBFactory | undefined;
  #database: Promise<IDBDatabase> | null = null;
  #onLost: ((error: StoreError) => void) | null = null;
  /** It was there: where it has to be made anew, somebody removed it. */
  #known = false;
  /** The browser found it damaged and made it anew. */
  #damaged = false;
  /** Resolves once it is safe to write. */
  #renewed: Promise<void> | null = null;
  /** Why nothing can be read or written any more. */
  #ended: StoreError | null = null;

  constructor(name: string, factory: IDBFactory | undefined) {
    this.#name = name;
    this.#factory = factory;
  }

  async load(): Promise<StoreContents> {
    const contents = await this.#read(0);
    this.#renewed ??= renewLog(this.#idb, this.#name).catch(() => {}); // without it the store is as good as any other
    return contents;
  }

  async append(text: string, { flush }: { readonly flush: boolean }): Promise<number> {
    await this.#renewed;
    const transaction = await this.#transaction('readwrite', flush, [JOURNAL]);
    const key = result(transaction.objectStore(JOURNAL).add(text));
    key.catch(() => {}); // a failed request fails its transaction, which is what is waited for
    transaction.commit?.();
    await done(transaction);
    return Number(await key);
  }

  tail(after: number): Promise<Tail> {
    return this.#read(after, NONE);
  }

  async compact({ expect, journal, snapshots, drop }: Compaction, freezing: AbortSignal): Promise<boolean> {
    await this.#renewed;
    const transaction = await this.#transaction('readwrite', true);
    const chunks = transaction.objectStore(JOURNAL);
    const records = transaction.objectStore(SNAPSHOTS);
    freezing.onabort = () => transaction.abort();
    const last = await result(chunks.openKeyCursor(null, 'prev'));
    freezing.onabort = null;
    if (Number(last?.key ?? 0) !== expect) {
      transaction.abort();
      return false;
    }
    if (drop === 'others') records.clear();
    else for (const key of drop) records.delete(key);
    for (const { key, text } of snapshots) records.put(text, key);
    if (journal !== null) {
      chunks.delete(IDBKeyRange.upperBound(expect));
      chunks.put(journal, expect);
      transaction.objectStore(META).put(expect, FLOOR);
    }
    transaction.commit?.();
    await done(transaction);
    return true;
  }

  persist(): Promise<boolean> {
    return persistStorage();
  }

  onLost(listener: (error: StoreError) => void): void {
    this.#onLost = listener;
  }

  async close(): Promise<void> {
    this.#ended ??= new StoreError('storage_closed', 'the store is closed');
    const database = await this.#database?.catch(() => null);
    database?.close();
  }

  /** What the journal holds after a key, and of the snapshot records all or those of a key. */
  async #read(after: number, key?: string): Promise<StoreContents> {
    const transaction = await this.#transaction('readonly');
    const journal = transaction.objectStore(JOURNAL);
    const records = transaction.objectStore(SNAPSHOTS);
    const range = IDBKeyRange.lowerBound(after, true);
    const found = Promise.all([
      result(transaction.objectStore(META).get(FLOOR)),
      result(journal.getAllKeys(range)),
      result(journal.getAll(range)),
      result(records.getAllKeys(key)),
      result(records.getAll(key)),
    ]);
    transaction.commit?.();
    const [floor, keys, texts, names, snapshots] = await found;
    return {
      floor: Number(floor) || 0,
      chunks: keys.map((at, index) => ({ key: Number(at), text: textOf(texts[index]) })),
      // Anything that is no text is damage, and for the store above to find.
      snapshots: names.map((name, index) => ({ key: String(name), text: textOf(snapshots[index]) })),
      damaged: this.#damaged,
    };
  }

  async #transaction(mode: IDBTransactionMode, flush = false, stores = ALL): Promise<IDBTransaction> {
    if (this.#ended !== null) throw this.#ended;
    this.#database ??= this.#open().catch((error: unknown) => {
      this.#database = null; // the next attempt opens anew
      throw error;
    });
    const database = await this.#database;
    try {
      const durability = flush ? 'strict' : 'relaxed';
      return database.transaction(stores, mode, { durability });
    } catch (error) {
      throw storeError(error);
    }
  }

  get #idb(): IDBFactory {
    const factory = this.#factory ?? globalThis.indexedDB;
    if (factory === undefined) throw new StoreError('storage_unavailable', 'there is no IndexedDB here');
    return factory;
  }

  #open(): Promise<IDBDatabase> {
    return new Promise((resolve, reject) => {
      const request = this.#idb.open(this.#name, 1);
      request.onupgradeneeded = (event) => {
        if (this.#known) {
          request.transaction?.abort();
          this.#lose('removed');
          return;
        }
        this.#damaged = DATA_LOSS in event && event[DATA_LOSS] === 'total';
        request.result.createObjectStore(JOURNAL, { autoIncrement: true });
        request.result.createObjectStore(SNAPSHOTS);
        request.result.createObjectStore(META);
      };
      request.onblocked = () => reject(new StoreError('storage_blocked', 'another tab keeps the store from opening'));
      request.onerror = () => reject(this.#ended ?? storeError(request.error));
      request.onsuccess = () => {
        const database = request.result;
        this.#known = true;
        // Another tab removes the database: let it, and say so.
        database.onversionchange = () => {
          database.close();
          this.#lose('removed');
        };
        // The browser closed it: the next attempt opens anew, and finds out whether it is still there.
        database.onclose = () => {
          this.#database = null;
          this.#transaction('readonly').catch(() => this.#lose('closed by the browser'));
        };
        resolve(database);
      };
    });
  }

  #lose(reason: string): void {
    if (this.#ended !== null) return;
    this.#ended = new StoreError('storage_lost', `the local store was ${reason}`);
    this.#onLost?.(this.#ended);
  }
}

/**
 * Has Chromium begin a new log.
 *
 * Its LevelDB goes on in the log that it finds. Where a kill cut the last record short, what is written after it cannot be read: the
 * next start but one finds the log damaged, and Chromium gives up the whole database, whatever was saved in it. To delete a
 * database, an empty one too, makes it put into a table what the log says, and begin another.
 */
async function renewLog(factory: IDBFactory, name: string): Promise<void> {
  if (!(DATA_LOSS in Object(globalThis.IDBVersionChangeEvent?.prototype))) return;
  const prefix = `log:${name}`;
  // What tabs left that were killed in between.
  for (const { name: left } of await factory.databases()) if (left?.startsWith(prefix)) factory.deleteDatabase(left);
  // Of a name of its own: a tab that freezes in between keeps no other waiting.
  const scratch = prefix + Math.random();
  (await result(factory.open(scratch))).close();
  await result(factory.deleteDatabase(scratch));
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '{damaged';
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(storeError(request.error));
  });
}

function done(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(storeError(transaction.error));
  });
}
