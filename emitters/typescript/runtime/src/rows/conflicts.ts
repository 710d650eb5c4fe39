/** Writes that met another's: what the user sees of them, and what he decides. */

import type { Met, RowConflict, RowLoss } from '../client/conflict.js';
import { equal } from '../materializers/utils.js';
import type { EventEnvelope, ModelDefinition } from '../model.js';
import { absent, deleted } from '../model.js';
import { asRecorded } from '../schemas/validate.js';
import { toWire } from '../store/codec.js';
import type { JournalEntry, ModeEntry, Rejection } from '../store/db.js';
import type { EventStore } from '../store/eventStore.js';
import { newUuid } from '../store/ids.js';
import type { LogEntry } from '../store/logEntry.js';
import { bookOf } from './book.js';
import type { QueuedWrite } from './queue.js';
import { FIELD_CONFLICT, partOf } from './refused.js';
import { heldIn, newestOf } from './row.js';
import { RowLog } from './rowLog.js';
import { asks, fieldsOf, WHOLE_ROW, without } from './rules.js';

/** What the status shows of rows. */
export interface RowsStatus {
  readonly conflicts: readonly RowConflict[];
  readonly losses: readonly RowLoss[];
}

/** All that waits for a decision, and all that gave way: the same lists for as long as they say the same. */
export function statusOf(store: EventStore): RowsStatus {
  const book = bookOf(store);
  const conflicts: RowConflict[] = [];
  const losses: RowLoss[] = [];
  for (const entry of store.ledger.outbox.values()) {
    const log = store.ledger.log(entry.event.entity_type, entry.event.entity_id);
    if (!(log instanceof RowLog)) continue;
    if (entry.rejection === null) {
      if (entry.held !== true) continue;
      const write = log.queue().find((one) => one.entry === entry);
      for (const field of write?.conflicts ?? []) conflicts.push(waiting(store, log, entry, field, write));
    } else {
      for (const { field, server_value: value } of entry.rejection.conflicts ?? []) {
        if (asks(log, field)) conflicts.push(waiting(store, log, entry, field));
        else losses.push(lost(store, log, entry, field, value));
      }
    }
  }
  book.conflicts = kept(book.conflicts, conflicts);
  book.losses = kept(book.losses, losses);
  return { conflicts: book.conflicts, losses: book.losses };
}

/** The old list, and what of it says the same as the new. */
function kept<T extends Met & { readonly field: string; readonly mine: unknown; readonly theirs: unknown }>(
  old: readonly T[],
  fresh: readonly T[],
): readonly T[] {
  const same = (a: T, b: T): boolean =>
    a.eventId === b.eventId && a.field === b.field && equal(a.mine, b.mine) && equal(a.theirs, b.theirs);
  const list = fresh.map((one) => old.find((other) => same(one, other)) ?? one);
  return list.length === old.length && list.every((one, at) => one === old[at]) ? old : list;
}

function metOf({ event }: LogEntry): Met {
  return { entityType: event.entity_type, entityId: event.entity_id, eventId: event.id };
}

function waiting(store: EventStore, log: RowLog, entry: LogEntry, field: string, write?: QueuedWrite): RowConflict {
  const met = metOf(entry);
  const decide = (choice: Choice): Promise<void> => store.commit(decided(store, met, field, choice));
  const decisions = { keepMine: () => decide({ keep: 'mine' }), keepServer: () => decide({ keep: 'server' }) };
  const { state } = log.row;
  if (field === WHOLE_ROW) {
    if (state === absent || state === deleted) throw new Error('a row that is gone cannot wait');
    return { ...met, field: WHOLE_ROW, mine: null, theirs: state, ...decisions };
  }
  const mine = (write?.payload ?? fieldsOf(entry.event))[field];
  const theirs = theirsOf(log, entry, field);
  return { ...met, field, mine, theirs, ...decisions, merge: (value) => decide({ keep: 'other', value }) };
}

function lost(store: EventStore, log: RowLog, entry: LogEntry, field: string, value: unknown): RowLoss {
  const met = metOf(entry);
  const mine = field === WHOLE_ROW ? null : fieldsOf(entry.event)[field];
  const dismiss = (): Promise<void> => store.commit([{ kind: 'discarded', ids: [met.eventId] }]);
  const theirs = field === WHOLE_ROW ? value : read(log.model, field, value);
  return { ...met, field, mine, theirs, at: entry.rejection?.at ?? 0, dismiss };
}

/** What the server has of a field: as the feed has brought it, or, where that is behind, as the refusal said. */
function theirsOf(log: RowLog, { rejection }: LogEntry, field: string): unknown {
  const { state, tx } = log.row;
  const told = rejection?.conflicts?.find((conflict) => conflict.field === field);
  const alive = state !== absent && state !== deleted;
  if (told !== undefined && (!alive || (tx[field] ?? '') < told.server_transaction_id)) {
    return read(log.model, field, told.server_value);
  }
  return alive ? heldIn(state, field) : undefined;
}

/** A value of the wire as the model has it. */
function read(model: ModelDefinition, field: string, value: unknown): unknown {
  return asRecorded(() => parsed(model, field, value));
}

function parsed(model: ModelDefinition, field: string, value: unknown): unknown {
  const update = Object.values(model.events).find(({ effect }) => effect === 'merge');
  const payload: unknown = update?.parse({ [field]: value });
  return new Map(Object.entries(payload ?? {})).get(field);
}

/** What the user says. */
type Choice = { readonly keep: 'mine' | 'server' } | { readonly keep: 'other'; readonly value: unknown };

/** What his decision comes to; nothing where it has been made already. */
function decided(store: EventStore, { entityType, eventId }: Met, field: string, choice: Choice): JournalEntry[] {
  const entry = store.ledger.entry(eventId);
  const log = entry === undefined ? undefined : store.ledger.log(entityType, entry.event.entity_id);
  if (entry === undefined || !(log instanceof RowLog)) return [];
  const value = choice.keep === 'other' ? toWire(parsed(log.model, field, choice.value)) : undefined;
  return entry.rejection === null
    ? ofHeld(store, log, entry, field, choice, value)
    : ofRefused(store, log, entry, entry.rejection, field, choice, value);
}

/** Of a write that was never sent. */
function ofHeld(
  store: EventStore,
  log: RowLog,
  entry: LogEntry,
  field: string,
  { keep }: Choice,
  value: unknown,
): JournalEntry[] {
  const write = log.queue().find((one) => one.entry === entry);
  if (!write?.conflicts.includes(field)) return [];
  const over = write.over.map(({ event }) => event.id);
  const { payload, expected } = write;
  const event = { ...entry.event, schema_version: log.model.version };
  if (keep !== 'server') {
    const now = { ...expected, [field]: serverStamp(log, field) };
    const timestamp = store.clock.now(store.wall());
    const given = keep === 'mine' ? payload : { ...payload, [field]: value };
    const base = newestOf(log.row);
    return [modeEntry({ ...event, timestamp, payload: given, expected: now, base }, over)];
  }
  const rest = without(payload, [field]);
  if (Object.keys(rest).length === 0) return [givenUp(store, entry, over)];
  return [modeEntry({ ...event, payload: rest, expected: without(expected, [field]) }, over)];
}

/** Of one that the server refused: it holds the refused fields alone. */
function ofRefused(
  store: EventStore,
  log: RowLog,
  entry: LogEntry,
  rejection: Rejection,
  field: string,
  { keep }: Choice,
  value: unknown,
): JournalEntry[] {
  const { event } = entry;
  const { conflicts = [] } = rejection;
  const told = conflicts.find((conflict) => conflict.field === field);
  if (told === undefined) return [];
  const others = conflicts.filter((conflict) => conflict !== told);
  const rest: ModeEntry[] = [];
  if (others.length > 0) {
    const left = partOf(
      event,
      others.map((other) => other.field),
    );
    rest.push({ ...modeEntry(left), judged: true, rejection: { ...rejection, conflicts: others } });
  }
  if (keep === 'server') return others.length > 0 ? rest : [givenUp(store, entry)];
  const id = others.length > 0 ? newUuid() : event.id;
  const known = serverStamp(log, field) ?? '';
  const stamp = known > told.server_transaction_id ? known : told.server_transaction_id;
  const part = field === WHOLE_ROW ? event : partOf(event, [field]);
  const again: EventEnvelope = {
    ...part,
    id,
    idempotency_key: id,
    timestamp: store.clock.now(store.wall()),
    payload: keep === 'other' ? { [field]: value } : part.payload,
    expected: { [field]: stamp },
    base: newestOf(log.row),
  };
  return [...rest, modeEntry(again)];
}

function serverStamp({ row }: RowLog, field: string): string | null {
  return field === WHOLE_ROW ? newestOf(row) : (row.tx[field] ?? null);
}

function modeEntry(event: EventEnvelope, over: readonly string[] = []): ModeEntry {
  return { kind: 'mode', type: event.entity_type, id: event.entity_id, event, ids: over };
}

/** The write goes, and what it was; whoever waits for it hears why. */
function givenUp(store: EventStore, { event }: LogEntry, over: readonly string[] = []): ModeEntry {
  const reason = 'given up for what the server has';
  const rejection = { code: FIELD_CONFLICT, reason, at: store.wall() };
  const { entity_type: type, entity_id: id } = event;
  return { kind: 'mode', type, id, event: null, ids: [...over, event.id], rejection };
}
