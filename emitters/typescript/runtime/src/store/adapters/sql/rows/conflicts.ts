/**
 * A change of somebody else's to what a waiting write would change, too: the write is marked, with what the server has, and waits for a
 * decision. What is in flight is left alone: the server judges it.
 */
import { isRecord } from '../../../../schemas/validate.js';
import type { FeedEvent } from '../../../db.js';
import type { SqlQuery, SqlRow } from '../database.js';
import { type RowsEntity, record } from './schema.js';

const WHOLE_ROW = '*';
const OPEN =
  "SELECT id, row_id, status, operation, value, expected, conflict, transaction_id FROM _changes WHERE table_name = $1 AND status IN ('pending', 'sent', 'conflicted') ORDER BY id";
const HOLD = "UPDATE _changes SET status = 'conflicted', conflict = $1 WHERE id = $2";

/** What a write is in conflict with, as the contract's answers say it. */
export interface Conflict {
  readonly field: string;
  readonly expected_transaction_id: string | null;
  readonly server_transaction_id: string;
  readonly server_value: unknown;
}

/** Marks what is in conflict with these changes of others, in the order of the log. */
export async function holdConflicts(query: SqlQuery, entity: RowsEntity, events: readonly FeedEvent[]): Promise<void> {
  if (entity.lastWriteWins || events.length === 0) return;
  const rows = new Set(events.map(({ entity_id }) => entity_id));
  const open = (await query(OPEN, [entity.entity])).filter((row) => rows.has(String(row['row_id'])));
  const sent = new Set(open.filter(({ status }) => status === 'sent').map((row) => row['transaction_id']));
  for (const write of open) {
    if (write['status'] === 'sent') continue;
    const found = conflictsOf(write, entity, events, sent);
    if (found.length > 0) await query(HOLD, [JSON.stringify(found), Number(write['id'])]);
  }
}

function conflictsOf(
  write: SqlRow,
  { entity }: RowsEntity,
  events: readonly FeedEvent[],
  sent: ReadonlySet<unknown>,
): Conflict[] {
  const found = new Map<string, Conflict>();
  const told: unknown = typeof write['conflict'] === 'string' ? JSON.parse(write['conflict']) : write['conflict'];
  for (const one of Array.isArray(told) ? told : [])
    if (isRecord(one)) found.set(String(one['field']), one as unknown as Conflict); // written here
  const expected = record(write['expected']);
  for (const { entity_id, event_type, payload, timestamp } of events) {
    if (entity_id !== write['row_id'] || event_type !== `${entity}.updated` || !isRecord(payload)) continue;
    for (const [field, base] of Object.entries(expected)) {
      const touched = field === WHOLE_ROW ? Object.keys(payload).length > 0 : Object.hasOwn(payload, field);
      if (!touched || base === timestamp || sent.has(base)) continue;
      found.set(field, {
        field,
        expected_transaction_id: typeof base === 'string' ? base : null,
        server_transaction_id: timestamp,
        server_value: field === WHOLE_ROW ? payload : payload[field],
      });
    }
  }
  return [...found.values()];
}
