/**
 * The store of events: everything in memory, folded, and written behind.
 *
 * Every change is a journal entry that is applied to the {@link Ledger} at once and queued for the disk. Reading never touches the disk.
 */
import { SyncError } from '../errors.js';
import { absent, deleted, type EntityState, type EventEnvelope, type Folded, type ModelDefinition } from '../model.js';
import { toWire } from './codec.js';
import type { Cursor, FeedEvent, JournalEntry, StoreAdapter } from './db.js';
import type { EntityLog } from './entityLog.js';
import { HybridClock, randomNode } from './hlc.js';
import { newUuid } from './ids.js';
import { Journal } from './journal.js';
import { type Changes, type Ledger, noChanges } from './ledger.js';
import { compareEntries, type LogEntry } from './logEntry.js';
import { Mirror } from './mirror.js';
import { refuseUnlessApplicable } from './refusal.js';
import { CLOCK_TOLERANCE_MS, isOff, movesOf } from './restamp.js';
import { Listeners, type Timers } from './timing.js';
import { Warm } from './warm.js';
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
  /** How many entities are held parsed; 1000 unless set. Of all others the text is held. */
  readonly warm?: number;
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
  /** Own events lost to a failed write. */
  readonly onLost = new Listeners<[id: string, error: unknown]>();
  readonly #options: EventStoreOptions;
  readonly #timers: Timers;
  readonly #journal: Journal;
  readonly #mirror: Mirror;
  readonly #warm: Warm;
  /** Recorded events that are not saved yet. */
  #unsaved = 0;
  readonly #watchers = new Watchers();

  constructor(options: EventStoreOptions) {
    this.#options = options;
    this.#timers = options.timers;
    this.#warm = new Warm(options.warm ?? 1000, options.timers);
    this.clock = new HybridClock(randomNode(options.timers.random));
    const health = (error: unknown): void => options.onHealth?.(error);
    this.#journal = new Journal(
      (text, flush) => this.#mirror.adapter.append(text, { flush }),
      {
        saved: (key, text, entries) => this.#onSaved(key, text, entries),
        lost: (entries, error) => this.#onWriteLost(entries, error),
        health,
      },
      options.timers,
    );
    this.#mirror = new Mirror(options.models, options.adapter, this.#journal, {
      applied: (changes) => {
        this.#follow(changes);
        this.#publish(changes);
      },
      loaded: (changes, damage) => this.#onLoaded(changes, damage),
      health,
    });
  }

  /**
   * Reads the disk. Damage costs what the server has anyway: every unsynced event that can be read stays. Nothing is written:
   * another tab may lead, whose memory is whole.
   */
  open(): Promise<void> {
    return this.#mirror.load();
  }

  /** For the leader: what was found damaged is written anew, without what the server has. */
  heal(): Promise<void> {
    return this.#mirror.heal();
  }

  // --- Reading ----------------------------------------------------------------------------------------------------------------

  /** Everything in memory; for the engine alone, which changes it through {@link commit}. */
  get ledger(): Ledger {
    return this.#mirror.ledger;
  }

  get #ledger(): Ledger {
    return this.#mirror.ledger;
  }

  /** Own events that did something when they were recorded and do nothing where they now stand, until they are dismissed. */
  get overtaken(): ReadonlyMap<string, EventEnvelope> {
    return this.#ledger.overtaken;
  }

  /** The state of an entity. */
  state(entityType: string, id: string): Folded<EntityState> {
    const log = this.#ledger.log(entityType, id);
    return log === undefined ? absent : this.#look(log);
  }

  /** The entities of a type that are alive. */
  *states(entityType: string): Iterable<EntityState> {
    for (const log of this.#ledger.logs(entityType).values()) {
      const state = this.#look(log);
      if (state !== absent && state !== deleted) yield state;
    }
  }

  /** Goes up whenever any entity of a type changes. */
  version(entityType: string): number {
    return this.#watchers.version(entityType);
  }

  /** The entities of a type that changed since a version; null where that is not known any more. */
  changedSince(entityType: string, version: number): readonly string[] | null {
    return this.#watchers.changedSince(entityType, version);
  }

  /** The events of an entity that this device holds, in order. */
  history(entityType: string, id: string): readonly LogEntry[] {
    const log = this.#ledger.log(entityType, id);
    if (log === undefined) return [];
    this.#look(log);
    return log.history();
  }

  #look(log: EntityLog): Folded<EntityState> {
    this.#warm.use(log);
    return this.#ledger.look(log);
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
    return this.#ledger.unsynced.pending.length;
  }

  /** How many of them are saved. */
  get sendableCount(): number {
    return this.pendingCount - this.#unsaved;
  }

  /** The first events to be sent: saved, in order, and of each entity none after one that is not to be sent yet. */
  sendable(limit = Number.POSITIVE_INFINITY): LogEntry[] {
    const found: LogEntry[] = [];
    const held = new Set<string>();
    for (const entry of this.#ledger.unsynced.pending) {
      if (found.length >= limit) break;
      const key = entityKey(entry.event.entity_type, entry.event.entity_id);
      if (!entry.saved || isOff(entry, this.#ledger.offset)) held.add(key);
      if (!held.has(key)) found.push(entry);
    }
    return found;
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

  /** Applies entries and writes them in one chunk; resolves once they are saved, or the disk takes nothing: then they are written later. */
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
      const own = this.#ledger.entry(event.id)?.own ?? null;
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
    const blocked = this.#ledger.unsynced.blockedUnder(id).sort(compareEntries);
    const stamps = [entry, ...blocked].map(({ event }) => [event.id, this.clock.now(this.wall())] as const);
    return this.commit([{ kind: 'moved', stamps, retry: true }]);
  }

  /** Drops a rejected event; a `create` with all that is blocked under it. */
  discard(id: string): Promise<void> {
    const entry = this.#ledger.entry(id);
    if (entry?.status !== 'rejected' && entry?.status !== 'blocked') return Promise.resolve();
    const ids = [id, ...this.#ledger.unsynced.blockedUnder(id).map(({ event }) => event.id)];
    return this.commit([{ kind: 'discarded', ids }]);
  }

  /** The user knows of an event that was overtaken. */
  dismiss(id: string): Promise<void> {
    return this.overtaken.has(id) ? this.commit([{ kind: 'discarded', ids: [id] }]) : Promise.resolve();
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
    return this.#journal.write([{ kind: 'sent', ids: [] }], { entity: 'flush', flush: true });
  }

  /** Asks that the store be kept when space runs short; says what was granted. */
  persist(): Promise<boolean> {
    return this.#mirror.adapter.persist();
  }

  /** Resolves once nothing waits for the disk, or it takes nothing. */
  settle(): Promise<void> {
    return this.#journal.settle();
  }

  /** The disk went away: goes on in memory alone, with what it holds. */
  abandonDisk(): void {
    this.#mirror.abandonDisk();
  }

  async close(): Promise<void> {
    await this.#journal.close();
    await this.#mirror.adapter.close();
  }

  // --- The disk, and other tabs -----------------------------------------------------------------------------------------------

  /** Whether a compaction is due, in idle time. */
  compactionDue(): boolean {
    return this.#mirror.due();
  }

  /** Whether it is due at once. */
  get compactionUrgent(): boolean {
    return this.#mirror.urgent;
  }

  /** Takes the snapshots that are due and drops what they allow. For the leader alone; false where another tab wrote meanwhile. */
  compact(): Promise<boolean> {
    return this.#mirror.compact();
  }

  /** Another tab saved a chunk. */
  takeChunk(key: number, text: string): Promise<void> {
    return this.#mirror.takeChunk(key, text);
  }

  /** Reads what other tabs appended. */
  readTail(): Promise<void> {
    return this.#mirror.readTail();
  }

  #onLoaded({ entries }: Changes, damage: number): void {
    const { outbox } = this.#ledger;
    if (damage > 0) this.damage = { records: damage, kept: outbox.size };
    this.#warm.clear();
    this.#resetClock();
    for (const { event } of entries) this.#ledger.log(event.entity_type, event.entity_id)?.state();
    for (const entry of entries) this.#noteOvertaken(entry);
    this.#watchers.publishAll();
    for (const entry of entries) this.onEntry.emit(entry);
    this.onChange.emit();
  }

  #onSaved(key: number, text: string, entries: readonly JournalEntry[]): void {
    for (const entry of entries) {
      if (entry.kind !== 'new') continue;
      this.#unsaved -= 1;
      const known = this.#ledger.entry(entry.event.id);
      if (known !== undefined) known.saved = true;
    }
    this.#mirror.saved(key, entries);
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
      this.#look(log); // folds what is new, which says what was folded again
      this.#mirror.note(log);
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
    const { overtaken, dismissed } = this.#ledger;
    if (own?.did === true && rejection === null && !applied && !dismissed.has(event.id)) overtaken.set(event.id, event);
    else if (own !== null) overtaken.delete(event.id);
  }
}
