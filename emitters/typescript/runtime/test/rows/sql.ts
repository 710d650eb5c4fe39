/** Databases with the generated tables in them, and what a server and a client say of rows. */
import { PGlite } from '@electric-sql/pglite';
import initSqlite from '@sqlite.org/sqlite-wasm';
import type { SqlDatabase, SqlRow } from '../../src/store/adapters/sql/database.js';
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
}

/** The engines in Node. */
export async function engines(): Promise<readonly Engine[]> {
  const sqlite3 = await initSqlite();
  const postgres = await PGlite.create();
  return [
    { name: 'sqlite', schema: sqliteRows, fresh: async () => sqliteDatabase(new sqlite3.oo1.DB(':memory:')) },
    {
      name: 'pglite',
      schema: postgresRows,
      fresh: async () => {
        await postgres.exec('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
        return pgliteDatabase(postgres);
      },
    },
  ];
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
