/**
 * The events of one entity in their order, and the fold over them. Pure: no clock, no I/O.
 *
 * The fold starts at the newest snapshot. What lies below it, and the events above it as they came from the disk, are text until they
 * are asked for: most entities of a store are never more than listed.
 */
import { absent, type EntityState, type Folded, type ModelDefinition } from '../model.js';
import type { Snapshot } from './db.js';
import { Fold } from './fold.js';
import { compareEntries, comparePlaces, decodeEvents, foldAlike, type LogEntry, type Place } from './logEntry.js';
import type { Part } from './pages.js';
import type { Rights } from './rights.js';
import { foreign, type Snap, snapOf, stateOf } from './snap.js';
import { placeIn } from './sorted.js';

/** One entity. */
export class EntityLog {
  readonly id: string;
  readonly model: ModelDefinition;
  /** What its reader sees. */
  readonly rights: Rights;
  /** Events that lie before what is kept: only the server can fold them. */
  stale: readonly LogEntry[] = [];
  /** The server's snapshot is needed for another reason: what is kept is damaged, or an event of ours may be in it, or may not. */
  ask = false;
  /** Events were folded again since the owner last looked: some may have come to do nothing. */
  rewound = false;
  /** The page that says all that {@link part} would; null where none does. */
  page: string | null = null;
  /** Goes up with each change. */
  revision = 0;
  /** The state that was last shown; undefined where none was. */
  shown: Folded<EntityState> | undefined;
  /** The two latest snapshots. These, and what follows of how the log is kept, are for `keeping.ts` besides. */
  older: Snap | null = null;
  newer: Snap | null = null;
  /** The entries at hand are all that lie after the older snapshot. */
  deep = false;
  /** Unless they do: those up to the newer one, unparsed. */
  below = '';
  /** What the page says of the events after both, for as long as that is the truth. */
  kept: Pick<Part, 'tail' | 'state' | 'count' | 'newest' | 'foreign'> | null = null;
  /** These texts were written by this very declaration. */
  trusted = false;
  /** In order; null as long as the tail was not parsed. */
  #entries: LogEntry[] | null = [];
  #fold: Fold | null = null;
  /** The state that the page told, for as long as nothing else is parsed. */
  #told: EntityState | null = null;
  /** The state as it was when this log went to rest: whoever still holds it is given the same. */
  #last: WeakRef<EntityState> | null = null;
  unreadable = false;

  constructor(model: ModelDefinition, id: string, rights: Rights) {
    this.model = model;
    this.rights = rights;
    this.id = id;
  }

  /** The events at hand: those after the newest snapshot, and others where somebody asked for them. */
  get entries(): readonly LogEntry[] {
    return this.#awake();
  }

  /** All events that this device holds. */
  history(): readonly LogEntry[] {
    this.#descend();
    const entries = this.#awake();
    this.state(); // which says what was applied
    return entries;
  }

  /** Nothing but text is held. */
  get asleep(): boolean {
    return this.#entries === null;
  }

  /** The fold of the first of the events at hand. */
  stateAfter(count: number): Folded<EntityState> {
    this.state();
    return this.#fold?.upTo(this.#awake(), count) ?? absent;
  }

  /** The fold of everything, folding what is new. */
  state(): Folded<EntityState> {
    const last = this.#entries === null ? this.#resting() : undefined;
    if (last !== undefined) return last;
    const entries = this.#awake();
    this.#fold ??= new Fold(this.model, this.rights, () => this.start());
    const state = this.#fold.over(entries);
    return this.unreadable ? absent : state;
  }

  /** The state, as far as nothing has to be folded for it. */
  #resting(): EntityState | undefined {
    const last = this.#last?.deref();
    const text = this.kept?.state ?? null;
    if (last !== undefined || text === null || !this.trusted || this.model.plain !== true) return last;
    try {
      this.#told = JSON.parse(text) as EntityState; // checked when it was folded
      this.#last = new WeakRef(this.#told);
      return this.#told;
    } catch {
      return undefined; // damaged: the events say it, too
    }
  }

  /** The reader's rights are known, or others. */
  refold(): void {
    this.#last = null;
    if (this.#fold === null) return;
    this.#fold = null;
    this.revision += 1;
    this.rewound = true;
  }

  /** Whether this version of the client cannot read something that it holds of the entity. */
  get foreign(): boolean {
    const base = this.base();
    if (base !== null && base.version > this.model.version) return true;
    return this.unreadable || this.#awake().some((entry) => !entry.readable);
  }

  /** Whether nothing is held that came from the server. */
  get empty(): boolean {
    return this.top() === null && this.#entries !== null && !this.#entries.some(({ status }) => status === 'synced');
  }

  /** The newest stamp held. */
  newest(): string | null {
    const last = this.#entries === null ? this.kept?.newest : this.#entries.at(-1)?.event.timestamp;
    const base = this.top()?.timestamp ?? null;
    return last != null && (base === null || last > base) ? last : base;
  }

  /** Whether an event is at hand. */
  has(event: Place): boolean {
    const entries = this.#awake();
    return entries[this.#placeOf(event)]?.event.id === event.id;
  }

  /** Puts an event at its place. */
  insert(entry: LogEntry): void {
    if (this.newer !== null && comparePlaces(entry.event, this.newer.place) <= 0) this.#descend();
    const entries = this.#awake();
    const at = this.#placeOf(entry.event);
    if (at < entries.length) this.rewound = true; // folded or not: what follows may come to do nothing
    entries.splice(at, 0, entry);
    this.#changed(at);
  }

  /** Takes an event out; says whether it was there. */
  remove(entry: LogEntry): boolean {
    const entries = this.#awake();
    const at = this.#placeOf(entry.event);
    if (entries[at] !== entry) return false;
    entries.splice(at, 1);
    this.#changed(at);
    return true;
  }

  /**
   * Takes in an event of the feed, for the copy of it that is held (`known`).
   *
   * `held`: it is there already. `stale`: its place lies before what is kept, so the server has to be asked.
   */
  receive(entry: LogEntry, known?: LogEntry): 'inserted' | 'held' | 'stale' {
    const seq = entry.seq ?? 0;
    const held = this.holds(seq);
    if (held || this.covers(entry.event)) {
      if (known !== undefined) this.remove(known);
      if (!held && !this.stale.some(({ event }) => event.id === entry.event.id)) this.stale = [...this.stale, entry];
      return held ? 'held' : 'stale';
    }
    const late = this.newer !== null && comparePlaces(entry.event, this.newer.place) <= 0;
    if (late) this.#descend();
    const entries = this.#awake();
    const at = this.#placeOf(entry.event);
    const there = entries[at];
    if (there?.status === 'synced' && there.event.id === entry.event.id) return 'held';
    if (late) this.newer = null; // the fold goes back to the older snapshot
    if (known !== undefined && there === known && foldAlike(this.model, known, entry)) {
      entry.applied = known.applied;
      entries[at] = entry;
      this.#changed(null);
      return 'inserted';
    }
    if (known !== undefined) this.remove(known);
    this.insert(entry);
    return 'inserted';
  }

  /** Starts from a snapshot of the server, read when its log stood at `head`. Returns the events that went into it. */
  rebase(snapshot: Snapshot, head: number): LogEntry[] {
    if (this.older !== null && snapshot.seq < this.older.seq) return [];
    const base = snapOf(snapshot);
    this.#descend();
    const gone: LogEntry[] = [];
    const late: LogEntry[] = [];
    const kept = [...this.stale, ...this.#awake()].filter((entry) => {
      const contained =
        (entry.status === 'synced' && (entry.seq ?? 0) <= snapshot.seq) ||
        (entry.status === 'accepted' && (entry.head ?? 0) <= head);
      if (contained) gone.push(entry);
      else if (entry.status === 'synced' && comparePlaces(entry.event, base.place) <= 0) late.push(entry);
      else return true;
      return false;
    });
    this.#replace(base, kept);
    this.stale = late;
    return gone;
  }

  /** Forgets all that came from the server. Returns the events that went. */
  reset(): LogEntry[] {
    const all = [...this.stale, ...this.#awake()];
    const kept = all.filter(({ status }) => status === 'pending');
    this.#replace(null, kept);
    return all.filter((entry) => !kept.includes(entry));
  }

  /** Whether what is kept as a snapshot holds this position of the log. */
  holds(seq: number): boolean {
    const last = this.newer ?? this.older;
    return last !== null && seq <= last.seq;
  }

  /** Whether an event's place lies within what is kept as a snapshot alone. */
  covers(event: Place): boolean {
    return this.older !== null && comparePlaces(event, this.older.place) <= 0;
  }

  /** Whether only the server knows this entity's state. */
  get needsServer(): boolean {
    return this.ask || this.stale.length > 0;
  }

  // --- Snapshots, and what the disk keeps ---------------------------------------------------------------------------------------

  /** Starts from what the store kept. */
  restore(part: Part): void {
    this.older = part.older;
    this.newer = part.newer;
    this.below = part.below;
    this.kept = part;
    this.trusted = part.trusted;
    this.#entries = null;
  }

  /** Puts a part of a pack after all that is held, unparsed; false where it does not follow on that. */
  extend(part: Part, from: number, after: string | 0): boolean {
    const { tail = '', count = 0 } = this.kept ?? {};
    const readable = part.trusted && (this.trusted || this.below + tail === '');
    if (!readable || this.#entries?.length || this.deep || this.needsServer) return false;
    if (this.total() !== from || (this.newest() ?? 0) !== after) return false;
    this.#changed(null);
    this.#told = null;
    this.#fold = null;
    this.#entries = null;
    this.trusted = true;
    this.kept = { ...part, tail: count === 0 ? part.tail : `${tail},${part.tail}`, count: count + part.count };
    return true;
  }

  /** How many events of the feed are held, those that the snapshots stand for among them. */
  total(): number {
    return ((this.newer ?? this.older)?.count ?? 0) + this.sinceSnapshot();
  }

  /** How many events the next snapshot would stand for that the last one does not. */
  sinceSnapshot(): number {
    if (this.#entries === null) return this.kept?.count ?? 0;
    const top = this.top();
    let count = 0;
    for (const entry of this.#entries) {
      if (entry.status !== 'synced' || !entry.readable) break;
      if (top === null || comparePlaces(entry.event, top) > 0) count += 1;
    }
    return count;
  }

  /** These entries are at hand now; with a state, their fold is that very one. */
  replant(entries: LogEntry[], state?: Folded<EntityState>): void {
    const { length } = entries;
    this.#entries = entries;
    this.#fold = state === undefined ? null : new Fold(this.model, this.rights, () => this.start(), { length, state });
  }

  /** Lets go of what can be read again from the text that is kept; false where something cannot. */
  rest(): boolean {
    this.#told = null;
    if (this.#entries === null) return true;
    const clean = this.kept !== null && this.#entries.every(({ status }) => status === 'synced');
    if (!clean || this.page === null || this.needsServer) return false;
    const state = this.#fold === null || this.unreadable ? null : this.state();
    this.#last = typeof state === 'object' && state !== null ? new WeakRef(state) : null;
    this.#fold = null;
    this.#entries = null;
    this.deep = false;
    return true;
  }

  // --- Inside -------------------------------------------------------------------------------------------------------------------

  /** The snapshot on which the entries at hand are folded. */
  base(): Snap | null {
    return this.deep ? this.older : (this.newer ?? this.older);
  }

  /** Where the last snapshot ends. */
  top(): Place | null {
    return (this.newer ?? this.older)?.place ?? null;
  }

  #placeOf(event: Place): number {
    return placeIn<{ readonly event: Place }>(this.#awake(), { event }, compareEntries);
  }

  /** The state before the first of the events at hand. */
  start(): Folded<EntityState> {
    this.unreadable = false;
    try {
      const state = stateOf(this.base(), this.model);
      if (state !== foreign) return state;
      this.unreadable = true;
    } catch {
      this.ask = true; // damaged: the server has it
    }
    return absent;
  }

  #awake(): LogEntry[] {
    if (this.#entries !== null) return this.#entries;
    this.#entries = this.#parse(this.kept?.tail ?? '');
    this.#keepShowing(this.#last?.deref());
    this.#told = null;
    return this.#entries;
  }

  /** Parses what lies between the snapshots: the fold now starts at the older one. */
  #descend(): void {
    if (this.deep || this.newer === null) return;
    const state = this.#fold === null ? this.#last?.deref() : this.state();
    const above = this.#awake();
    this.#entries = [...this.#parse(this.below), ...above];
    this.deep = true;
    this.#fold = null;
    if (!this.unreadable) this.#keepShowing(state);
  }

  /** The fold from another place is the same, and is not to look like a new one. */
  #keepShowing(state: Folded<EntityState> | undefined): void {
    if (state === undefined || this.#entries === null) return;
    this.#fold = new Fold(this.model, this.rights, () => this.start());
    this.#fold.over(this.#entries);
    this.#fold = new Fold(this.model, this.rights, () => this.start(), { length: this.#entries.length, state });
  }

  #parse(text: string): LogEntry[] {
    const entries = decodeEvents(text, this.model, this.trusted);
    if (entries === null) this.ask = true; // damaged: the server has it
    return entries ?? [];
  }

  /** All that is held is now this. */
  #replace(base: Snap | null, entries: LogEntry[]): void {
    this.older = base;
    this.newer = null;
    this.below = '';
    this.deep = false;
    this.#entries = entries.sort(compareEntries);
    if (this.#fold !== null) this.rewound = true;
    this.#fold = null;
    this.unreadable = false;
    this.stale = [];
    this.ask = false;
    this.#changed(null);
  }

  /** With a place, the fold is to go back to it. */
  #changed(at: number | null): void {
    this.revision += 1;
    this.kept = null;
    this.#last = null;
    if (at !== null && this.#fold?.rewind(at)) this.rewound = true;
  }
}
