/**
 * Which waiting writes are based on what somebody else has overwritten: they are marked, with what the server has, for whoever looks at
 * `_changes`. The client decides by itself, and by the very same rule; what is in flight is the server's to judge.
 */
import type { EffectKind } from '../../../../model.js';
import { queueOf, type Unsynced } from '../../../../rows/queue.js';
import { newestOf } from '../../../../rows/row.js';
import { WHOLE_ROW } from '../../../../rows/rules.js';
import type { SqlQuery, SqlRow } from '../database.js';
import { quoted } from './install.js';
import { type RowsEntity, type RowsSchema, record, stamps } from './schema.js';

const MARK = 'UPDATE _changes SET status = $1, conflict = $2 WHERE id = $3';
const EFFECTS: Readonly<Record<string, EffectKind>> = { insert: 'create', update: 'merge', delete: 'delete' };

/** What a write is in conflict with, as the contract's answers say it. */
export interface Conflict {
  readonly field: string;
  readonly expected_transaction_id: string | null;
  /** Null where no transaction of the field is known. */
  readonly server_transaction_id: string | null;
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
    this.#writes = `SELECT * FROM _changes WHERE row_id IN (${listed}) AND table_name = $2 ORDER BY transaction_id, id`;
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
      await this.#mark(own, row === undefined ? new Map() : meetings(this.#entity, row, own));
    }
  }

  async #mark(writes: readonly SqlRow[], met: ReadonlyMap<unknown, readonly Conflict[]>): Promise<void> {
    for (const write of writes.filter(isWaiting)) {
      const found = met.get(write['write_id']);
      if (found === undefined && write['status'] === 'pending') continue;
      const conflict = found === undefined ? null : JSON.stringify(found);
      await this.#query(MARK, [found === undefined ? 'pending' : 'conflicted', conflict, Number(write['id'])]);
    }
  }
}

/** A write that is not finished, as the client's queue has it. */
interface Write extends Unsynced {
  readonly id: unknown;
}

/** The writes of a row that wait for the user, those that lie under one of them included: what each is in conflict with. */
function meetings(
  { fields, lastWriteWins }: RowsEntity,
  row: SqlRow,
  writes: readonly SqlRow[],
): Map<unknown, readonly Conflict[]> {
  const tx = named(stamps(record(row['field_tx'])));
  const said = { state: { id: String(row['id']) }, tx, own: chainsOf(tx, writes) };
  const open = writes.filter((write) => isWaiting(write) || write['status'] === 'sent').map(writeOf);
  const met = new Map<unknown, readonly Conflict[]>();
  const effectOf = ({ event_type: operation }: Write['event']): EffectKind | undefined => EFFECTS[operation];
  for (const write of queueOf(said, open, effectOf, { fields, lastWriteWins })) {
    if (write.fate !== 'held') continue;
    const found = write.conflicts.map((field) => ({
      field,
      expected_transaction_id: write.expected[field] ?? null,
      server_transaction_id: field === WHOLE_ROW ? newestOf(said) : (tx[field] ?? null),
      server_value: field === WHOLE_ROW ? null : row[field],
    }));
    for (const { id } of [write.entry, ...write.over]) met.set(id, found);
  }
  return met;
}

function writeOf(row: SqlRow): Write {
  const { write_id: id, operation, value, transaction_id: timestamp, expected, base, status } = row;
  return {
    id,
    sent: status === 'sent',
    status: 'pending',
    event: {
      event_type: String(operation),
      payload: record(value),
      timestamp: String(timestamp),
      expected: stamps(record(expected)),
      base: typeof base === 'string' ? base : null,
    },
  };
}

/** Of each field, and under `*` of the row: what the last transactions were based on, as far back as they are this device's own. */
function chainsOf(tx: Readonly<Record<string, string>>, writes: readonly SqlRow[]): Record<string, readonly string[]> {
  const confirmed = writes.filter(({ status }) => status === 'confirmed');
  const own = new Map(confirmed.map((write) => [write['transaction_id'], writeOf(write).event]));
  const chains: Record<string, readonly string[]> = {};
  for (const field of [...Object.keys(tx), WHOLE_ROW]) {
    const chain: string[] = [];
    for (let at = field === WHOLE_ROW ? newestOf({ tx }) : tx[field]; ; ) {
      const event = own.get(at);
      at = field === WHOLE_ROW ? event?.base : event?.expected?.[field];
      if (at == null || chain.includes(at)) break;
      chain.push(at);
    }
    chains[field] = chain;
  }
  return chains;
}

function named(of: Readonly<Record<string, string | null>>): Record<string, string> {
  return Object.fromEntries(Object.entries(of).flatMap(([field, stamp]) => (stamp === null ? [] : [[field, stamp]])));
}

/** Neither sent nor ended. */
function isWaiting({ status }: SqlRow): boolean {
  return status === 'pending' || status === 'conflicted';
}
