/**
 * The store of events: everything in memory, folded, and written behind.
 *
 * Every change is a journal entry that is applied to the {@link Ledger} at once and queued for the disk. Reading never touches the disk.
 */

import { SyncError } from '../errors.js';
import { absent, deleted, type EntityState, type EventEnvelope, type Folded, type ModelDefinition } from '../model.js';
import { toWire } from './codec.js';
import type { JournalEntry, StoreAdapter } from './db.js';
import { HybridClock, randomNode } from './hlc.js';
import { newUuid } from './ids.js';
import { Journal } from './journal.js';
import { type Changes, type Ledger, noChanges } from './ledger.js';
import type { Log } from './log.js';
import type { LogEntry } from './logEntry.js';
import { Mirror } from './mirror.js';
import { refuseUnlessApplicable } from './refusal.js';
import { type Deferred, Listeners, type Timers } from './timing.js';
import type { Warm } from './warm.js';
import { entityKey, Watchers } from './watchers.js';

/** What loading found to be wrong with the disk. */
export interface Damage {
  /** Records and lines that could not be read. */
  readonly records: number;
  /** Unsynced events that were read and kept. */
  readonly kept: number;
}

/** An event just recorded. */
export class Recorded {
  /** In the wire's form. */
  readonly event: EventEnvelope;
  readonly #done: Deferred;

  constructor(event: EventEnvelope, done: Deferred) {
    this.event = event;
    this.#done = done;
  }

  get saved(): Promise<void> {
    return this.#done.promise;
  }
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

/** Says entries that were just applied in other words, for the disk. */
export type Wording = (ledger: Ledger, entries: readonly JournalEntry[]) => readonly JournalEntry[];

/** The store of one user of one tenant, in one tab. */
export class EventStore {
  readonly clock: HybridClock;
  /** What loading found to be wrong; null where nothing was. */
  damage: Damage | null = null;
  /** Fires for each event of this device whose way to the server went on. */
  readonly onEntry = new Listeners<[entry: LogEntry]>();
  /** Fires once for each change of outbox, cursor or entities. */
  readonly onChange = new Listeners<[]>();
  /** Another tab has saved what this one has not read. */
  readonly onBehind = new Listeners<[]>();
  /** Own events lost to a failed write. */
  readonly onLost = new Listeners<[id: string, error: unknown]>();
  readonly #options: EventStoreOptions;
  readonly #timers: Timers;
  readonly #journal: Journal;
  /** Memory and disk; for {@link ./upkeep.js} and {@link ./tail.js} alone. */
  readonly mirror: Mirror;
  /** Keeps the parsed entities few; null: all that was looked at stays parsed. */
  warm: Warm | null = null;
  /** Recorded events that are not saved yet. */
  #unsaved = 0;
  readonly #watchers = new Watchers();

  constructor(options: EventStoreOptions) {
    this.#options = options;
    this.#timers = options.timers;
    this.clock = new HybridClock(randomNode(options.timers.random));
    this.#journal = new Journal(
      (text, flush) => this.mirror.adapter.append(text, { flush }),
      {
        saved: (key, text, entries) => this.#onSaved(key, text, entries),
        lost: (entries, error) => this.#onWriteLost(entries, error),
        health: (error) => options.onHealth?.(error),
      },
      options.timers,
    );
    this.mirror = new Mirror(options.models, options.adapter, this.#journal, {
      applied: (changes) => {
        this.#follow(changes);
        this.#publish(changes);
      },
      loaded: (changes, damage) => this.#onLoaded(changes, damage),
      behind: () => this.onBehind.emit(),
    });
  }

  /**
   * Reads the disk. Damage costs what the server has anyway: every unsynced event that can be read stays. Nothing is written:
   * another tab may lead, whose memory is whole.
   */
  open(): Promise<void> {
    return this.mirror.load();
  }

  // --- Reading ----------------------------------------------------------------------------------------------------------------

  /** Everything in memory; for the engine alone, which changes it through {@link commit}. */
  get ledger(): Ledger {
    return this.mirror.ledger;
  }

  /** Own events that did something when they were recorded and do nothing where they now stand, until they are dismissed. */
  get overtaken(): ReadonlyMap<string, EventEnvelope> {
    return this.ledger.overtaken;
  }

  /** The state of an entity. */
  state(entityType: string, id: string): Folded<EntityState> {
    const log = this.ledger.log(entityType, id);
    return log === undefined ? absent : this.#look(log);
  }

  /** The entities of a type that are alive. */
  *states(entityType: string): Iterable<EntityState> {
    for (const log of this.ledger.logs(entityType).values()) {
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
    const log = this.ledger.log(entityType, id);
    if (log === undefined) return [];
    const events = log.history();
    this.#look(log); // which notes what it turned out to need
    return events;
  }

  #look(log: Log): Folded<EntityState> {
    this.warm?.use(log);
    return this.ledger.look(log);
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
    return this.present(this.ledger.offset);
  }

  /** The time of a clock that is so far from this device's. */
  present(offset: number): number {
    return Math.round(this.#timers.now() + offset);
  }

  /** How many events wait to be sent, refused ones apart. */
  get pendingCount(): number {
    return this.ledger.unsynced.pending.length;
  }

  /** How many of them are saved. */
  get sendableCount(): number {
    return this.pendingCount - this.#unsaved;
  }

  /** Whether there is anything to be sent. */
  hasSendable(): boolean {
    return this.sendableCount > 0;
  }

  /** Whether something is held that this version of the client cannot read. */
  get updateRequired(): boolean {
    return this.ledger.foreign;
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
    const before = this.state(model.entity, entityId);
    refuseUnlessApplicable(model, eventType, entityId, parsed, before);
    const id = newUuid();
    const event: EventEnvelope = {
      id,
      event_type: eventType,
      entity_type: model.entity,
      entity_id: entityId,
      // Folded from the wire's form, as every other replica will: what the caller does to his objects later is his own affair.
      payload: toWire(parsed),
      timestamp: this.clock.now(this.wall()),
      schema_version: model.version,
      user_id: null,
      idempotency_key: id,
      ...model.mode?.beside(this, model, eventType, entityId, parsed),
    };
    const changes = noChanges();
    const { offset } = this.ledger;
    this.ledger.apply({ kind: 'new', event, did: true, offset }, false, changes);
    const did = this.state(model.entity, entityId) !== before;
    const entry = this.ledger.entry(id);
    if (entry !== undefined && !did) entry.own = { did };
    this.#unsaved += 1;
    const done = this.#journal.write([{ kind: 'new', event, did, offset }], {
      entity: entityKey(model.entity, entityId),
      flush,
    });
    this.#publish(changes);
    return new Recorded(event, done);
  }

  /**
   * Applies entries and writes them in one chunk; resolves once they are saved, or the disk takes nothing: then they are written later.
   * With `written`, it is the same in other words that is written.
   */
  commit(entries: readonly JournalEntry[], written?: Wording): Promise<void> {
    const changes = noChanges();
    for (const entry of entries) this.ledger.apply(entry, true, changes);
    this.#follow(changes);
    const saved = this.#journal.write(written?.(this.ledger, entries) ?? entries);
    this.#publish(changes);
    return saved.promise;
  }

  /** Begins to write at once: the page may be about to go. */
  hurry(): void {
    this.#journal.kick();
  }

  /** Resolves once all that was recorded so far is saved and, with a store that can, survives power loss. */
  flush(): Promise<void> {
    return this.#journal.write([{ kind: 'sent', ids: [] }], { entity: 'flush', flush: true }).promise;
  }

  /** Asks that the store be kept when space runs short; says what was granted. */
  persist(): Promise<boolean> {
    return this.mirror.adapter.persist();
  }

  /** Resolves once nothing waits for the disk, or it takes nothing. */
  settle(): Promise<void> {
    return this.#journal.settle();
  }

  /** The disk went away: goes on in memory alone, with what it holds. */
  abandonDisk(): void {
    this.mirror.abandonDisk();
  }

  async close(): Promise<void> {
    await this.#journal.close();
    await this.mirror.adapter.close();
  }

  // --- The disk, and other tabs -----------------------------------------------------------------------------------------------

  #onLoaded({ logs, entries }: Changes, damage: number): void {
    const { outbox } = this.ledger;
    if (damage > 0) this.damage = { records: damage, kept: outbox.size };
    this.warm?.clear();
    this.#resetClock();
    for (const { event } of entries) this.ledger.log(event.entity_type, event.entity_id)?.state();
    for (const log of logs) this.#noteRewound(log);
    for (const entry of entries) this.#noteOvertaken(entry);
    this.#watchers.publishAll();
    for (const entry of entries) this.onEntry.emit(entry);
    this.onChange.emit();
  }

  #onSaved(key: number, text: string, entries: readonly JournalEntry[]): void {
    for (const entry of entries) {
      if (entry.kind !== 'new') continue;
      this.#unsaved -= 1;
      const known = this.ledger.entry(entry.event.id);
      if (known !== undefined) known.saved = true;
    }
    this.mirror.saved(key, entries);
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
      this.ledger.undo(entry.event.id, changes);
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
    for (const log of this.ledger.all()) {
      const stamp = log.newest();
      if (stamp !== null && (newest === null || stamp > newest)) newest = stamp;
    }
    this.clock.reset(newest);
  }

  #publish({ logs, entries }: Changes): void {
    for (const log of logs) {
      this.#look(log); // folds what is new, which says what was folded again
      this.mirror.note(log);
      this.#noteRewound(log);
    }
    for (const entry of entries) this.#noteOvertaken(entry);
    this.#watchers.publish(logs);
    for (const entry of entries) this.onEntry.emit(entry);
    this.onChange.emit();
  }

  #noteRewound(log: Log): void {
    if (!log.rewound) return;
    log.rewound = false;
    log.state();
    for (const entry of log.entries) this.#noteOvertaken(entry);
  }

  #noteOvertaken({ own, rejection, applied, event }: LogEntry): void {
    const { overtaken, dismissed } = this.ledger;
    if (own?.did === true && rejection === null && !applied && !dismissed.has(event.id)) overtaken.set(event.id, event);
    else if (own !== null) overtaken.delete(event.id);
  }
}
