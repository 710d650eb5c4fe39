/**
 * What the journal's entries mean, in memory: entities, outbox and cursor. No I/O and no clock.
 *
 * Every tab applies the same entries and comes to the same ledger; so does a restart, from the disk.
 */
import { absent, type EventEnvelope, type Mode, type ModelDefinition } from '../model.js';
import type { Cursor, JournalEntry, Rejection } from './db.js';
import { EntityLog } from './entityLog.js';
import type { Log } from './log.js';
import { decodeFeed, entryOf, fedEntryOf, type LogEntry } from './logEntry.js';
import { Outbox } from './outbox.js';
import { decodePage, PACK_END } from './pages.js';
import { ownerIn, type Rights } from './rights.js';

type EntryOf<Kind extends JournalEntry['kind']> = Extract<JournalEntry, { readonly kind: Kind }>;

/** What one application of entries touched. */
export interface Changes {
  readonly logs: Set<Log>;
  /** Events of this device whose way to the server went on. */
  readonly entries: Set<LogEntry>;
  /** The newest stamp that came in. */
  newest: string | null;
  /** Stamps were moved: clocks follow. */
  moved: boolean;
  /** Packs that could not be read. */
  damage: number;
}

/** Nothing touched yet. */
export function noChanges(): Changes {
  return { logs: new Set(), entries: new Set(), newest: null, moved: false, damage: 0 };
}

/** All that is known. */
export class Ledger {
  readonly models: ReadonlyMap<string, ModelDefinition>;
  /** That of any of them that has one. */
  readonly mode: Mode | undefined;
  /** Events of this device that the server's feed has not brought; of types that this version has no model of, too. */
  readonly unsynced = new Outbox();
  /** Own events that did something when they were recorded and do nothing where they now stand. */
  readonly overtaken = new Map<string, EventEnvelope>();
  /** Those of them that the user knows of. */
  readonly dismissed = new Set<string>();
  cursor: Cursor | null = null;
  /** What the user sees, of models that hide something. */
  readonly rights: Rights = { owner: null };
  /** What to add to this device's clock to get the server's. */
  offset = 0;
  /** Something is held that this version of the client cannot read. */
  foreign = false;
  /** Entities that may need the server's snapshot. */
  readonly needy = new Set<Log>();
  /** Entities of which no page says what they hold. */
  readonly dirty = new Set<Log>();
  readonly #logs = new Map<string, Map<string, Log>>();

  constructor(models: readonly ModelDefinition[]) {
    this.models = new Map(models.map((model) => [model.entity, model]));
    this.mode = models.find(({ mode }) => mode)?.mode;
    for (const { entity } of models) this.#logs.set(entity, new Map());
  }

  /** Events of this device that the server has not accepted, in the order of their recording. */
  get outbox(): ReadonlyMap<string, LogEntry> {
    return this.unsynced.waiting;
  }

  /** Those of the outbox that are rejected or blocked. */
  get refused(): ReadonlyMap<string, LogEntry> {
    return this.unsynced.refused;
  }

  /** The entities of a type; none for a type that this client has no model of. */
  logs(entityType: string): ReadonlyMap<string, Log> {
    return this.#logs.get(entityType) ?? new Map();
  }

  /** All entities. */
  *all(): Iterable<Log> {
    for (const logs of this.#logs.values()) yield* logs.values();
  }

  /** An entity, if anything is known of it. */
  log(entityType: string, id: string): Log | undefined {
    return this.#logs.get(entityType)?.get(id);
  }

  /** An entity, made where it is not there. Null without a model. */
  ensure(entityType: string, id: string): Log | null {
    const model = this.models.get(entityType);
    const logs = this.#logs.get(entityType);
    if (model === undefined || logs === undefined) return null;
    const known = logs.get(id);
    if (known !== undefined) return known;
    const made = model.mode?.log(model, id, this) ?? new EntityLog(model, id, this.rights);
    logs.set(id, made);
    return made;
  }

  /** An unsynced event by its id. */
  entry(id: string): LogEntry | undefined {
    return this.unsynced.byId.get(id);
  }

  /** Applies one entry. `saved`: it comes from the disk. */
  apply(entry: JournalEntry, saved: boolean, changes: Changes): void {
    switch (entry.kind) {
      case 'new':
        return this.#new(entry, saved, changes);
      case 'sent':
        for (const id of entry.ids)
          this.#with(id, (known) => {
            known.sent = true;
            const log = this.log(known.event.entity_type, known.event.entity_id);
            if (log !== undefined) changes.logs.add(log);
          });
        return;
      case 'accepted':
        for (const id of entry.ids) this.#with(id, (known) => this.#accepted(known, entry.head, changes));
        return;
      case 'rejected':
        return this.#rejected(entry, changes);
      case 'discarded':
        for (const id of entry.ids) this.#discard(id, changes);
        return;
      case 'overtaken':
        for (const event of entry.events) this.overtaken.set(event.id, event);
        return;
      case 'moved':
        return this.#moved(entry, changes);
      case 'feed':
        return this.#feed(entry, changes);
      case 'pack':
        return this.#pack(entry, changes);
      case 'base':
        return this.#base(entry, changes);
      case 'rights':
        return this.#know(entry.owner, changes);
      case 'reset':
        return this.#reset(entry, changes);
      case 'cursor':
        this.cursor = entry.cursor;
        return;
      case 'clock':
        this.offset = entry.offset;
        changes.moved = true;
        return;
      case 'mode':
        return this.mode?.apply(this, entry, changes);
      default:
        return entry satisfies never;
    }
  }

  /** Takes an event that could not be saved out again. */
  undo(id: string, changes: Changes): void {
    this.#with(id, (known) => {
      this.#logOf(known, changes)?.remove(known);
      this.unsynced.drop(known);
    });
  }

  /** Looks at an entity; what it turns out to need is noted. */
  look(log: Log): ReturnType<Log['state']> {
    const state = log.state();
    if (log.ask) this.needy.add(log);
    return state;
  }

  /** The rejected `create` of an entity. */
  rejectedCreate(entityType: string, entityId: string): LogEntry | undefined {
    for (const known of this.refused.values()) {
      const { event, status } = known;
      if (status === 'rejected' && event.entity_id === entityId && event.entity_type === entityType) {
        if (this.#isCreate(event)) return known;
      }
    }
    return undefined;
  }

  #new(entry: EntryOf<'new'>, saved: boolean, changes: Changes): void {
    const { event } = entry;
    const known = this.entry(event.id);
    if (known !== undefined) {
      known.saved ||= saved;
      return;
    }
    const status = entry.status ?? 'pending';
    const made = entryOf(this.models.get(event.entity_type), event, status, { did: entry.did }, !saved);
    made.saved = saved;
    made.sent = entry.sent ?? false;
    made.offset = entry.offset ?? this.offset;
    made.head = entry.head ?? null;
    if (!made.readable) this.foreign = true;
    this.#saw(event.timestamp, changes);
    const log = this.#logOf(made, changes);
    if (log?.has(event)) return; // the feed was faster
    this.unsynced.stand(made, status, entry.rejection);
    if (status === 'pending' && !this.#isCreate(event) && log !== null && log.state() === absent) {
      // Another tab recorded it on an entity whose `create` was rejected meanwhile.
      const create = this.rejectedCreate(event.entity_type, event.entity_id);
      if (create !== undefined) this.#block(made, create);
    }
    if (made.rejection === null) log?.insert(made);
  }

  #accepted(known: LogEntry, head: number, changes: Changes): void {
    if (known.status === 'accepted' || known.status === 'synced') return;
    const log = this.#logOf(known, changes);
    if (known.status !== 'pending') log?.insert(known);
    this.unsynced.stand(known, 'accepted');
    known.head = head;
    this.#unblock(known, changes);
    // Sent before by someone whose answer was lost, it may be in the snapshot already.
    if (log?.covers(known.event)) this.#doubt(log);
  }

  #rejected(entry: EntryOf<'rejected'>, changes: Changes): void {
    const known = this.entry(entry.id);
    if (known?.status !== 'pending' && known?.status !== 'blocked') return;
    const { event } = known;
    const log = this.#logOf(known, changes);
    log?.remove(known);
    this.unsynced.stand(known, 'rejected', { code: entry.code, reason: entry.reason, at: entry.at });
    if (this.#isCreate(event)) {
      for (const other of [...(log?.entries ?? []), ...this.refused.values()]) {
        const same = other.event.entity_id === event.entity_id && other.event.entity_type === event.entity_type;
        const refusedForIt = other.status === 'rejected' && other.rejection?.code === 'entity_not_found';
        if (other === known || !same || (other.status !== 'pending' && !refusedForIt)) continue;
        this.#logOf(other, changes)?.remove(other);
        this.#block(other, known);
      }
    } else if (entry.code === 'entity_not_found') {
      const create = this.rejectedCreate(event.entity_type, event.entity_id);
      if (create !== undefined) this.#block(known, create);
    }
  }

  #block(known: LogEntry, create: LogEntry): void {
    const rejection: Rejection = {
      code: 'entity_not_found',
      reason: '',
      at: 0,
      ...create.rejection,
      under: create.event.id,
    };
    this.unsynced.stand(known, 'blocked', rejection);
  }

  /** The `create` is accepted after all: what waited under it goes on. */
  #unblock(create: LogEntry, changes: Changes): void {
    for (const blocked of this.unsynced.blockedUnder(create.event.id)) {
      this.unsynced.stand(blocked, 'pending');
      this.#logOf(blocked, changes)?.insert(blocked);
    }
  }

  #discard(id: string, changes: Changes): void {
    const known = this.entry(id);
    if (known === undefined || known.rejection === null) {
      // Overtaken, and the user knows: nothing of it is missed any more.
      this.overtaken.delete(id);
      this.dismissed.add(id);
      return;
    }
    this.#logOf(known, changes);
    this.unsynced.drop(known);
  }

  #moved(entry: EntryOf<'moved'>, changes: Changes): void {
    changes.moved = true;
    for (const [id, timestamp] of entry.stamps) {
      this.#with(id, (known) => {
        if (known.status !== 'pending' && !(entry.retry && known.rejection)) return;
        const log = this.#logOf(known, changes);
        log?.remove(known);
        this.unsynced.move(known, timestamp);
        known.offset = this.offset;
        log?.insert(known);
      });
    }
  }

  #feed(entry: EntryOf<'feed'>, changes: Changes): void {
    const { event } = entry;
    const known = this.entry(event.id);
    const log = this.ensure(event.entity_type, event.entity_id);
    if (log === null) {
      if (known !== undefined) this.unsynced.drop(known);
      return;
    }
    if (known === undefined && log.holds(event.seq)) return;
    const made = fedEntryOf(log.model, event, known?.own ?? entry.own ?? null);
    if (!made.readable) this.foreign = true;
    const outcome = log.receive(made, known);
    if (known === undefined && outcome === 'held') return;
    this.#touch(log, changes);
    if (outcome === 'stale') this.needy.add(log);
    if (outcome === 'inserted') {
      this.#saw(event.timestamp, changes);
      if (made.own !== null) changes.entries.add(made);
    }
    if (known === undefined) return;
    this.unsynced.drop(known);
    known.status = 'synced'; // for whoever holds it: it is accepted
    known.applied = true;
    if (outcome !== 'inserted') changes.entries.add(known);
    this.#unblock(known, changes);
  }

  /** What follows on what is held of an entity stays text; the rest comes as it would by itself. */
  #pack({ type, text }: EntryOf<'pack'>, changes: Changes): void {
    const parts = decodePage(text, this.models.get(type)?.print ?? '', PACK_END);
    if (parts === null) changes.damage += 1;
    // Of what else is unsynced an entity has something at hand.
    const refused = new Set([...this.refused.values()].map(({ event }) => event.entity_id));
    for (const [id, part, from = 0, after = 0] of parts ?? []) {
      const log = this.ensure(type, id);
      if (!refused.has(id) && log instanceof EntityLog && log.extend(part, from, after)) {
        this.#touch(log, changes);
        this.#saw(part.newest ?? '', changes);
        continue;
      }
      const feed = decodeFeed(part.tail);
      for (const event of feed ?? []) this.#feed({ kind: 'feed', event }, changes);
      if (feed === null && log !== null) this.#doubt(log);
    }
  }

  /** What is held of it may be wrong: the server is asked. */
  #doubt(log: Log): void {
    log.ask = true;
    this.needy.add(log);
  }

  #base(entry: EntryOf<'base'>, changes: Changes): void {
    const { snapshot, head } = entry;
    const log = this.ensure(snapshot.entity_type, snapshot.entity_id);
    if (log === null) return;
    this.#know(ownerIn(snapshot.state, log.model) ?? this.rights.owner, changes);
    this.#forget(log.rebase(snapshot, head));
    this.foreign ||= log.foreign;
    if (!log.needsServer) this.needy.delete(log);
    this.#touch(log, changes);
    this.#saw(snapshot.last_hlc, changes);
  }

  #reset(entry: EntryOf<'reset'>, changes: Changes): void {
    this.#know(null, changes);
    for (const type of entry.types) {
      for (const log of this.logs(type).values()) {
        this.#forget(log.reset());
        this.needy.delete(log);
        this.#touch(log, changes);
      }
    }
  }

  #know(owner: boolean | null, changes: Changes): void {
    if (owner === this.rights.owner) return;
    this.rights.owner = owner;
    for (const log of this.all()) {
      if (!(log instanceof EntityLog) || log.model.hidden === undefined) continue;
      log.refold();
      changes.logs.add(log);
    }
  }

  /** The server's answer stands for these events. */
  #forget(gone: readonly LogEntry[]): void {
    for (const entry of gone) if (entry.status === 'accepted') this.unsynced.drop(entry);
  }

  #touch(log: Log, changes: Changes): void {
    changes.logs.add(log);
    this.dirty.add(log);
  }

  #saw(stamp: string, changes: Changes): void {
    if (changes.newest === null || stamp > changes.newest) changes.newest = stamp;
  }

  #with(id: string, action: (known: LogEntry) => void): void {
    const known = this.entry(id);
    if (known !== undefined) action(known);
  }

  #logOf(known: LogEntry, changes: Changes): Log | null {
    const log = this.ensure(known.event.entity_type, known.event.entity_id);
    if (log !== null) this.#touch(log, changes);
    if (known.own !== null) changes.entries.add(known);
    return log;
  }

  #isCreate(event: EventEnvelope): boolean {
    return this.models.get(event.entity_type)?.events[event.event_type]?.effect === 'create';
  }
}
