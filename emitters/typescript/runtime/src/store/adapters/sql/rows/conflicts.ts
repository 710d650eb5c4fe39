/**
 * Which waiting writes are based on what somebody else has overwritten: they are marked, with what the server has, for whoever looks at
 * `_changes`. The client comes to the same by itself, and decides; what is in flight is the server's to judge.
 */
import type { SqlQuery, SqlRow } from '../database.js';
import { quoted } from './install.js';
import { type RowsEntity, type RowsSchema, record } from './schema.js';

const WHOLE_ROW = '*';
const MARK = 'UPDATE _changes SET status = $1, conflict = $2 WHERE id = $3';

/** What a write is in conflict with, as the contract's answers say it. */
export interface Conflict {
  readonly field: string;
  readonly expected_transaction_id: string | null;
  readonly server_transaction_id: string;
  readonly server_value: unknown;
}

/** The writes of some rows of one entity. */
export class ConflictMarks {
  readonly #query: SqlQuery;
  readonly #entity: RowsEntity;
  readonly #writes: string;
  readonly #rows: string;

  constructor(query: SqlQuery, entity: RowsEntity, dialect: RowsSchema['dialect']) {
    this.#query = query;
    this.#entity = entity;
    const listed =
      dialect === 'postgres' ? 'SELECT jsonb_array_elements_text($1::jsonb)' : 'SELECT value FROM json_each($1)';
    this.#writes = `SELECT * FROM _changes WHERE row_id IN (${listed}) AND table_name = $2 ORDER BY id`;
    const id = dialect === 'postgres' ? 'id::text' : 'CAST(id AS TEXT)';
    this.#rows = `SELECT * FROM ${quoted(entity.table)} WHERE ${id} IN (${listed})`;
  }

  /** Marks what is in conflict, and what is no longer. */
  async renew(ids: ReadonlySet<string>): Promise<void> {
    const { entity, lastWriteWins } = this.#entity;
    if (lastWriteWins || ids.size === 0) return;
    const listed = JSON.stringify([...ids]);
    const writes = await this.#query(this.#writes, [listed, entity]);
    if (!writes.some(isWaiting)) return;
    const said = new Map((await this.#query(this.#rows, [listed])).map((row) => [String(row['id']), row]));
    for (const id of ids) {
      const row = said.get(id);
      const own = writes.filter((write) => write['row_id'] === id);
      await this.#mark(own, row === undefined ? null : new Meeting(row, own));
    }
  }

  async #mark(writes: readonly SqlRow[], meeting: Meeting | null): Promise<void> {
    for (const write of writes.filter(isWaiting)) {
      const found = meeting?.of(write) ?? [];
      const conflict = found.length === 0 ? null : JSON.stringify(found);
      if (conflict === null && write['status'] === 'pending') continue;
      await this.#query(MARK, [conflict === null ? 'pending' : 'conflicted', conflict, Number(write['id'])]);
    }
  }
}

/** What the server has of one row, and the writes of this device that are based on it or on each other. */
class Meeting {
  readonly #row: SqlRow;
  readonly #tx: Readonly<Record<string, unknown>>;
  readonly #byStamp: ReadonlyMap<unknown, SqlRow>;

  constructor(row: SqlRow, writes: readonly SqlRow[]) {
    this.#row = row;
    this.#tx = record(row['field_tx']);
    this.#byStamp = new Map(writes.map((write) => [write['transaction_id'], write]));
  }

  /** The fields in which a write is in conflict. */
  of(write: SqlRow): Conflict[] {
    return Object.entries(record(write['expected'])).flatMap(([field, expected]) => {
      const base = this.#base(field, expected);
      const now = this.#now(field);
      if (base === undefined || now === null || now === base || this.#byStamp.has(now)) return [];
      return [
        {
          field,
          expected_transaction_id: base,
          server_transaction_id: now,
          server_value: field === WHOLE_ROW ? null : this.#row[field],
        },
      ];
    });
  }

  /** What a write expects of the server in the end; undefined where that is not known before the server has answered. */
  #base(field: string, expected: unknown): string | null | undefined {
    const earlier = this.#byStamp.get(expected);
    // What was refused never came to anything: nothing that the server has is what such a write saw.
    if (earlier === undefined || earlier['status'] === 'failed') return typeof expected === 'string' ? expected : null;
    if (!isWaiting(earlier) || earlier['operation'] === 'insert') return undefined;
    const bases = record(earlier['expected']);
    return this.#base(field, bases[field] ?? bases[WHOLE_ROW] ?? null);
  }

  #now(field: string): string | null {
    if (field !== WHOLE_ROW) return typeof this.#tx[field] === 'string' ? this.#tx[field] : null;
    const all = Object.values(this.#tx).filter((stamp) => typeof stamp === 'string');
    return all.reduce<string | null>((newest, stamp) => (newest === null || stamp > newest ? stamp : newest), null);
  }
}

/** Neither sent nor ended. */
function isWaiting({ status }: SqlRow): boolean {
  return status === 'pending' || status === 'conflicted';
}
