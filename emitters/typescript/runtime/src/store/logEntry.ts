/** One event as the engine holds it: how it is read from a record, and the record that is made of it. */
import { equal } from '../materializers/utils.js';
import type { EventEnvelope, ModelDefinition } from '../model.js';
import { asRecorded } from '../schemas/validate.js';
import { isEvent } from './codec.js';
import type { FeedEvent, Rejection } from './db.js';

/** Where an event stands on its way to the server. Rejected and blocked ones are not in the fold. */
export type EntryStatus = 'pending' | 'accepted' | 'synced' | 'rejected' | 'blocked';

/** One event as the engine holds it. */
export interface LogEntry {
  event: EventEnvelope;
  /** The event as it was recorded, where {@link event} is read from an older version; it is what is sent and kept. */
  recorded: EventEnvelope | null;
  status: EntryStatus;
  /** Position in the server's log; null until the feed has brought it. */
  seq: number | null;
  /** An accepted event's position is at most this. */
  head: number | null;
  /** The journal has it. */
  saved: boolean;
  /** It may have reached the server: its stamp stays. */
  sent: boolean;
  /** What was added to this device's clock when the event was stamped. */
  offset: number;
  /** Recorded on this device: whether it did something then. Null for others' events. */
  own: { readonly did: boolean } | null;
  /** This version of the client knows its type and can read its payload. */
  readable: boolean;
  /** It does something, where it now stands. */
  applied: boolean;
  rejection: Rejection | null;
  /** Its mode keeps it from being sent. */
  held?: boolean;
  /** What its mode has it stand for besides. */
  over?: readonly LogEntry[];
}

/** Where an event stands, for people: `sending` has left, and no answer has come yet. */
export function statusOf({ status, sent }: LogEntry): EntryStatus | 'sending' {
  return status === 'pending' && sent ? 'sending' : status;
}

/** A clock that is off by less is not worth moving events for. */
export const CLOCK_TOLERANCE_MS = 30_000;

/** Whether an event that was never sent bears a stamp of a clock that was wrong by more than the tolerance. */
export function isOff({ status, sent, offset }: LogEntry, now: number): boolean {
  return status === 'pending' && !sent && Math.abs(now - offset) > CLOCK_TOLERANCE_MS;
}

/** A place in the order. */
export interface Place {
  readonly timestamp: string;
  readonly id: string;
}

/** Order of events: by stamp, then by id. */
export function comparePlaces(a: Place, b: Place): number {
  if (a.timestamp !== b.timestamp) return a.timestamp < b.timestamp ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** The same for events as they are held. */
export function compareEntries(a: { readonly event: Place }, b: { readonly event: Place }): number {
  return comparePlaces(a.event, b.event);
}

/** Whether one copy of an event can stand for the other without folding again; a `custom` effect sees more than the payload. */
export function foldAlike(model: ModelDefinition, a: LogEntry, b: LogEntry): boolean {
  return (
    a.readable === b.readable &&
    model.events[a.event.event_type]?.effect !== 'custom' &&
    equal(a.event.payload, b.event.payload)
  );
}

/** An event as the reducers take it; what this version of the client cannot read is kept as it is. */
export function entryOf(
  model: ModelDefinition | undefined,
  event: EventEnvelope,
  status: EntryStatus,
  own: LogEntry['own'],
  trusted = false,
): LogEntry {
  const { schema_version: version, event_type: type } = event;
  const definition = model?.events[type];
  const older = model !== undefined && version < model.version;
  let payload = event.payload;
  let readable = false;
  try {
    if (definition !== undefined && model !== undefined && version <= model.version) {
      if (!trusted || !model.plain || older) {
        const lifted = older && model.lift !== undefined ? model.lift(payload, version, type) : payload;
        payload = asRecorded(() => (definition.read ?? definition.parse)(lifted));
      }
      readable = true;
    }
  } catch {
    // Kept as what is newer is.
  }
  return {
    event: trusted && payload === event.payload ? event : envelopeOf(event, payload),
    recorded: readable && older ? envelopeOf(event, event.payload) : null,
    status,
    seq: null,
    head: null,
    saved: true,
    sent: true,
    offset: 0,
    own,
    readable,
    applied: false,
    rejection: null,
  };
}

/** The same for an event of the feed. */
export function fedEntryOf(model: ModelDefinition | undefined, event: FeedEvent, own: LogEntry['own']): LogEntry {
  const made = entryOf(model, event, 'synced', own);
  made.seq = event.seq;
  return made;
}

/** Reads the events of a page; null where they are damaged. `trusted`: the very same declaration wrote them. */
export function decodeEvents(text: string, model: ModelDefinition, trusted: boolean): LogEntry[] | null {
  const rows = decodeRows(text);
  return (
    rows?.map(([event, seq, did]) => {
      const entry = entryOf(model, event, 'synced', did === undefined ? null : { did }, trusted);
      entry.seq = seq;
      return entry;
    }) ?? null
  );
}

/** The same as the feed had them. */
export function decodeFeed(text: string): FeedEvent[] | null {
  return decodeRows(text)?.map(([event, seq]) => ({ ...event, seq })) ?? null;
}

type Row = readonly [event: EventEnvelope, seq: number, did?: boolean];

function decodeRows(text: string): readonly Row[] | null {
  try {
    const rows: unknown[] = text === '' ? [] : JSON.parse(`[${text}]`);
    return rows.every(isRow) ? rows : null;
  } catch {
    return null;
  }
}

function isRow(row: unknown): row is Row {
  return Array.isArray(row) && isEvent(row[0]) && typeof row[1] === 'number' && typeof (row[2] ?? true) === 'boolean';
}

/** Exactly the keys of the contract; a row's event says more. */
function envelopeOf(event: EventEnvelope, payload: unknown): EventEnvelope {
  if (event.source_id !== undefined) return { ...event, payload };
  return {
    id: event.id,
    event_type: event.event_type,
    entity_type: event.entity_type,
    entity_id: event.entity_id,
    payload,
    timestamp: event.timestamp,
    schema_version: event.schema_version,
    user_id: event.user_id ?? null,
    idempotency_key: event.idempotency_key ?? event.id,
  };
}
