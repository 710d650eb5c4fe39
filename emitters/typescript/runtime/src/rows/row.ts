/**
 * What the server has said of one row. Pure: no clock, no I/O.
 *
 * It moves in the order of the log: a change applies to what was there when the log took it, whatever its stamp.
 */

import { eventTime } from '../materializers/utils.js';
import { absent, deleted, type EntityState, type Folded, type ModelDefinition } from '../model.js';
import { isRecord } from '../schemas/validate.js';
import { toJson } from '../store/codec.js';
import type { Snapshot } from '../store/db.js';
import { comparePlaces, type LogEntry, type Place } from '../store/logEntry.js';
import type { Snap } from '../store/snap.js';
import { effectOf, fieldsOf, type RowRules, WHOLE_ROW } from './rules.js';

/** A row as the server has told it. */
export interface Row {
  readonly state: Folded<EntityState>;
  /** For each field the last transaction. */
  readonly tx: Readonly<Record<string, string>>;
  /**
   * Where the last transactions of a field, or under `*` of the row, are this device's own: what they were based on, and they but the
   * last. A write that expects one of these has seen nothing else than what is there.
   */
  readonly own: Readonly<Record<string, readonly string[]>>;
  /** Position in the server's log. */
  readonly seq: number;
  /** The newest event in it, by stamp. */
  readonly place: Place | null;
  /** How many events went into it. */
  readonly count: number;
}

/** Nothing was said. */
export const unsaid: Row = { state: absent, tx: {}, own: {}, seq: 0, place: null, count: 0 };

/** Own transactions that are remembered of one field. */
const CHAIN = 50;

/** The newest transaction of a row, of what its reader sees. */
export function newestOf({ tx }: Pick<Row, 'tx'>): string | null {
  let newest: string | null = null;
  for (const stamp of Object.values(tx)) if (newest === null || stamp > newest) newest = stamp;
  return newest;
}

/** The row after an event of the feed. `own`: this device wrote it. */
export function applied(row: Row, entry: LogEntry, own: boolean, model: ModelDefinition, rules: RowRules): Row {
  const { event } = entry;
  const { timestamp, id } = event;
  const effect = effectOf(model, event);
  const place = { timestamp, id };
  const next = {
    seq: entry.seq ?? row.seq,
    place: row.place === null || comparePlaces(place, row.place) > 0 ? place : row.place,
    count: row.count + 1,
  };
  const written = effect === 'create' ? rules.fields : Object.keys(fieldsOf(event));
  const state = effect === 'merge' && written.length === 0 && own ? row.state : model.reduce(row.state, event);
  entry.applied = state !== row.state;
  if (!entry.applied) return { ...row, ...next };
  if (state === absent || state === deleted) return { ...next, state, tx: {}, own: {} };
  const tx = { ...row.tx };
  const chains: Record<string, readonly string[]> = { ...row.own };
  const before = newestOf(row);
  for (const field of written) {
    chain(chains, field, own, row.tx[field]);
    tx[field] = timestamp;
  }
  chain(chains, WHOLE_ROW, own, before ?? undefined);
  return { ...next, state: withTime(state, row, tx, rules), tx, own: chains };
}

/** A transaction of this device's own goes on a chain; one of somebody else's ends it. */
function chain(chains: Record<string, readonly string[]>, key: string, own: boolean, before: string | undefined): void {
  if (own && before !== undefined) chains[key] = [...(chains[key] ?? []), before].slice(-CHAIN);
  else delete chains[key];
}

/** A row's time is that of the highest transaction of its fields, which need not be the last. */
function withTime(state: EntityState, before: Row, tx: Row['tx'], { updatedAt }: RowRules): EntityState {
  const newest = newestOf({ tx });
  const known = newestOf(before);
  if (updatedAt === null || newest === null) return state;
  const now = eventTime(newest);
  if (known === null || before.state === absent || before.state === deleted) return { ...state, [updatedAt]: now };
  // Later than all that this reader sees of it: of a field that it does not see.
  const earlier = String(heldIn(before.state, updatedAt));
  return { ...state, [updatedAt]: earlier > eventTime(known) && earlier > now ? earlier : now };
}

/** What a state holds under a name. */
export function heldIn(state: EntityState, field: string): unknown {
  return new Map<string, unknown>(Object.entries(state)).get(field);
}

/** The server's snapshot of a row, as text until somebody asks. */
export function snapOfSnapshot(snapshot: Snapshot): Snap {
  const { state, tx = {}, seq, last_hlc: timestamp, last_event_id: id } = snapshot;
  return {
    place: { timestamp, id },
    seq,
    count: snapshot.event_count,
    version: snapshot.schema_version,
    text: state === null ? null : toJson({ state, tx }),
    trusted: false,
  };
}

/** A state of the network or the disk; throws where it cannot be read. */
function readState(value: unknown, version: number, model: ModelDefinition): EntityState {
  return model.parseState(version < model.version && model.lift ? model.lift(value, version, null) : value);
}

/** A row as the store keeps it. */
export function snapOfRow(row: Row, model: ModelDefinition): Snap {
  const { state, tx, own, seq, place, count } = row;
  return {
    place: place ?? { timestamp: '', id: '' },
    seq,
    count,
    version: model.version,
    text: state === deleted ? null : toJson(Object.keys(own).length === 0 ? { state, tx } : { state, tx, own }),
    trusted: model.print !== undefined,
  };
}

/** The row of what the store keeps; a damaged one throws. */
export function rowOfSnap(snap: Snap, model: ModelDefinition): Row {
  const { place, seq, count, version, text, trusted } = snap;
  const told = { seq, place, count };
  if (text === null) return { ...told, state: deleted, tx: {}, own: {} };
  const kept = JSON.parse(text) as Pick<Row, 'tx'> & Partial<Pick<Row, 'own'>> & { readonly state: unknown }; // written by `snapOfRow`
  if (!isRecord(kept.tx)) throw new Error('not a row');
  const plain = trusted && model.plain === true && version === model.version;
  const state = plain ? (kept.state as EntityState) : readState(kept.state, version, model); // checked when it was written
  return { ...told, state, tx: kept.tx, own: kept.own ?? {} };
}
