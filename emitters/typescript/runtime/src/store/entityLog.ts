/** The events of one entity in their order, and the fold over them. Pure: no clock, no I/O. */
import { equal } from '../materializers/utils.js';
import { absent, deleted, type EntityState, type EventEnvelope, type Folded, type ModelDefinition } from '../model.js';
import { toWire } from './codec.js';
import type { Rejection, Snapshot, SnapshotPair } from './db.js';

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
}

/** Where an event stands, for people: `sending` has left, and no answer has come yet. */
export function statusOf({ status, sent }: LogEntry): EntryStatus | 'sending' {
  return status === 'pending' && sent ? 'sending' : status;
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

/** Where a snapshot ends. */
function placeOf(snapshot: Snapshot): Place {
  return { timestamp: snapshot.last_hlc, id: snapshot.last_event_id };
}

/** A fold up to a place, which holds every event of the entity up to `seq` and none beyond. */
interface Base {
  readonly state: Folded<EntityState>;
  readonly place: Place;
  readonly seq: number;
  readonly count: number;
  /** The record itself, where this version of the client cannot read it: kept, and nothing folds on it. */
  readonly foreign: Snapshot | null;
}

/** A fold kept in memory: after `length` entries. A cache and no more. */
interface Mark {
  readonly length: number;
  readonly state: Folded<EntityState>;
}

const MARK_EVERY = 50;

/** One entity. */
export class EntityLog {
  readonly id: string;
  readonly model: ModelDefinition;
  /** In order, all of them after {@link older} but for unsynced ones. */
  readonly entries: LogEntry[] = [];
  /** Events that lie before what is kept: only the server can fold them. */
  stale: LogEntry[] = [];
  /** The server's snapshot is needed for another reason: an event of ours may be in what is kept, or may not. */
  ask = false;
  /** Events were folded again since the owner last looked: some may have come to do nothing. */
  rewound = false;
  /** The disk holds a snapshot record of it, and the one that {@link snapshotPair} gives. */
  recorded: 'none' | 'old' | 'current' = 'none';
  /** The state that was last shown. */
  shown: Folded<EntityState> = absent;
  #older: Base | null = null;
  /** As the disk has it: its state is read when it becomes the older one. */
  #newer: Snapshot | null = null;
  #marks: Mark[] = [];
  #folded = 0;
  #state: Folded<EntityState> = absent;

  constructor(model: ModelDefinition, id: string) {
    this.model = model;
    this.id = id;
  }

  /** The fold of everything, folding what is new. */
  state(): Folded<EntityState> {
    if (this.#older?.foreign) return absent;
    while (this.#folded < this.entries.length) {
      const entry = this.entries[this.#folded];
      if (entry === undefined) break;
      const next = entry.readable ? this.#reduce(this.#state, entry.event) : this.#state;
      entry.applied = next !== this.#state;
      this.#state = next;
      this.#folded += 1;
      if (this.#folded % MARK_EVERY === 0) this.#marks.push({ length: this.#folded, state: next });
    }
    return this.#state;
  }

  /** Every effect is total by contract; a `custom` one that fails all the same does nothing. */
  #reduce(state: Folded<EntityState>, event: EventEnvelope): Folded<EntityState> {
    try {
      return this.model.reduce(state, event);
    } catch {
      return state;
    }
  }

  /** Whether this version of the client cannot read something that it holds of the entity. */
  get foreign(): boolean {
    return this.#older?.foreign != null || this.entries.some((entry) => !entry.readable);
  }

  /** The state before the first of the events held. */
  start(): Folded<EntityState> {
    return this.#older === null || this.#older.foreign !== null ? absent : this.#older.state;
  }

  /** Whether nothing is known of the entity. */
  get empty(): boolean {
    return this.entries.length === 0 && this.#older === null && this.stale.length === 0;
  }

  /** The newest stamp that the server knows of this entity. */
  newestSynced(): string | null {
    let newest = this.#newer?.last_hlc ?? this.#older?.place.timestamp ?? null;
    for (const { status, event } of this.entries) {
      if (status !== 'pending' && (newest === null || event.timestamp > newest)) newest = event.timestamp;
    }
    return newest;
  }

  /** Puts an event at its place. */
  insert(entry: LogEntry): void {
    const at = this.#placeOf(entry.event);
    this.entries.splice(at, 0, entry);
    this.#rewind(at);
  }

  /** Takes an event out; says whether it was there. */
  remove(entry: LogEntry): boolean {
    const at = this.#placeOf(entry.event);
    if (this.entries[at] !== entry) return false;
    this.entries.splice(at, 1);
    this.#rewind(at);
    return true;
  }

  /**
   * Takes in an event of the feed, for the copy of it that is held (`known`).
   *
   * `held`: a snapshot has it already. `stale`: its place lies before what is kept, so the server has to be asked.
   */
  receive(entry: LogEntry, known?: LogEntry): 'inserted' | 'held' | 'stale' {
    const seq = entry.seq ?? 0;
    const held = this.holds(seq);
    if (held || this.covers(entry.event)) {
      if (known !== undefined) this.remove(known);
      if (!held) this.stale.push(entry);
      return held ? 'held' : 'stale';
    }
    if (this.#newer !== null && seq > this.#newer.seq && comparePlaces(entry.event, placeOf(this.#newer)) <= 0) {
      this.#newer = null;
      this.#outdate();
    }
    const at = this.#placeOf(entry.event);
    if (known !== undefined && this.entries[at] === known && this.#foldsAlike(known, entry)) {
      entry.applied = known.applied;
      this.entries[at] = entry;
      return 'inserted';
    }
    if (known !== undefined) this.remove(known);
    this.insert(entry);
    return 'inserted';
  }

  /** Whether one copy of an event can stand for the other without folding again; a `custom` effect sees more than the payload. */
  #foldsAlike(a: LogEntry, b: LogEntry): boolean {
    return (
      a.readable === b.readable &&
      this.model.events[a.event.event_type]?.effect !== 'custom' &&
      equal(a.event.payload, b.event.payload)
    );
  }

  /** Starts from a snapshot of the server, read when its log stood at `head`. Returns the events that went into it. */
  rebase(snapshot: Snapshot, head: number): LogEntry[] {
    if (this.#older !== null && snapshot.seq < this.#older.seq) return [];
    const base = this.#baseOf(snapshot);
    const gone: LogEntry[] = [];
    const late: LogEntry[] = [];
    const kept = [...this.stale, ...this.entries].filter((entry) => {
      const contained =
        (entry.status === 'synced' && (entry.seq ?? 0) <= snapshot.seq) ||
        (entry.status === 'accepted' && (entry.head ?? 0) <= head);
      if (contained) gone.push(entry);
      else if (entry.status === 'synced' && comparePlaces(entry.event, base.place) <= 0) late.push(entry);
      else return true;
      return false;
    });
    this.#replace(base, kept);
    this.#outdate();
    this.stale = late;
    this.ask = false;
    return gone;
  }

  /** Forgets all that came from the server. Returns the events that went. */
  reset(): LogEntry[] {
    const gone = [...this.stale, ...this.entries].filter((entry) => entry.status !== 'pending');
    this.#replace(
      null,
      this.entries.filter((entry) => entry.status === 'pending'),
    );
    this.#outdate();
    this.stale = [];
    this.ask = false;
    return gone;
  }

  /** Whether what is kept as a snapshot alone holds this position of the log. */
  holds(seq: number): boolean {
    return this.#older !== null && seq <= this.#older.seq;
  }

  /** Whether an event's place lies within what is kept as a snapshot alone. */
  covers(event: Place): boolean {
    return this.#older !== null && comparePlaces(event, this.#older.place) <= 0;
  }

  /** Whether only the server knows this entity's state. */
  get needsServer(): boolean {
    return this.ask || this.stale.length > 0;
  }

  /** The newest stamp held. */
  newest(): string | null {
    const base = this.#newer?.last_hlc ?? this.#older?.place.timestamp ?? null;
    const last = this.entries.at(-1)?.event.timestamp ?? null;
    return base !== null && (last === null || base > last) ? base : last;
  }

  /** Starts from what the store kept. Throws where a state is not what its model says. */
  restore(pair: SnapshotPair): void {
    this.#older = pair.older === null ? null : this.#baseOf(pair.older, true);
    this.#newer = pair.newer;
    this.recorded = 'current';
    this.#rewind(0);
  }

  /** How many events lie past the last snapshot. */
  sinceSnapshot(): number {
    const last = this.#lastPlace();
    if (last === null) return this.entries.length;
    let count = 0;
    for (let i = this.entries.length - 1; i >= 0; i--) {
      const entry = this.entries[i];
      if (entry === undefined || comparePlaces(entry.event, last) <= 0) break;
      count += 1;
    }
    return count;
  }

  /**
   * A snapshot as far as it may go: over events of the feed alone, none of them unreadable, and none left behind that the log has
   * before one it holds. Null where that is no further than the last one, or there is no entity yet.
   */
  takeSnapshot(): Snapshot | null {
    if (this.#older?.foreign || this.needsServer) return null;
    let end = 0;
    let seq = this.#older?.seq ?? 0;
    while (end < this.entries.length) {
      const entry = this.entries[end];
      if (entry?.status !== 'synced' || !entry.readable) break;
      seq = Math.max(seq, entry.seq ?? 0);
      end += 1;
    }
    const last = this.entries[end - 1];
    const previous = this.#lastPlace();
    if (last === undefined || (previous !== null && comparePlaces(last.event, previous) <= 0)) return null;
    if (this.entries.some((entry, at) => at >= end && entry.seq !== null && entry.seq <= seq)) return null;
    const state = this.#foldUpTo(end);
    if (state === absent) return null;
    return {
      entity_type: this.model.entity,
      entity_id: this.id,
      state: state === deleted ? null : toWire(state),
      last_hlc: last.event.timestamp,
      last_event_id: last.event.id,
      event_count: (this.#older?.count ?? 0) + end,
      schema_version: this.model.version,
      seq,
    };
  }

  /** What the store is to keep once `snapshot` is taken (null: none was). */
  snapshotPair(snapshot: Snapshot | null): SnapshotPair | null {
    const older = this.#older && this.#recordOf(this.#older);
    const newer = this.#newer;
    if (snapshot === null) return older === null && newer === null ? null : { older, newer };
    return { older: newer ?? older, newer: snapshot };
  }

  /** Goes over to what the store now keeps. Returns the events that were dropped. */
  settle(pair: SnapshotPair): LogEntry[] {
    const { newer } = pair;
    if (pair.older === null) {
      this.#newer = newer;
      return [];
    }
    const base = this.#baseOf(pair.older);
    const covered = (entry: LogEntry): boolean => comparePlaces(entry.event, base.place) <= 0;
    const state = this.state();
    const gone = this.entries.filter((entry) => entry.status === 'synced' && covered(entry));
    const kept = this.entries.filter((entry) => entry.status !== 'synced' || !covered(entry));
    this.#replace(base, kept);
    this.#newer = newer;
    if (!kept.some(covered)) {
      // The same fold, from nearer by: whoever reads the entity is not to see a new object.
      this.#folded = this.entries.length;
      this.#state = state;
    }
    return gone;
  }

  /** Where the last snapshot ends. */
  #lastPlace(): Place | null {
    return this.#newer === null ? (this.#older?.place ?? null) : placeOf(this.#newer);
  }

  #foldUpTo(end: number): Folded<EntityState> {
    const mark = this.#marks.filter(({ length }) => length <= end).at(-1);
    let state = mark?.state ?? this.#older?.state ?? absent;
    for (const entry of this.entries.slice(mark?.length ?? 0, end)) {
      if (entry.readable) state = this.#reduce(state, entry.event);
    }
    return state;
  }

  #replace(base: Base | null, entries: readonly LogEntry[]): void {
    this.#older = base;
    this.#newer = null;
    this.entries.splice(0, this.entries.length, ...entries);
    this.entries.sort((a, b) => comparePlaces(a.event, b.event));
    this.#rewind(0);
  }

  #rewind(to: number): void {
    if (to >= this.#folded && this.#folded > 0) return;
    if (this.#folded > 0) this.rewound = true;
    this.#marks = this.#marks.filter(({ length }) => length <= to);
    const mark = this.#marks.at(-1);
    this.#folded = mark?.length ?? 0;
    this.#state = mark === undefined ? (this.#older?.state ?? absent) : mark.state;
  }

  #outdate(): void {
    if (this.recorded === 'current') this.recorded = 'old';
  }

  #placeOf(event: Place): number {
    let low = 0;
    let high = this.entries.length;
    const last = this.entries[high - 1];
    if (last === undefined || comparePlaces(last.event, event) < 0) return high; // the common case: it is the newest
    while (low < high) {
      const middle = (low + high) >>> 1;
      const known = this.entries[middle];
      if (known !== undefined && comparePlaces(known.event, event) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #baseOf(snapshot: Snapshot, strict = false): Base {
    const place = placeOf(snapshot);
    const { seq, event_count: count } = snapshot;
    if (snapshot.state === null) return { state: deleted, place, seq, count, foreign: null };
    const newer = snapshot.schema_version > this.model.version;
    try {
      const { state, schema_version: version } = snapshot;
      const lifted = version < this.model.version && this.model.lift ? this.model.lift(state, version, null) : state;
      if (!newer) return { state: this.model.parseState(lifted), place, seq, count, foreign: null };
    } catch (error) {
      if (strict) throw error;
    }
    return { state: absent, place, seq, count, foreign: snapshot };
  }

  #recordOf(base: Base): Snapshot {
    if (base.foreign !== null) return base.foreign;
    return {
      entity_type: this.model.entity,
      entity_id: this.id,
      state: base.state === deleted || base.state === absent ? null : toWire(base.state),
      last_hlc: base.place.timestamp,
      last_event_id: base.place.id,
      event_count: base.count,
      schema_version: this.model.version,
      seq: base.seq,
    };
  }
}
