/** Databases with the generated tables in them, and what a server and a client say of rows. */
import { PGlite } from '@electric-sql/pglite';
import initSqlite from '@sqlite.org/sqlite-wasm';
import type { SqlDatabase, SqlQuery, SqlRow, SqlValue } from '../../src/store/adapters/sql/database.js';
import type { Tables } from '../../src/store/adapters/sql/disk.js';
import { pgliteDatabase } from '../../src/store/adapters/sql/pglite.js';
import type { RowsSchema } from '../../src/store/adapters/sql/rows/schema.js';
import { rowTables } from '../../src/store/adapters/sql/rows/tables.js';
import { sqliteDatabase } from '../../src/store/adapters/sql/sqlite.js';
import { decodeChunk, encodeChunk } from '../../src/store/codec.js';
import type { FeedEvent, JournalEntry } from '../../src/store/db.js';
import { formatStamp } from '../../src/store/hlc.js';
import { postgresRows } from '../models/db/postgres.js';
import { sqliteRows } from '../models/db/sqlite.js';

/** An engine, whose databases are begun empty. */
export interface Engine {
  readonly name: 'sqlite' | 'pglite';
  readonly schema: RowsSchema;
  fresh(): Promise<SqlDatabase>;
  /** An empty database beside all others. */
  beside(): Promise<SqlDatabase>;
}

/** The engines in Node. */
export async function engines(): Promise<readonly Engine[]> {
  const sqlite3 = await initSqlite();
  const inMemory = async (): Promise<SqlDatabase> => sqliteDatabase(new sqlite3.oo1.DB(':memory:'));
  // It takes seconds to start: not before it is asked for, and once.
  let started: Promise<PGlite> | null = null;
  const open = (): Promise<PGlite> => {
    started ??= PGlite.create();
    return started;
  };
  let schemas = 0;
  return [
    { name: 'sqlite', schema: sqliteRows, fresh: inMemory, beside: inMemory },
    {
      name: 'pglite',
      schema: postgresRows,
      fresh: async () => {
        const postgres = await open();
        await postgres.exec('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
        return pgliteDatabase(postgres);
      },
      // A schema in the one database that is open: to make another takes seconds.
      beside: async () => {
        const postgres = await open();
        schemas += 1;
        const name = `device_${schemas}`;
        await postgres.exec(`CREATE SCHEMA ${name}`);
        return new Within(pgliteDatabase(postgres), name);
      },
    },
  ];
}

/** One schema of a database, as a database of its own. */
class Within implements SqlDatabase {
  readonly query: SqlQuery;
  readonly #all: SqlDatabase;
  readonly #schema: string;

  constructor(all: SqlDatabase, schema: string) {
    this.#all = all;
    this.#schema = schema;
    const query = (text: string, parameters: readonly SqlValue[]): Promise<readonly SqlRow[]> =>
      this.transaction((run) => run(text, parameters));
    this.query = Object.assign(query, { script: (text: string) => this.transaction((run) => run.script(text)) });
  }

  transaction<T>(action: (query: SqlQuery) => Promise<T>): Promise<T> {
    return this.#all.transaction(async (query) => {
      await query.script(`SET LOCAL search_path = ${this.#schema}`);
      return action(query);
    });
  }

  flushed<T>(action: () => Promise<T>): Promise<T> {
    return action();
  }

  async close(): Promise<void> {}
}

/** A device's tables, and the chunks that move them. */
export interface Device {
  readonly database: SqlDatabase;
  readonly tables: Tables;
  apply(...entries: JournalEntry[]): Promise<void>;
  /** What was written by SQL, as entries. */
  capture(): Promise<readonly JournalEntry[]>;
}

/** A device with empty tables. */
export async function deviceOf({ fresh, schema }: Engine): Promise<Device> {
  const database = await fresh();
  const { tables } = await rowTables(schema)(database);
  return {
    database,
    tables,
    apply: (...entries) => database.transaction((query) => tables.apply(query, encodeChunk(entries))),
    capture: async () => {
      const text = await database.transaction((query) => tables.capture(query));
      return text === null ? [] : decodeChunk(text).entries;
    },
  };
}

/** A stamp of the n-th millisecond. */
export function stamp(n: number): string {
  return formatStamp(1_763_712_000_000 + n, 0, '00000001');
}

/** Its time on the wire. */
export function time(n: number): string {
  return new Date(1_763_712_000_000 + n).toISOString();
}

/** What a change of a row is made of. */
export interface RowChange {
  readonly entity?: string;
  readonly id: string;
  readonly rowId: string;
  readonly type: 'created' | 'updated' | 'deleted';
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly expected?: Readonly<Record<string, string | null>>;
  readonly at: number;
}

function envelope({ entity = 'contact', id, rowId, type, payload = {}, at }: RowChange): Omit<FeedEvent, 'seq'> {
  return {
    id,
    event_type: `${entity}.${type}`,
    entity_type: entity,
    entity_id: rowId,
    payload,
    timestamp: stamp(at),
    schema_version: 1,
    user_id: null,
    idempotency_key: id,
  };
}

/** From the server's feed. */
export function fed(seq: number, change: RowChange): JournalEntry {
  return { kind: 'feed', event: { ...envelope(change), seq } };
}

/** Recorded on this device. */
export function recorded(change: RowChange): JournalEntry {
  const event = { ...envelope(change), expected: change.expected ?? {}, source_id: 'tab' };
  return { kind: 'new', event, did: true };
}

/** The feed has been read up to here. */
export function upTo(seq: number): JournalEntry {
  return { kind: 'cursor', cursor: { cursor: `c${seq}`, seq, types: ['contact', 'account'], at: 0 } };
}

/** What a query finds, with values as both engines have them. */
export async function found(database: SqlDatabase, text: string): Promise<readonly SqlRow[]> {
  const rows = await database.query(text, []);
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, plain(value)])));
}

function plain(value: unknown): unknown {
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
}
