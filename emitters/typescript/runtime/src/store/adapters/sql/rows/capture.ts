/**
 * What an application wrote by SQL of its own, through the views: found in `_changes` without a transaction, stamped in the order of that
 * table, and told to the journal as events that this device recorded.
 */
import type { EventEnvelope } from '../../../../model.js';
import type { JournalEntry } from '../../../db.js';
import type { HybridClock } from '../../../hlc.js';
import type { SqlQuery, SqlRow } from '../database.js';
import { type RowsEntity, type RowsSchema, record, stamps } from './schema.js';

const UNNAMED = "SELECT id, expected FROM _changes WHERE transaction_id IS NULL AND status = 'pending' ORDER BY id";
const LAST =
  "SELECT max(transaction_id) AS stamp FROM _changes WHERE status IN ('pending', 'sent', 'conflicted') AND transaction_id IS NOT NULL";
const NAME = 'UPDATE _changes SET transaction_id = $1 WHERE id = $2';
const BASED = 'UPDATE _changes SET base = $1 WHERE id = $2';
const NAMED =
  'SELECT id, table_name, row_id, operation, value, expected, write_id, transaction_id FROM _changes WHERE id >= $1 AND id <= $2 ORDER BY id';
const EARLIER =
  "SELECT transaction_id FROM _changes WHERE table_name = $1 AND row_id = $2 AND id < $3 AND status IN ('pending', 'sent', 'conflicted') ORDER BY id DESC LIMIT 1";
const EVENTS: Readonly<Record<string, string>> = { insert: 'created', update: 'updated', delete: 'deleted' };

/** Names what is not named, and gives the entries that say so. */
export async function capture(
  query: SqlQuery,
  schema: RowsSchema,
  clock: HybridClock,
  wall: number,
): Promise<JournalEntry[]> {
  const found = await query(UNNAMED, []);
  if (found.length === 0) return [];
  // Later than what stands before it in the queue, by whatever clock that was named.
  const [{ stamp = null } = {}] = await query(LAST, []);
  if (typeof stamp === 'string') clock.receive(wall, stamp);
  for (const { id, expected } of found) {
    // And later than what it was based on.
    for (const stamp of Object.values(record(expected))) if (typeof stamp === 'string') clock.receive(wall, stamp);
    await query(NAME, [clock.now(wall), Number(id)]);
  }
  const ids = new Set(found.map(({ id }) => Number(id)));
  // Read again: what a write was based on has its name now.
  const named = await query(NAMED, [Math.min(...ids), Math.max(...ids)]);
  const entries: JournalEntry[] = [];
  for (const row of named) {
    const model = schema.entities.find(({ entity }) => entity === row['table_name']);
    if (model === undefined || !ids.has(Number(row['id']))) continue;
    entries.push({ kind: 'new', event: await eventOf(query, model, row, clock.node), did: true });
  }
  return entries;
}

async function eventOf(query: SqlQuery, model: RowsEntity, row: SqlRow, node: string): Promise<EventEnvelope> {
  const { entity, version, lastWriteWins } = model;
  const id = String(row['write_id']);
  const operation = String(row['operation']);
  const event = {
    id,
    event_type: `${entity}.${EVENTS[operation]}`,
    entity_type: entity,
    entity_id: String(row['row_id']),
    payload: record(row['value']),
    timestamp: String(row['transaction_id']),
    schema_version: version,
    user_id: null,
    idempotency_key: id,
    source_id: `sql-${node}`,
  };
  if (operation === 'insert' || lastWriteWins) return event;
  const expected = stamps(record(row['expected']));
  const base = await newestOf(query, model, row);
  await query(BASED, [base, Number(row['id'])]);
  return { ...event, expected, base };
}

/** The newest transaction of a row when a write was made on it. */
async function newestOf(query: SqlQuery, { entity, known }: RowsEntity, row: SqlRow): Promise<string | null> {
  const id = String(row['row_id']);
  const [own] = await query(EARLIER, [entity, id, Number(row['id'])]);
  if (own !== undefined) return String(own['transaction_id']);
  const [said] = await query(known, [JSON.stringify([id])]);
  const all = Object.values(stamps(record(said?.['field_tx']))).filter((stamp) => stamp !== null);
  return all.reduce<string | null>((newest, stamp) => (newest === null || stamp > newest ? stamp : newest), null);
}
