/**
 * A store in a SQL database: three tables of text, in the words that SQLite and PostgreSQL share.
 *
 * The journal's positions are given inside the statement that appends, so that a database with one owner needs nothing else to order it.
 */
import { StoreError } from '../../../errors.js';
import type { Chunk, Compaction, SnapshotText, SqlAnswer, StoreContents, Tail } from '../../db.js';
import { storeError } from '../browser.js';
import type { Disk, Ticket } from '../disk.js';
import type { SqlDatabase, SqlQuery, SqlRow, SqlValue } from './database.js';

const SCHEMA = [
  'CREATE TABLE IF NOT EXISTS journal (position INTEGER PRIMARY KEY, ticket TEXT, body TEXT NOT NULL)',
  'CREATE TABLE IF NOT EXISTS snapshots (name TEXT PRIMARY KEY, body TEXT NOT NULL)',
  'CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, body TEXT NOT NULL)',
];
const APPEND =
  'INSERT INTO journal (position, ticket, body) SELECT COALESCE(MAX(position), 0) + 1, $1, $2 FROM journal RETURNING position';
const SET_META = 'INSERT INTO meta (name, body) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET body = excluded.body';
const SNAPSHOTS_PER_STATEMENT = 100;

/** Tables beside the journal that say the same, for whoever reads and writes by SQL of his own. */
export interface Tables {
  /** Moves them on by a chunk. */
  apply(query: SqlQuery, text: string): Promise<void>;
  /** What was written into them by others since the last time, as a chunk; null where that is nothing. */
  capture(query: SqlQuery): Promise<string | null>;
}

/** Makes such tables, where they are not there, and gives what the journal is to be told of it. */
export type OpenTables = (database: SqlDatabase) => Promise<{ readonly tables: Tables; readonly news: string | null }>;

/** A store in this database, its tables made where they are not there. */
export async function sqlDisk(database: SqlDatabase, open?: OpenTables): Promise<Disk> {
  for (const statement of SCHEMA) await database.query(statement, []).catch(fail);
  if (open === undefined) return new SqlDisk(database, null);
  const { tables, news } = await open(database).catch(fail);
  if (news !== null) await database.query(APPEND, [null, news]).catch(fail);
  return new SqlDisk(database, tables);
}

class SqlDisk implements Disk {
  readonly #database: SqlDatabase;
  readonly #tables: Tables | null;
  #queue: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(database: SqlDatabase, tables: Tables | null) {
    this.#database = database;
    this.#tables = tables;
  }

  load(): Promise<StoreContents> {
    return this.#inTurn(() =>
      this.#database.transaction(async (query) => {
        await this.#capture(query);
        return {
          floor: await floorOf(query),
          chunks: await chunksOf(query, 0),
          snapshots: (await query('SELECT name, body FROM snapshots', [])).map(snapshotOf),
        };
      }),
    );
  }

  append(text: string, flush: boolean, { id, again }: Ticket): Promise<number> {
    return this.#inTurn(async () => {
      const database = this.#database;
      const tables = this.#tables;
      if (again) {
        const [done] = await database.query('SELECT position FROM journal WHERE ticket = $1', [id]);
        if (done !== undefined) return Number(done['position']);
      }
      const write = (): Promise<number> =>
        tables === null
          ? append(database.query, id, text)
          : database.transaction(async (query) => {
              // What came first, by SQL, comes first.
              await this.#capture(query);
              await tables.apply(query, text);
              return append(query, id, text);
            });
      return flush ? database.flushed(write) : write();
    });
  }

  tail(after: number): Promise<Tail> {
    return this.#inTurn(() =>
      this.#database.transaction(async (query) => {
        await this.#capture(query);
        return { floor: await floorOf(query), chunks: await chunksOf(query, after) };
      }),
    );
  }

  sql(text: string, parameters: readonly SqlValue[], { id, again }: Ticket): Promise<SqlAnswer> {
    return this.#inTurn(() =>
      this.#database.transaction(async (query) => {
        if (again) {
          const [done] = await query('SELECT position, body FROM journal WHERE ticket = $1', [id]);
          // What it gave back is not kept; what it changed is.
          if (done !== undefined) return { rows: [], chunk: chunkOf(done) };
        }
        await this.#capture(query);
        const rows = await query(text, parameters);
        return { rows, chunk: await this.#capture(query, id) };
      }),
    );
  }

  compact(compaction: Compaction, ticket: Ticket): Promise<boolean> {
    const database = this.#database;
    const all = (): Promise<boolean> => database.transaction((query) => compact(query, compaction, ticket));
    return this.#inTurn(() => database.flushed(all));
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      this.#closed = true;
      await this.#database.close();
    });
  }

  /** Appends what others wrote into the tables. */
  async #capture(query: SqlQuery, ticket: string | null = null): Promise<Chunk | null> {
    const text = (await this.#tables?.capture(query)) ?? null;
    return text === null ? null : { key: await append(query, ticket, text), text };
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(() => {
      if (this.#closed) throw new StoreError('storage_closed', 'the store is closed');
      return action();
    });
    this.#queue = result.catch(() => {});
    return result.catch(fail);
  }
}

async function append(query: SqlQuery, ticket: string | null, text: string): Promise<number> {
  const [row] = await query(APPEND, [ticket, text]);
  return Number(row?.['position']);
}

async function compact(
  query: SqlQuery,
  { expect, journal, snapshots, drop }: Compaction,
  { id, again }: Ticket,
): Promise<boolean> {
  if (again && (await metaOf(query, 'compaction')) === id) return true;
  const [last] = await query('SELECT COALESCE(MAX(position), 0) AS position FROM journal', []);
  if (Number(last?.['position']) !== expect) return false;
  if (drop === 'others') await query('DELETE FROM snapshots', []);
  else for (const name of drop) await query('DELETE FROM snapshots WHERE name = $1', [name]);
  for (let at = 0; at < snapshots.length; at += SNAPSHOTS_PER_STATEMENT) {
    await putSnapshots(query, snapshots.slice(at, at + SNAPSHOTS_PER_STATEMENT));
  }
  if (journal !== null) {
    await query('DELETE FROM journal', []);
    await query('INSERT INTO journal (position, body) VALUES ($1, $2)', [expect, journal]);
    await query(SET_META, ['floor', String(expect)]);
  }
  await query(SET_META, ['compaction', id]);
  return true;
}

async function putSnapshots(query: SqlQuery, snapshots: readonly SnapshotText[]): Promise<void> {
  const rows = snapshots.map((_snapshot, row) => `($${row * 2 + 1}, $${row * 2 + 2})`).join(', ');
  await query(
    `INSERT INTO snapshots (name, body) VALUES ${rows} ON CONFLICT (name) DO UPDATE SET body = excluded.body`,
    snapshots.flatMap(({ key, text }) => [key, text]),
  );
}

async function metaOf(query: SqlQuery, name: string): Promise<string | null> {
  const [row] = await query('SELECT body FROM meta WHERE name = $1', [name]);
  return row === undefined ? null : String(row['body']);
}

async function floorOf(query: SqlQuery): Promise<number> {
  return Number((await metaOf(query, 'floor')) ?? 0);
}

async function chunksOf(query: SqlQuery, after: number): Promise<Chunk[]> {
  const rows = await query('SELECT position, body FROM journal WHERE position > $1 ORDER BY position', [after]);
  return rows.map(chunkOf);
}

function chunkOf(row: SqlRow): Chunk {
  return { key: Number(row['position']), text: String(row['body']) };
}

function snapshotOf(row: SqlRow): SnapshotText {
  return { key: String(row['name']), text: String(row['body']) };
}

function fail(error: unknown): never {
  throw storeError(error);
}
