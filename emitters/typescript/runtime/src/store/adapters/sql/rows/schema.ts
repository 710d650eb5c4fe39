/** What the generator writes out of the rows models for a database in one dialect, and what goes to and from it. */
import { isRecord } from '../../../../schemas/validate.js';

/** An object of the database: text in SQLite, a value in PGlite. */
export function record(value: unknown): Readonly<Record<string, unknown>> {
  const parsed: unknown = typeof value === 'string' ? JSON.parse(value) : value;
  return isRecord(parsed) ? parsed : {};
}

/** Transactions by field; null where none is named. */
export function stamps(of: Readonly<Record<string, unknown>>): Record<string, string | null> {
  return Object.fromEntries(
    Object.entries(of).map(([field, stamp]) => [field, typeof stamp === 'string' ? stamp : null]),
  );
}

/** A column of a table of what the server has said. */
export interface RowsColumn {
  readonly name: string;
  /** How it is declared when it is added. */
  readonly type: string;
  /** What rows that are there hold in it then, as an expression; null: nothing. */
  readonly fill: string | null;
}

/** A rows model. */
export interface RowsEntity {
  /** Name on the wire, and of the view that an application reads and writes. */
  readonly entity: string;
  readonly version: number;
  /** The table of what the server has said. */
  readonly table: string;
  readonly columns: readonly RowsColumn[];
  /** The keys of the managed times, where it has them. */
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
  /** Whether the last write wins; else a conflict is refused. */
  readonly lastWriteWins: boolean;
  /** The fields that a change may hold: each has a transaction as soon as there is a row. */
  readonly fields: readonly string[];
  /** The fields of which every conflict waits for the user. */
  readonly manual: readonly string[];
  /** Table, views and triggers; to be run again at any time. */
  readonly script: string;
  /** `id, _seq, field_tx` of the rows that are there; `$1`: their ids, an array as JSON. */
  readonly known: string;
  /** Writes rows; `$1`: an array of {@link ReceivedRow} as JSON, each id once. */
  readonly receive: string;
  /** Removes rows; `$1` as in `known`. */
  readonly remove: string;
}

/** A row as the server says it is, or what it says has changed of it. */
export interface ReceivedRow {
  readonly id: string;
  /** Columns and their values, on the wire's form. */
  readonly patch: Readonly<Record<string, unknown>>;
  /** For each of the fields the transaction that wrote it. */
  readonly tx: Readonly<Record<string, string>>;
  /** The row is this and no more; else it must be there, and what `patch` leaves out stays. */
  readonly whole: boolean;
  /** Up to which position of the server's log it holds every change. */
  readonly seq: number;
}

/** All rows models of a client, in one dialect. */
export interface RowsSchema {
  readonly dialect: 'sqlite' | 'postgres';
  /** The outbox and the cursor; to be run again at any time. */
  readonly changes: string;
  readonly entities: readonly RowsEntity[];
}
