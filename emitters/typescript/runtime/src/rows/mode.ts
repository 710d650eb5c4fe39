/** The rows mode: how the engine treats the events of rows. It comes with the models that have it. */
import type { BatchRejection } from '../client/http.js';
import type { EventEnvelope, Mode, ModelDefinition } from '../model.js';
import type { JournalEntry, ModeEntry } from '../store/db.js';
import type { EventStore } from '../store/eventStore.js';
import type { Changes, Ledger } from '../store/ledger.js';
import { entryOf, type LogEntry } from '../store/logEntry.js';
import { bookOf } from './book.js';
import { statusOf } from './conflicts.js';
import type { QueuedWrite } from './queue.js';
import { refused } from './refused.js';
import { newestOf } from './row.js';
import { RowLog } from './rowLog.js';
import { effectOf, fieldsOf, type RowRules, WHOLE_ROW } from './rules.js';

/** The mode of one model, with what its declaration says. */
export class RowsMode implements Mode {
  readonly rules: RowRules;

  constructor(rules: RowRules) {
    this.rules = rules;
  }

  log(model: ModelDefinition, id: string, ledger: Ledger): RowLog {
    return new RowLog(model, id, ledger, this.rules);
  }

  beside(
    store: EventStore,
    model: ModelDefinition,
    eventType: string,
    id: string,
    payload: unknown,
  ): Partial<EventEnvelope> {
    const { source } = bookOf(store);
    const log = rowLog(store.ledger, model, id);
    const effect = model.events[eventType]?.effect;
    if (this.rules.lastWriteWins || effect === 'create' || log === null) return { source_id: source };
    const { row, entries } = log;
    const base = entries.at(-1)?.event.timestamp ?? newestOf(row);
    if (effect === 'delete') return { source_id: source, expected: { [WHOLE_ROW]: base }, base };
    const seen = (field: string): string | null => {
      const own = entries.filter(
        ({ event }) => effectOf(model, event) === 'create' || Object.hasOwn(fieldsOf(event), field),
      );
      return own.at(-1)?.event.timestamp ?? row.tx[field] ?? null;
    };
    const fields = Object.keys(payload ?? {});
    return { source_id: source, expected: Object.fromEntries(fields.map((field) => [field, seen(field)])), base };
  }

  prepare(ledger: Ledger, entries: readonly LogEntry[]): JournalEntry[] {
    return entries.flatMap((entry) => this.#prepare(ledger, entry));
  }

  #prepare(ledger: Ledger, { event }: LogEntry): JournalEntry[] {
    const { entity_type: type, entity_id: id } = event;
    const model = ledger.models.get(type);
    const log = model === undefined ? null : rowLog(ledger, model, id);
    const write = log?.queue().find(({ entry }) => entry.event === event);
    if (model === undefined || write === undefined) return [];
    const over = write.over.map((entry) => entry.event.id);
    if (write.fate === 'void') return [{ kind: 'mode', type, id, event: null, ids: [...over, event.id] }];
    const same = Object.entries(write.expected).every(([field, stamp]) => event.expected?.[field] === stamp);
    if (over.length === 0 && same && Object.keys(write.payload).length === Object.keys(fieldsOf(event)).length)
      return [];
    return [{ kind: 'mode', type, id, event: rewritten(model, write), ids: over }];
  }

  apply(ledger: Ledger, entry: ModeEntry, changes: Changes): void {
    const { type, id, event, rejection = null } = entry;
    const log = ledger.ensure(type, id);
    if (log === null) return;
    ledger.dirty.add(log);
    changes.logs.add(log);
    const gone = entry.ids.map((other) => ledger.entry(other)).filter((other) => other !== undefined);
    for (const other of gone) {
      if (other.sent && other.rejection === null && event !== null) continue; // it is on its way by itself
      log.remove(other);
      ledger.unsynced.drop(other);
      if (event !== null) continue;
      other.status = rejection === null ? 'accepted' : 'rejected';
      other.rejection = rejection;
      changes.entries.add(other);
    }
    if (event === null) return;
    const known = ledger.entry(event.id);
    // What may have reached the server is not to change any more.
    if (known?.sent === true && known.status === 'pending' && rejection === null && !entry.judged) return;
    const made = entryOf(log.model, event, 'pending', { did: true });
    if (known !== undefined) {
      log.remove(known);
      ledger.unsynced.drop(known);
    }
    const now = known ?? made;
    Object.assign(now, { event: made.event, recorded: null, sent: false, saved: true, held: false });
    now.over = [...(now.over ?? []), ...gone];
    now.offset = ledger.offset;
    ledger.unsynced.stand(now, rejection === null ? 'pending' : 'rejected', rejection);
    if (rejection === null) log.insert(now);
    changes.entries.add(now);
  }

  refused(store: EventStore, entry: LogEntry, rejection: BatchRejection): JournalEntry[] | null {
    return refused(store, entry, rejection);
  }

  status(store: EventStore): ReturnType<typeof statusOf> {
    return statusOf(store);
  }
}

function rowLog(ledger: Ledger, { entity }: ModelDefinition, id: string): RowLog | null {
  const log = ledger.log(entity, id);
  return log instanceof RowLog ? log : null;
}

/** A write as the queue has it. */
function rewritten(model: ModelDefinition, { entry, payload, expected }: QueuedWrite): EventEnvelope {
  const { event } = entry;
  return { ...event, schema_version: model.version, payload, expected: event.expected && expected };
}
