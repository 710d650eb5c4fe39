/**
 * One row as the engine holds it: what the server has said, and this device's unsynced writes on top.
 *
 * What was said moves with the feed alone. What is shown is that with the writes of the outbox folded on it, so that to take a write back
 * is to take it out of the outbox.
 */

import { SyncError } from '../errors.js';
import { equal } from '../materializers/utils.js';
import { absent, type EntityState, type EventEnvelope, type Folded, type ModelDefinition } from '../model.js';
import type { Snapshot } from '../store/db.js';
import { encodeEvents, type PlannedPart } from '../store/keeping.js';
import type { Ledger } from '../store/ledger.js';
import type { ModeLog } from '../store/log.js';
import { compareEntries, decodeEvents, type LogEntry, type Place } from '../store/logEntry.js';
import type { Part } from '../store/pages.js';
import type { Snap } from '../store/snap.js';
import { placeIn } from '../store/sorted.js';
import { type QueuedWrite, queueOf } from './queue.js';
import { applied, type Row, rowOfSnap, snapOfRow, snapOfSnapshot, unsaid } from './row.js';
import { effectOf, type RowRules } from './rules.js';

/** One row. */
export class RowLog implements ModeLog {
  readonly id: string;
  readonly model: ModelDefinition;
  readonly rules: RowRules;
  /** The feed of a row comes in the order of the log: nothing is ever too late. */
  readonly stale: readonly LogEntry[] = [];
  ask = false;
  rewound = false;
  page: string | null = null;
  shown: Folded<EntityState> | undefined;
  readonly #ledger: Ledger;
  /** What the server has said, as text: as the store keeps it, or as it came. Out of date where {@link #row} has moved on. */
  #snap: Snap | null = null;
  /** The same parsed; null where nobody has asked since. */
  #row: Row | null = unsaid;
  /** The store keeps all that the server has said. */
  #kept = false;
  /** Events of the feed from the first that this version cannot read: they wait for an update. */
  #later: LogEntry[] = [];
  /** This device's writes that the feed has not brought, in their order, without those that were refused. */
  #own: LogEntry[] = [];
  #state: Folded<EntityState> | undefined;
  /** The state as it was when this log went to rest. */
  #last: WeakRef<EntityState> | null = null;
  #unreadable = false;
  #revision = 0;
  /** The stamps that writes had when they were taken out. */
  readonly #stamps = new WeakMap<LogEntry, string>();

  constructor(model: ModelDefinition, id: string, ledger: Ledger, rules: RowRules) {
    this.model = model;
    this.id = id;
    this.rules = rules;
    this.#ledger = ledger;
  }

  // --- Reading ----------------------------------------------------------------------------------------------------------------

  /** What the server has said. */
  get row(): Row {
    this.#row ??= this.#read();
    return this.#row;
  }

  /** This device's writes in their order. */
  get entries(): readonly LogEntry[] {
    return this.#own;
  }

  /** What becomes of them. */
  queue(): QueuedWrite[] {
    return queueOf(this.row, this.#own, (event) => effectOf(this.model, event), this.rules);
  }

  state(): Folded<EntityState> {
    if (this.#state === undefined) {
      let state = this.row.state;
      for (const entry of this.#own) {
        const next = entry.readable ? this.model.reduce(state, entry.event) : state;
        entry.applied = next !== state;
        state = next;
      }
      // What looks the same is the same: whoever shows it is not to draw it again.
      const last = this.#last?.deref() ?? this.shown;
      this.#state = last !== undefined && equal(last, state) ? last : state;
      this.#last = null;
    }
    return this.#unreadable ? absent : this.#state;
  }

  start(): Folded<EntityState> {
    return this.row.state;
  }

  history(): readonly LogEntry[] {
    this.state(); // which says what was applied
    return this.#own;
  }

  get foreign(): boolean {
    this.#row ??= this.#read();
    return this.#unreadable || this.#later.length > 0;
  }

  get empty(): boolean {
    return this.#row === unsaid && this.#later.length === 0;
  }

  get needsServer(): boolean {
    return this.ask;
  }

  newest(): string | null {
    const said = this.#row === null ? this.#snap?.place : this.#row.place;
    const own = this.#own.at(-1)?.event.timestamp ?? '';
    const stamp = said == null || own > said.timestamp ? own : said.timestamp;
    return stamp === '' ? null : stamp;
  }

  newestSynced(): string | null {
    let newest = this.row.place?.timestamp ?? null;
    for (const { status, event } of this.#own) {
      if (status !== 'pending' && (newest === null || event.timestamp > newest)) newest = event.timestamp;
    }
    return newest;
  }

  /** Whether the feed has brought a write of this device. */
  has({ timestamp }: Place): boolean {
    const { tx, own } = this.row;
    return Object.entries(tx).some(([field, stamp]) => stamp === timestamp || own[field]?.includes(timestamp));
  }

  holds(seq: number): boolean {
    return seq <= (this.#row ?? this.#snap ?? unsaid).seq;
  }

  /** What is answered after the feed has passed its position came with a snapshot: the server is asked. */
  covers(event: Place): boolean {
    const head = this.#own.find((entry) => entry.event === event)?.head ?? null;
    return head !== null && head <= (this.#ledger.cursor?.seq ?? 0);
  }

  // --- What happens to it -----------------------------------------------------------------------------------------------------

  insert(entry: LogEntry): void {
    const before = this.#stamps.get(entry);
    const { timestamp } = entry.event;
    if (before !== undefined && before !== timestamp) this.#follow(before, timestamp);
    const { source_id: source } = entry.event;
    if (source != null) sourcesOf(this.#ledger).add(source);
    this.#own.splice(placeIn(this.#own, entry, compareEntries), 0, entry);
    this.#changed();
  }

  remove(entry: LogEntry): boolean {
    this.#stamps.set(entry, entry.event.timestamp);
    const at = this.#own.indexOf(entry);
    if (at < 0) return false;
    this.#own.splice(at, 1);
    this.#changed();
    return true;
  }

  receive(entry: LogEntry, known?: LogEntry): 'inserted' | 'held' {
    if (known !== undefined) this.remove(known);
    // Faster than the answer, it speaks for what the write stood for, too.
    if (known?.over !== undefined) entry.over = known.over;
    if (this.holds(entry.seq ?? 0) || this.#later.some(({ seq }) => seq === entry.seq)) return 'held';
    this.#later.push(entry);
    this.#advance();
    this.#said();
    return 'inserted';
  }

  rebase(snapshot: Snapshot, head: number): LogEntry[] {
    if (this.holds(snapshot.seq + 1)) return [];
    this.ask = false;
    this.#snap = snapOfSnapshot(snapshot);
    this.#row = null;
    this.#later = this.#later.filter(({ seq }) => (seq ?? 0) > snapshot.seq);
    this.#advance();
    const gone = this.#own.filter(({ status, head: at }) => status === 'accepted' && (at ?? 0) <= head);
    this.#own = this.#own.filter((entry) => !gone.includes(entry));
    this.#said();
    return gone;
  }

  reset(): LogEntry[] {
    const gone = [...this.#later, ...this.#own.filter(({ status }) => status !== 'pending')];
    this.#own = this.#own.filter(({ status }) => status === 'pending');
    this.#snap = null;
    this.#row = unsaid;
    this.#later = [];
    this.#unreadable = false;
    this.ask = false;
    this.#said();
    return gone;
  }

  // --- What the disk keeps ----------------------------------------------------------------------------------------------------

  restore(part: Part): void {
    this.#snap = part.newer;
    this.#row = null;
    this.#kept = true;
    if (part.tail === '') return;
    const later = decodeEvents(part.tail, this.model, false);
    if (later === null) this.ask = true; // damaged: the server has it
    this.#later = later ?? [];
    this.#advance(); // an update may have brought what was missing to read it
  }

  part(): PlannedPart | null {
    const revision = this.#revision;
    if (this.empty) return null;
    const foreign = this.foreign;
    const newer = this.#unreadable ? this.#snap : snapOfRow(this.row, this.model);
    return {
      older: null,
      newer,
      below: '',
      tail: encodeEvents(this.#later),
      state: null,
      count: this.#later.length,
      newest: this.#later.at(-1)?.event.timestamp ?? null,
      foreign,
      trusted: !foreign && newer?.trusted === true,
      revision,
    };
  }

  settle(part: Part, revision: number): boolean {
    if (revision !== this.#revision) return false;
    this.#snap = part.newer;
    this.#kept = true;
    return true;
  }

  rest(): boolean {
    if (this.#row === null) return true;
    if (!this.#kept || this.page === null || this.#own.length > 0 || this.ask || this.foreign) return false;
    const state = this.state();
    this.#last = typeof state === 'object' && state !== null ? new WeakRef(state) : null;
    this.#row = null;
    this.#state = undefined;
    return true;
  }

  sinceSnapshot(): number {
    return 0;
  }

  // --- Inside -----------------------------------------------------------------------------------------------------------------

  #read(): Row {
    const snap = this.#snap;
    this.#unreadable = false;
    if (snap === null) return unsaid;
    try {
      if (snap.version <= this.model.version) return rowOfSnap(snap, this.model);
      this.#unreadable = true; // a newer version wrote it
    } catch (error) {
      if (error instanceof SyncError) this.#unreadable = true;
      else this.ask = true; // damaged: the server has it
    }
    return { ...unsaid, seq: snap.seq, place: snap.place };
  }

  /** Applies what came, as far as this version can read it. */
  #advance(): void {
    let row = this.row;
    let at = 0;
    for (; !this.#unreadable && this.#later[at]?.readable; at++) {
      const entry = this.#later[at];
      if (entry !== undefined) row = applied(row, entry, this.#isOwn(entry), this.model, this.rules);
    }
    if (at === 0) return;
    this.#row = row;
    this.#kept = false;
    this.#later.splice(0, at);
  }

  /** An event of the feed is an echo where this device wrote it. */
  #isOwn({ own, event }: LogEntry): boolean {
    return own !== null || (event.source_id != null && sourcesOf(this.#ledger).has(event.source_id));
  }

  /** A write was stamped anew: what was based on it still is. */
  #follow(before: string, after: string): void {
    const follow = (stamp: string | null): string | null => (stamp === before ? after : stamp);
    const followed = (event: EventEnvelope): EventEnvelope => {
      const { expected, base } = event;
      const fields = Object.entries(expected ?? {}).map(([field, stamp]) => [field, follow(stamp)] as const);
      return {
        ...event,
        ...(expected === undefined ? {} : { expected: Object.fromEntries(fields) }),
        ...(base === undefined ? {} : { base: follow(base) }),
      };
    };
    for (const entry of this.#own) {
      if (entry.sent) continue; // what was ever sent is sent again unchanged
      entry.event = followed(entry.event);
      if (entry.recorded !== null) entry.recorded = followed(entry.recorded);
    }
  }

  #said(): void {
    this.#kept = false;
    this.#revision += 1;
    this.#changed();
  }

  /** The outbox learns which writes are to be sent. */
  #changed(): void {
    this.#state = undefined;
    for (const { entry, fate } of this.#own.length > 0 ? this.queue() : []) {
      const held = fate === 'absorbed' || fate === 'held';
      if (entry.status !== 'pending' || (entry.held ?? false) === held) continue;
      entry.held = held;
      this.#ledger.unsynced.stand(entry, 'pending');
    }
  }
}

/** The tabs of this device that have written, as far as a ledger knows. */
const sources = new WeakMap<Ledger, Set<string>>();

function sourcesOf(ledger: Ledger): Set<string> {
  let known = sources.get(ledger);
  if (known === undefined) {
    known = new Set();
    sources.set(ledger, known);
  }
  return known;
}
