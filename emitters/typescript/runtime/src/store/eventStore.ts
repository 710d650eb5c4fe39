/**
 * The store of events: everything in memory, folded, and written behind.
 *
 * Every change is a journal entry that is applied to the {@link Ledger} at once and queued for the disk. Reading never touches the disk.
 */
import { SyncError } from '../errors.js';
import { absent, deleted, type EntityState, type EventEnvelope, type Folded, type ModelDefinition } from '../model.js';
import { MemoryAdapter, MemoryDisk } from './adapters/memory.js';
import { decodeChunk, encodeChunk, toWire } from './codec.js';
import { compactionOf } from './compaction.js';
import type { Cursor, FeedEvent, JournalEntry, StoreAdapter } from './db.js';
import { comparePlaces, type EntityLog, type LogEntry } from './entityLog.js';
import { HybridClock, randomNode } from './hlc.js';
import { newUuid } from './ids.js';
import { Journal } from './journal.js';
import { type Changes, Ledger, noChanges } from './ledger.js';
import { fill } from './loader.js';
import { refuseUnlessApplicable } from './refusal.js';
import { CLOCK_TOLERANCE_MS, isOff, movesOf } from './restamp.js';
import { Listeners, type Timers } from './timing.js';
import { entityKey, Watchers } from './watchers.js';

/** What loading found to be wrong with the disk. */
export interface Damage {
  /** Records and lines that could not be read. */
  readonly records: number;
  /** Unsynced events that were read and kept. */
  readonly kept: number;
}

/** An event just recorded. */
export interface Recorded {
  readonly event: EventEnvelope;
  readonly saved: Promise<void>;
}

/** What an event store needs. */
export interface EventStoreOptions {
  readonly models: readonly ModelDefinition[];
  readonly adapter: StoreAdapter;
  readonly timers: Timers;
  /** Tells other tabs of a chunk. */
  readonly share?: (key: number, text: string) => void;
  /** Whether the disk takes what it is given; null when it does. */
  readonly onHealth?: (error: unknown) => void;
}

/** What of a compaction is done whether due or not. */
interface CompactOptions {
  /** The journal is written anew. */
  readonly force?: boolean;
  /** Snapshot records of nothing that is held go. */
  readonly dropOthers?: boolean;
}

/** The store of one user of one tenant, in one tab. */
export class EventStore {
  readonly clock: HybridClock;
  /** What loading found to be wrong; null where nothing was. */
  damage: Damage | null = null;
  /** Fires for each event of this device whose way to the server went on. */
  readonly onEntry = new Listeners<[entry: LogEntry]>();
  /** Fires once for each change of outbox, cursor or entities. */
  readonly onChange = new Listeners<[]>();
  /** Own events that did something when they were recorded and do nothing where they now stand, until they are dismissed. */
  readonly overtaken = new Map<string, EventEnvelope>();
  /** Own events lost to a failed write. */
  readonly onLost = new Listeners<[id: string, error: unknown]>();
  readonly #options: EventStoreOptions;
  readonly #timers: Timers;
  readonly #journal: Journal;
  #adapter: StoreAdapter;
  #ledger: Ledger;
  #high = 0;
  #floor = 0;
  readonly #ownKeys = new Set<number>();
  #catchUp: Promise<void> | null = null;
  #entriesOnDisk = 0;
  /** Recorded events that are not saved yet. */
  #unsaved = 0;
  readonly #watchers = new Watchers();

  constructor(options: EventStoreOptions) {
    this.#options = options;
    this.#timers = options.timers;
    this.#adapter = options.adapter;
    this.clock = new HybridClock(randomNode(options.timers.random));
    this.#ledger = new Ledger(options.models);
    this.#journal = new Journal(
      (text, flush) => this.#adapter.append(text, { flush }),
      {
        saved: (key, text, entries) => this.#onSaved(key, text, entries),
        lost: (entries, error) => this.#onWriteLost(entries, error),
        health: (error) => options.onHealth?.(error),
      },
      options.timers,
    );
  }

  /** Reads the disk. Damage costs what the server has anyway: every unsynced event that can be read stays. */
  async open(): Promise<void> {
    const damage = await this.#load(new Ledger(this.#options.models));
    if (damage === 0) return;
    const ledger = this.#ledger;
    const unsynced = [...ledger.outbox.values()];
    this.damage = { records: damage, kept: unsynced.length };
    const types = [...ledger.models.keys()];
    const changes = noChanges();
    ledger.apply({ kind: 'reset', types }, true, changes);
    ledger.apply({ kind: 'cursor', cursor: null }, true, changes);
    this.#publish(changes);
    await this.compact({ force: true, dropOthers: true });
  }

  // --- Reading ----------------------------------------------------------------------------------------------------------------

  /** Everything in memory; for the engine alone, which changes it through {@link commit}. */
  get ledger(): Ledger {
    return this.#ledger;
  }

  /** The state of an entity. */
  state(entityType: string, id: string): Folded<EntityState> {
    return this.#ledger.log(entityType, id)?.state() ?? absent;
  }

  /** The entities of a type that are alive. */
  *states(entityType: string): Iterable<EntityState> {
    for (const log of this.#ledger.logs(entityType).values()) {
      const state = log.state();
      if (state !== absent && state !== deleted) yield state;
    }
  }

  /** Goes up whenever any entity of a type changes. */
  version(entityType: string): number {
    return this.#watchers.version(entityType);
  }

  /** Listens to one entity, or with a null id to all of its type. Returns what ends it. */
  watch(entityType: string, id: string | null, listener: () => void): () => void {
    return this.#watchers.watch(entityType, id, listener);
  }

  /** Listens to the events of one entity. */
  watchEvents(entityType: string, id: string, listener: () => void): () => void {
    return this.#watchers.watchEvents(entityType, id, listener);
  }

  /** The server's time, as far as this device knows. */
  wall(): number {
    return Math.round(this.#timers.now() + this.#ledger.offset);
  }

  /** How many events wait to be sent, refused ones apart. */
  get pendingCount(): number {
    return this.#ledger.outbox.size - this.#ledger.refused.size;
  }

  /** How many of them are saved. */
  get sendableCount(): number {
    return this.pendingCount - this.#unsaved;
  }

  /** Events to be sent: saved, in order, and of each entity none after one that is not to be sent yet. */
  sendable(): LogEntry[] {
    const pending: LogEntry[] = [];
    for (const entry of this.#ledger.outbox.values()) if (entry.status === 'pending') pending.push(entry);
    pending.sort((a, b) => comparePlaces(a.event, b.event));
    const held = new Set<string>();
    return pending.filter((entry) => {
      const key = entityKey(entry.event.entity_type, entry.event.entity_id);
      if (!entry.saved || isOff(entry, this.#ledger.offset)) held.add(key);
      return !held.has(key);
    });
  }

  /** Whether there is anything to be sent. */
  hasSendable(): boolean {
    return this.sendableCount > 0;
  }

  /** Entities whose state only the server knows. */
  needingServer(): EntityLog[] {
    return [...this.#ledger.needy].filter(({ needsServer }) => needsServer);
  }

  /** Whether something is held that this version of the client cannot read. */
  get updateRequired(): boolean {
    return this.#ledger.foreign;
  }

  // --- Writing ----------------------------------------------------------------------------------------------------------------

  /**
   * Records an event of this device: checked, stamped and folded when this returns.
   *
   * @throws InvalidPayload, RefusedLocally: and nothing was recorded.
   */
  record(model: ModelDefinition, eventType: string, entityId: string, payload: unknown, flush = false): Recorded {
    const definition = model.events[eventType];
    if (definition === undefined) throw new SyncError('unknown_event_type', `no event ${eventType}`);
    const parsed = definition.parse(payload);
    refuseUnlessApplicable(model, eventType, entityId, parsed, this.state(model.entity, entityId));
    const id = newUuid();
    const event: EventEnvelope = {
      id,
      event_type: eventType,
      entity_type: model.entity,
      entity_id: entityId,
      payload: parsed,
      timestamp: this.clock.now(this.wall()),
      schema_version: model.version,
      user_id: null,
      idempotency_key: id,
    };
    const before = this.state(model.entity, entityId);
    const changes = noChanges();
    // Folded from the wire's form, as every other replica will: what the caller does to his objects later is his own affair.
    const wire: EventEnvelope = { ...event, payload: toWire(parsed) };
    const { offset } = this.#ledger;
    this.#ledger.apply({ kind: 'new', event: wire, did: true, offset }, false, changes);
    const did = this.state(model.entity, entityId) !== before;
    const entry = this.#ledger.entry(id);
    if (entry !== undefined) entry.own = { did };
    this.#unsaved += 1;
    const saved = this.#journal.write([{ kind: 'new', event: wire, did, offset }], {
      entity: entityKey(model.entity, entityId),
      flush,
    });
    this.#publish(changes);
    return { event, saved };
  }

  /** Applies entries and writes them in one chunk; resolves once they are saved. */
  commit(entries: readonly JournalEntry[]): Promise<void> {
    const changes = noChanges();
    for (const entry of entries) this.#ledger.apply(entry, true, changes);
    this.#follow(changes);
    const saved = this.#journal.write(entries);
    this.#publish(changes);
    return saved;
  }

  /** Takes in a page of the feed, and the cursor that stands for it, as one. */
  receive(events: readonly FeedEvent[], cursor: Cursor | null): Promise<void> {
    const entries: JournalEntry[] = [];
    for (const event of events) {
      const known = this.#ledger.entry(event.id);
      if (known?.status === 'synced') continue;
      const own = known?.own ?? null;
      entries.push(own === null ? { kind: 'feed', event } : { kind: 'feed', event, own });
    }
    if (cursor !== null) entries.push({ kind: 'cursor', cursor });
    return entries.length === 0 ? Promise.resolve() : this.commit(entries);
  }

  /** Tries a rejected event again: same id and key, a new stamp; a `create` with all that is blocked under it. */
  retry(id: string): Promise<void> {
    const entry = this.#ledger.entry(id);
    const under = entry?.rejection?.under;
    if (under !== undefined && this.#ledger.entry(under) !== undefined) return this.retry(under);
    if (entry?.status !== 'rejected' && entry?.status !== 'blocked') return Promise.resolve();
    const blocked = this.#ledger.blockedUnder(id).sort((a, b) => comparePlaces(a.event, b.event));
    const stamps = [entry, ...blocked].map(({ event }) => [event.id, this.clock.now(this.wall())] as const);
    return this.commit([{ kind: 'moved', stamps, retry: true }]);
  }

  /** Drops a rejected event; a `create` with all that is blocked under it. */
  discard(id: string): Promise<void> {
    const entry = this.#ledger.entry(id);
    if (entry?.status !== 'rejected' && entry?.status !== 'blocked') return Promise.resolve();
    const ids = [id, ...this.#ledger.blockedUnder(id).map(({ event }) => event.id)];
    return this.commit([{ kind: 'discarded', ids }]);
  }

  /** The user knows of an event that was overtaken. */
  dismiss(id: string): Promise<void> {
    return this.overtaken.delete(id) ? this.commit([{ kind: 'discarded', ids: [id] }]) : Promise.resolve();
  }

  /**
   * Takes a new estimate of the server's clock and moves what bears stamps of a wrong one, and the `refused` events, which the server
   * found too far ahead; all in one chunk.
   */
  async correct(offset: number, refused: readonly LogEntry[] = []): Promise<void> {
    const present = Math.round(this.#timers.now() + offset);
    const stamps = movesOf(this.#ledger, { offset, present, node: this.clock.node, refused });
    if (stamps.length === 0 && Math.abs(offset - this.#ledger.offset) <= CLOCK_TOLERANCE_MS) {
      this.#ledger.offset = offset; // a small correction is not worth a write
      return;
    }
    const clock: JournalEntry = { kind: 'clock', offset };
    await this.commit(stamps.length === 0 ? [clock] : [clock, { kind: 'moved', stamps, retry: false }]);
  }

  /** Begins to write at once: the page may be about to go. */
  hurry(): void {
    this.#journal.kick();
  }

  /** Resolves once all that was recorded so far is saved and, with a store that can, survives power loss. */
  flush(): Promise<void> {
    return this.#journal.write([{ kind: 'sent', ids: [] }], { flush: true });
  }

  /** Asks that the store be kept when space runs short; says what was granted. */
  persist(): Promise<boolean> {
    return this.#adapter.persist();
  }

  /** Resolves once nothing waits for the disk, or it takes nothing. */
  settle(): Promise<void> {
    return this.#journal.settle();
  }

  /** The disk went away: goes on in memory alone, with what it holds. */
  abandonDisk(): void {
    this.#adapter = new MemoryAdapter(new MemoryDisk(this.#high));
    this.#ownKeys.clear();
  }

  async close(): Promise<void> {
    await this.#journal.close();
    await this.#adapter.close();
  }

  // --- Snapshots --------------------------------------------------------------------------------------------------------------

  /** Whether snapshots are due: null, in idle time, or at once. */
  compactionDue(): 'idle' | 'now' | null {
    let due: 'idle' | null = null;
    for (const log of this.#ledger.all()) {
      const rule = log.model.snapshot;
      if (rule === null || log.needsServer) continue;
      const past = log.sinceSnapshot();
      if (past >= rule.max && log.takeSnapshot() !== null) return 'now';
      if (past >= rule.every) due = 'idle';
    }
    return due ?? (this.#rewriteDue() ? 'idle' : null);
  }

  /** Takes the snapshots that are due and drops what they allow. For the leader alone; false where another tab wrote meanwhile. */
  async compact(options: CompactOptions = {}): Promise<boolean> {
    const done = await this.#compactOnce(options);
    // What the snapshots let go may be most of the journal.
    return done && !options.force && this.#rewriteDue() ? this.#compactOnce(options) : done;
  }

  #compactOnce(options: CompactOptions): Promise<boolean> {
    return this.#journal.exclusive(async () => {
      if (!options.force && this.#catchUp !== null) return false;
      const rewrite = options.force === true || this.#rewriteDue();
      const plan = compactionOf(this.#ledger, rewrite);
      const entries = plan.journal;
      if (entries === null && plan.snapshots.length === 0) return true; // nothing is due
      const done = await this.#adapter.compact({
        expect: this.#high,
        journal: entries === null ? null : encodeChunk(entries),
        snapshots: plan.snapshots,
        drop: options.dropOthers ? 'others' : plan.drop,
      });
      if (!done) return false;
      for (const log of plan.recorded) log.recorded = 'current';
      for (const [log, pair] of plan.pairs) this.#ledger.forget(log.settle(pair));
      if (entries !== null) {
        this.#entriesOnDisk = entries.length;
        this.#floor = this.#high;
      }
      return true;
    });
  }

  /** Whether a third of the journal stands for nothing any more, or it is in many pieces. */
  #rewriteDue(): boolean {
    let held = 0;
    for (const log of this.#ledger.all()) held += log.entries.length;
    return this.#high - this.#floor >= 100 || this.#entriesOnDisk > 1.5 * held + 500;
  }

  // --- The disk, and other tabs -----------------------------------------------------------------------------------------------

  /** Another tab saved a chunk. */
  async takeChunk(key: number, text: string): Promise<void> {
    if (key <= this.#high || this.#ownKeys.has(key)) return;
    if (key !== this.#high + 1 || this.#catchUp !== null) {
      await this.readTail();
      if (key > this.#high) await this.readTail(); // the first may have begun before the chunk was there
      return;
    }
    this.#high = key;
    this.#applyChunk(text);
  }

  /** Reads what other tabs appended. */
  readTail(): Promise<void> {
    this.#catchUp ??= this.#readTail().finally(() => {
      this.#catchUp = null;
    });
    return this.#catchUp;
  }

  async #readTail(): Promise<void> {
    const { floor, chunks } = await this.#adapter.tail(this.#high);
    // Only our own chunk, and that as the very next one, can have been compacted without our missing another tab's.
    const ours = floor === this.#high + 1 && this.#ownKeys.has(floor);
    if (floor > this.#high && !ours) return this.#reload();
    for (const { key, text } of chunks) {
      if (key <= this.#high) continue;
      this.#high = key;
      if (!this.#ownKeys.delete(key)) this.#applyChunk(text);
    }
  }

  /** What was compacted away while this tab did not look is read anew, and what it has not saved yet put on top. */
  async #reload(): Promise<void> {
    const before = this.#ledger;
    // Between two appends: what is on the disk is read, and what waits for it is put on top.
    await this.#journal.exclusive(() =>
      this.#load(new Ledger(this.#options.models), (ledger, changes) => {
        for (const entry of this.#journal.queued) ledger.apply(entry, entry.kind !== 'new', changes);
        for (const log of before.all()) {
          const now = ledger.ensure(log.model.entity, log.id);
          if (now === null) continue;
          now.shown = log.shown;
          changes.logs.add(now);
        }
      }),
    );
  }

  #applyChunk(text: string): void {
    const changes = noChanges();
    const { entries } = decodeChunk(text);
    for (const entry of entries) this.#ledger.apply(entry, true, changes);
    this.#entriesOnDisk += entries.length;
    this.#follow(changes);
    this.#publish(changes);
  }

  async #load(ledger: Ledger, then?: (ledger: Ledger, changes: Changes) => void): Promise<number> {
    const changes = noChanges();
    const { damage, entries, floor, high } = fill(ledger, await this.#adapter.load(), changes);
    this.#entriesOnDisk = entries;
    then?.(ledger, changes);
    this.#ledger = ledger;
    this.#floor = floor;
    this.#high = high;
    this.#ownKeys.clear();
    for (const log of ledger.all()) changes.logs.add(log);
    this.#resetClock();
    this.#publish(changes);
    return damage;
  }

  #onSaved(key: number, text: string, entries: readonly JournalEntry[]): void {
    this.#entriesOnDisk += entries.length;
    for (const entry of entries) {
      if (entry.kind !== 'new') continue;
      this.#unsaved -= 1;
      const known = this.#ledger.entry(entry.event.id);
      if (known !== undefined) known.saved = true;
    }
    if (key === this.#high + 1) this.#high = key;
    else {
      this.#ownKeys.add(key);
      void this.readTail().catch((error: unknown) => this.#options.onHealth?.(error));
    }
    // Whoever waits for the disk comes first: to tell the other tabs takes longer than all else here.
    const { share } = this.#options;
    if (share !== undefined) this.#timers.task(() => share(key, text));
    this.onChange.emit();
  }

  #onWriteLost(entries: readonly JournalEntry[], error: unknown): void {
    const changes = noChanges();
    for (const entry of entries) {
      if (entry.kind !== 'new') continue;
      this.#unsaved -= 1;
      this.#ledger.undo(entry.event.id, changes);
      this.onLost.emit(entry.event.id, error);
    }
    this.#publish(changes);
  }

  #follow({ newest, moved }: Changes): void {
    if (moved) this.#resetClock();
    else if (newest !== null) this.clock.receive(this.wall(), newest);
  }

  #resetClock(): void {
    let newest: string | null = null;
    for (const log of this.#ledger.all()) {
      const stamp = log.newest();
      if (stamp !== null && (newest === null || stamp > newest)) newest = stamp;
    }
    this.clock.reset(newest);
  }

  #publish({ logs, entries }: Changes): void {
    for (const log of logs) {
      log.state(); // folds what is new, which says what was folded again
      if (!log.rewound) continue;
      log.rewound = false;
      for (const entry of log.entries) this.#noteOvertaken(entry);
    }
    for (const entry of entries) this.#noteOvertaken(entry);
    this.#watchers.publish(logs);
    for (const entry of entries) this.onEntry.emit(entry);
    this.onChange.emit();
  }

  #noteOvertaken({ own, rejection, applied, event }: LogEntry): void {
    if (own?.did === true && rejection === null && !applied) this.overtaken.set(event.id, event);
    else this.overtaken.delete(event.id);
  }
}
