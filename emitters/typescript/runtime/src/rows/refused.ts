/** What becomes of a write that the server refused because a field was not as expected. */
import type { BatchRejection } from '../client/http.js';
import type { EventEnvelope } from '../model.js';
import { isRecord } from '../schemas/validate.js';
import type { JournalEntry, Rejection, ServerConflict } from '../store/db.js';
import type { EventStore } from '../store/eventStore.js';
import { newUuid } from '../store/ids.js';
import type { LogEntry } from '../store/logEntry.js';
import { RowLog } from './rowLog.js';
import { asks, effectOf, fieldsOf, only, without } from './rules.js';

/** The code of such a refusal. */
export const FIELD_CONFLICT = 'field_conflict';

/**
 * The refused fields leave the write, and the rest of it goes on. Those marked `manual` wait for the user, those that a later write of
 * this device holds are that one's affair, and for all others the server's value stands: that is listed, and no more.
 */
export function refused(
  store: EventStore,
  { event }: LogEntry,
  { code, reason, conflicts }: BatchRejection,
): JournalEntry[] | null {
  const named = conflictsIn(conflicts);
  if (code !== FIELD_CONFLICT || named.length === 0) return null;
  const { entity_type: type, entity_id: id } = event;
  const at = store.wall();
  const refusal = (fields: readonly string[]): Rejection => ({
    code,
    reason,
    at,
    conflicts: named.filter(({ field }) => fields.includes(field)),
  });
  const log = store.ledger.log(type, id);
  if (!(log instanceof RowLog)) return null;
  const { model } = log;
  const later = log.entries.filter((other) => other.event.timestamp > event.timestamp);
  const isLater = (field: string): boolean =>
    later.some((other) => effectOf(model, other.event) === 'delete' || Object.hasOwn(fieldsOf(other.event), field));
  const fields = named.map(({ field }) => field);
  const open = fields.filter((field) => !isLater(field));
  const parts: [fields: readonly string[], rejection: Rejection | null][] = [];
  const rest = Object.keys(without(fieldsOf(event), fields));
  if (rest.length > 0) parts.push([rest, null]);
  for (const some of [open.filter((field) => asks(log, field)), open.filter((field) => !asks(log, field))]) {
    if (some.length > 0) parts.push([some, refusal(some)]);
  }
  if (parts.length === 0) {
    return [{ kind: 'mode', type, id, event: null, ids: [event.id], rejection: refusal(fields) }];
  }
  return parts.map(([some, rejection], part) => {
    const own = part === 0 ? event.id : newUuid();
    const written = { ...partOf(event, some), id: own, idempotency_key: own };
    return { kind: 'mode', type, id, event: written, ids: [], judged: true, ...(rejection && { rejection }) };
  });
}

/** A write of some of its fields alone. */
export function partOf(event: EventEnvelope, fields: readonly string[]): EventEnvelope {
  const { expected = {} } = event;
  return { ...event, payload: only(fieldsOf(event), fields), expected: only(expected, fields) };
}

function conflictsIn(value: unknown): ServerConflict[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isRecord).map((conflict) => ({
    field: String(conflict['field']),
    server_transaction_id: String(conflict['server_transaction_id']),
    server_value: conflict['server_value'],
  }));
}
