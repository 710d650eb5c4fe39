/**
 * PGlite, which is PostgreSQL in WASM, on the origin's private file system. The library is handed in, so that a project without it
 * compiles and ships nothing of it.
 *
 * Only `opfs-ahp://` in a worker is offered, with the durability that it has unless told otherwise: each commit waits for the disk. Its
 * IndexedDB file system with relaxed durability loses what it has acknowledged when the browser is killed, even after it was closed.
 */
import type { Disk, OpenDisk } from '../disk.js';
import { digestOf, filesAreFree, takenOver } from '../worker/files.js';
import type { SqlDatabase, SqlQuery, SqlRow } from './database.js';
import { type OpenTables, sqlDisk } from './disk.js';

/** What runs statements: a database, or a transaction of it. */
export interface PGliteQueries {
  query<T>(sql: string, parameters?: unknown[]): Promise<{ readonly rows: readonly T[] }>;
  exec(sql: string): Promise<unknown>;
}

/** The part of a database of `@electric-sql/pglite` that is used. */
export interface PGliteDatabase extends PGliteQueries {
  transaction<T>(action: (transaction: PGliteQueries) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** The part of the class `PGlite` that is used. */
export interface PGliteClass {
  create(dataDir: string): Promise<PGliteDatabase>;
}

/** Opens stores as folders of PGlite, with tables beside them where there are any. For a worker: pages have no access handles. */
export function pgliteFiles(PGlite: PGliteClass, tables?: OpenTables): OpenDisk {
  return async (name) => {
    const folder = `syncable/pglite/${await digestOf(name)}`;
    // PGlite goes on without the files that it cannot open.
    await takenOver(() => filesAreFree(folder));
    return pgliteDisk(await PGlite.create(`opfs-ahp://${folder}`), tables);
  };
}

/** A store in an open database of PGlite: in Node, one in a folder. */
export function pgliteDisk(database: PGliteDatabase, tables?: OpenTables): Promise<Disk> {
  return sqlDisk(pgliteDatabase(database), tables);
}

/** An open database of PGlite as every other. */
export function pgliteDatabase(database: PGliteDatabase): SqlDatabase {
  return new Pglite(database);
}

class Pglite implements SqlDatabase {
  readonly #database: PGliteDatabase;

  constructor(database: PGliteDatabase) {
    this.#database = database;
  }

  get query(): SqlQuery {
    return queryOf(this.#database);
  }

  transaction<T>(action: (query: SqlQuery) => Promise<T>): Promise<T> {
    return this.#database.transaction((transaction) => action(queryOf(transaction)));
  }

  /** Every commit is. */
  flushed<T>(action: () => Promise<T>): Promise<T> {
    return action();
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}

function queryOf(database: PGliteQueries): SqlQuery {
  const run = async (sql: string, parameters: readonly unknown[]): Promise<readonly SqlRow[]> =>
    (await database.query<SqlRow>(sql, [...parameters])).rows;
  return Object.assign(run, {
    script: async (sql: string) => {
      await database.exec(sql);
    },
  });
}
