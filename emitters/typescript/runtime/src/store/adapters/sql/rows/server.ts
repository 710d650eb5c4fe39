/** What the server says of rows, into the tables that hold what it has said. Only what follows its stream comes by here. */
import { isRecord } from '../../../../schemas/validate.js';
import type { FeedEvent, Snapshot } from '../../../db.js';
import { parseStamp } from '../../../hlc.js';
import type { SqlQuery } from '../database.js';
import { quoted } from './install.js';
import type { ReceivedRow, RowsEntity } from './schema.js';

/** A row while changes are gathered. */
interface Gathered {
  patch: Record<string, unknown>;
  tx: Record<string, string>;
  whole: boolean;
  seq: number;
}

interface Known {
  readonly seq: number;
  readonly tx: Readonly<Record<string, string>>;
}

/** Changes of one entity's rows, in the order of the log: gathered, so that a page of the feed costs three statements. */
export class ServerRows {
  readonly #query: SqlQuery;
  readonly #entity: RowsEntity;
  /** Null: it is gone. */
  readonly #rows = new Map<string, Gathered | null>();
  #known: ReadonlyMap<string, Known> = new Map();

  constructor(query: SqlQuery, entity: RowsEntity) {
    this.#query = query;
    this.#entity = entity;
  }

  /** Reads what is known of these rows, before the first of their changes is taken. */
  async begin(ids: Iterable<string>): Promise<void> {
    const rows = await this.#query(this.#entity.known, [JSON.stringify([...ids])]);
    this.#known = new Map(
      rows.map((row) => [
        String(row['id']),
        { seq: Number(row['_seq']), tx: JSON.parse(String(row['field_tx'])) as Record<string, string> },
      ]),
    );
  }

  /** A change of the log; one that the row holds already does nothing. */
  take(event: FeedEvent): void {
    const { entity_id: id, timestamp, seq } = event;
    const now = this.#rows.get(id);
    const known = this.#known.get(id);
    if (seq <= (now?.seq ?? known?.seq ?? 0)) return;
    const there = now === undefined ? known !== undefined : now !== null;
    const payload = isRecord(event.payload) ? event.payload : {};
    const { entity, fields, createdAt, updatedAt } = this.#entity;
    switch (event.event_type) {
      case `${entity}.created`: {
        if (there) return;
        // What it leaves out was written by it, too.
        const row: Gathered = { patch: { ...payload }, tx: stamped(fields, timestamp), whole: true, seq };
        this.#rows.set(id, row);
        if (createdAt !== null) row.patch[createdAt] = timeOf(timestamp);
        if (updatedAt !== null) row.patch[updatedAt] = timeOf(timestamp);
        return;
      }
      case `${entity}.updated`: {
        if (!there) return;
        const row: Gathered = now ?? { patch: {}, tx: {}, whole: false, seq };
        Object.assign(row.patch, payload);
        Object.assign(row.tx, stamped(Object.keys(payload), timestamp));
        row.seq = seq;
        this.#rows.set(id, row);
        const all = row.whole ? row.tx : { ...known?.tx, ...row.tx };
        const newest = Object.values(all).reduce((a, b) => (a > b ? a : b), '');
        if (updatedAt !== null && newest !== '') row.patch[updatedAt] = timeOf(newest);
        return;
      }
      case `${entity}.deleted`:
        this.#rows.set(id, null);
    }
  }

  /** The server's word on a whole row, as it stood at `head`. */
  base({ entity_id: id, state, tx }: Snapshot & { readonly tx?: unknown }, head: number): void {
    if (!isRecord(state)) {
      this.#rows.set(id, null);
      return;
    }
    const stamps = isRecord(tx) ? Object.entries(tx).filter(([, stamp]) => typeof stamp === 'string') : [];
    this.#rows.set(id, {
      patch: state,
      tx: Object.fromEntries(stamps) as Record<string, string>,
      whole: true,
      seq: head,
    });
  }

  /** Writes what was gathered. */
  async end(): Promise<void> {
    const { receive, remove } = this.#entity;
    const gone: string[] = [];
    const rows: ReceivedRow[] = [];
    for (const [id, row] of this.#rows) {
      if (row === null) gone.push(id);
      else rows.push({ id, ...row });
    }
    if (rows.length > 0) await this.#query(receive, [JSON.stringify(rows)]);
    if (gone.length > 0) await this.#query(remove, [JSON.stringify(gone)]);
  }
}

/** All that is held of an entity from the server goes. */
export async function forget(query: SqlQuery, { table }: RowsEntity): Promise<void> {
  await query(`DELETE FROM ${quoted(table)}`, []);
}

function stamped(fields: readonly string[], stamp: string): Record<string, string> {
  return Object.fromEntries(fields.map((field) => [field, stamp]));
}

/** A stamp's time on the wire's form. */
function timeOf(stamp: string): string {
  return new Date(parseStamp(stamp).ms).toISOString();
}
