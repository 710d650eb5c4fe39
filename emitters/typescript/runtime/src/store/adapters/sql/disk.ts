/**
 * A store in a SQL database: three tables of text, in the words that SQLite and PostgreSQL share.
 *
 * The journal's positions are given inside the statement that appends, so that a database with one owner needs nothing else to order it.
 */
import { StoreError } from '../../../errors.js';
import type { Chunk, Compaction, SnapshotText, StoreContents, Tail } from '../../db.js';
import { storeError } from '../browser.js';
import type { Disk, Ticket } from '../disk.js';

/** A parameter of a statement. */
export type SqlValue = string | number | null;

/** A row of a result. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** Runs one statement with parameters `$1`, `$2` and so on, which must first appear in that order. */
export type SqlQuery = (sql: string, parameters: readonly SqlValue[]) => Promise<readonly SqlRow[]>;

/** An open database. */
export interface SqlDatabase {
  readonly query: SqlQuery;
  /** All of what `action` does, or nothing. */
  transaction<T>(action: (query: SqlQuery) => Promise<T>): Promise<T>;
  /** Runs `action`; what it commits survives power loss. */
  flushed<T>(action: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const SCHEMA = [
  'CREATE TABLE IF NOT EXISTS journal (position INTEGER PRIMARY KEY, ticket TEXT, body TEXT NOT NULL)',
  'CREATE TABLE IF NOT EXISTS snapshots (name TEXT PRIMARY KEY, body TEXT NOT NULL)',
  'CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, body TEXT NOT NULL)',
];
const APPEND =
  'INSERT INTO journal (position, ticket, body) SELECT COALESCE(MAX(position), 0) + 1, $1, $2 FROM journal RETURNING position';
const SET_META = 'INSERT INTO meta (name, body) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET body = excluded.body';
const SNAPSHOTS_PER_STATEMENT = 100;

/** A store in this database, its tables made where they are not there. */
export async function sqlDisk(database: SqlDatabase): Promise<Disk> {
  for (const statement of SCHEMA) await database.query(statement, []).catch(fail);
  return new SqlDisk(database);
}

class SqlDisk implements Disk {
  readonly #database: SqlDatabase;
  #queue: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(database: SqlDatabase) {
    this.#database = database;
  }

  load(): Promise<StoreContents> {
    return this.#inTurn(() =>
      this.#database.transaction(async (query) => ({
        floor: await floorOf(query),
        chunks: await chunksOf(query, 0),
        snapshots: (await query('SELECT name, body FROM snapshots', [])).map(snapshotOf),
      })),
    );
  }

  append(text: string, flush: boolean, { id, again }: Ticket): Promise<number> {
    return this.#inTurn(async () => {
      const { query } = this.#database;
      if (again) {
        const [done] = await query('SELECT position FROM journal WHERE ticket = $1', [id]);
        if (done !== undefined) return Number(done['position']);
      }
      const write = (): Promise<readonly SqlRow[]> => query(APPEND, [id, text]);
      const [row] = await (flush ? this.#database.flushed(write) : write());
      return Number(row?.['position']);
    });
  }

  tail(after: number): Promise<Tail> {
    return this.#inTurn(() =>
      this.#database.transaction(async (query) => ({
        floor: await floorOf(query),
        chunks: await chunksOf(query, after),
      })),
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

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(() => {
      if (this.#closed) throw new StoreError('storage_closed', 'the store is closed');
      return action();
    });
    this.#queue = result.catch(() => {});
    return result.catch(fail);
  }
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
  return rows.map((row) => ({ key: Number(row['position']), text: String(row['body']) }));
}

function snapshotOf(row: SqlRow): SnapshotText {
  return { key: String(row['name']), text: String(row['body']) };
}

function fail(error: unknown): never {
  throw storeError(error);
}
