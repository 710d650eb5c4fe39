/**
 * SQLite WASM on the origin's private file system, by its pool of access handles: no other way is as fast, and none needs headers of the
 * server. The library is handed in, so that a project without it compiles and ships nothing of it.
 *
 * A commit is in the browser's hands when it is acknowledged (`synchronous=NORMAL`): it survives a killed browser. One that is to be
 * flushed waits for the disk (`FULL`).
 */
import { StoreError } from '../../../errors.js';
import type { Disk, OpenDisk } from '../disk.js';
import { digestOf, filesAreFree, takenOver } from '../worker/files.js';
import type { SqlDatabase, SqlQuery, SqlRow, SqlValue } from './database.js';
import { type OpenTables, sqlDisk } from './disk.js';

/** The part of a database of `@sqlite.org/sqlite-wasm` that is used. */
export interface SqliteDatabase {
  exec(options: {
    readonly sql: string;
    readonly bind?: SqlValue[];
    readonly rowMode: 'object';
    readonly returnValue: 'resultRows';
  }): readonly SqlRow[];
  close(): void;
}

/** The part of `@sqlite.org/sqlite-wasm` that is used: what its default export resolves to. */
export interface Sqlite3 {
  readonly oo1: { readonly DB: new (filename: string) => SqliteDatabase };
  installOpfsSAHPoolVfs(options: {
    readonly name: string;
    readonly directory: string;
    readonly preserveOnInitFailure: true;
  }): Promise<SqlitePool>;
}

/** The part of its pool of files that is used. */
export interface SqlitePool {
  readonly OpfsSAHPoolDb: new (filename: string) => SqliteDatabase;
  reserveMinimumCapacity(files: number): Promise<unknown>;
}

/** Database, journal, and room for what SQLite makes beside them. */
const FILES = 6;

/**
 * Opens stores as files of SQLite, each in a folder of its own, with tables beside them where there are any. For a worker: pages have no
 * access handles.
 */
export function sqliteFiles(init: () => Promise<Sqlite3>, tables?: OpenTables): OpenDisk {
  return async (name) => {
    const sqlite3 = await init();
    const digest = await digestOf(name);
    const folder = `syncable/sqlite/${digest}`;
    await takenOver(() => filesAreFree(folder));
    // Unless told otherwise, a pool that cannot be opened is removed with all that is in it.
    const options = { name: `syncable-${digest}`, directory: `/${folder}`, preserveOnInitFailure: true } as const;
    const pool = await sqlite3.installOpfsSAHPoolVfs(options);
    await pool.reserveMinimumCapacity(FILES); // a pool that was killed while it was made may be short of files
    const database = new pool.OpfsSAHPoolDb('/store.db');
    try {
      // In this order: a journal for one owner needs no shared memory, which this file system has none of.
      for (const pragma of ['locking_mode = exclusive', 'journal_mode = wal', 'synchronous = normal']) {
        run(database, `PRAGMA ${pragma}`);
      }
      return await sqliteDisk(database, tables);
    } catch (error) {
      database.close();
      throw error;
    }
  };
}

/** A store in an open database of SQLite. */
export function sqliteDisk(database: SqliteDatabase, tables?: OpenTables): Promise<Disk> {
  return sqlDisk(sqliteDatabase(database), tables);
}

/** An open database of SQLite as every other. */
export function sqliteDatabase(database: SqliteDatabase): SqlDatabase {
  return new Sqlite(database);
}

class Sqlite implements SqlDatabase {
  readonly query: SqlQuery;
  readonly #database: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    this.#database = database;
    const query = async (sql: string, parameters: readonly SqlValue[]): Promise<readonly SqlRow[]> =>
      run(database, sql, parameters);
    const script = async (sql: string): Promise<void> => {
      run(database, sql);
    };
    this.query = Object.assign(query, { script });
  }

  async transaction<T>(action: (query: SqlQuery) => Promise<T>): Promise<T> {
    run(this.#database, 'BEGIN');
    try {
      const result = await action(this.query);
      run(this.#database, 'COMMIT');
      return result;
    } catch (error) {
      try {
        run(this.#database, 'ROLLBACK');
      } catch {
        // Some failures have rolled back by themselves.
      }
      throw error;
    }
  }

  async flushed<T>(action: () => Promise<T>): Promise<T> {
    run(this.#database, 'PRAGMA synchronous = full');
    try {
      return await action();
    } finally {
      run(this.#database, 'PRAGMA synchronous = normal');
    }
  }

  async close(): Promise<void> {
    this.#database.close();
  }
}

function run(database: SqliteDatabase, sql: string, parameters: readonly SqlValue[] = []): readonly SqlRow[] {
  const bind = parameters.length === 0 ? {} : { bind: [...parameters] };
  try {
    return database.exec({ sql, ...bind, rowMode: 'object', returnValue: 'resultRows' });
  } catch (error) {
    throw sqliteError(error);
  }
}

const FULL = 13;
const CORRUPT = [11, 26];

function sqliteError(error: unknown): StoreError {
  const result = error instanceof Error && 'resultCode' in error ? Number(error.resultCode) & 0xff : 0;
  const message = error instanceof Error ? error.message : String(error);
  if (result === FULL) return new StoreError('storage_full', message, { cause: error });
  if (CORRUPT.includes(result)) return new StoreError('store_corrupt', message, { cause: error });
  return new StoreError('storage_failed', message, { cause: error });
}
