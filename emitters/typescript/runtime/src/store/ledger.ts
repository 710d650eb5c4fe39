/**
 * What the journal's entries mean, in memory: entities, outbox and cursor. No I/O and no clock.
 *
 * Every tab applies the same entries and comes to the same ledger; so does a restart, from the disk.
 */
import { absent, type EventEnvelope, type ModelDefinition } from '../model.js';
import type { Cursor, JournalEntry, Rejection } from './db.js';
import { EntityLog, type EntryStatus, type LogEntry } from './entityLog.js';

type EntryOf<Kind extends JournalEntry['kind']> = Extract<JournalEntry, { readonly kind: Kind }>;

/** What one application of entries touched. */
export interface Changes {
  readonly logs: Set<EntityLog>;
  /** Events of this device whose way to the server went on. */
  readonly entries: Set<LogEntry>;
  /** The newest stamp that came in. */
  newest: string | null;
  /** Stamps were moved: clocks follow. */
  moved: boolean;
}

/** Nothing touched yet. */
export function noChanges(): Changes {
  return { logs: new Set(), entries: new Set(), newest: null, moved: false };
}

/** All that is known. */
export class Ledger {
  readonly models: ReadonlyMap<string, ModelDefinition>;
  /** Events of this device that the server has not accepted, in the order of their recording. */
  readonly outbox = new Map<string, LogEntry>();
  /** Those of the outbox that are rejected or blocked. */
  readonly refused = new Map<string, LogEntry>();
  cursor: Cursor | null = null;
  /** What to add to this device's clock to get the server's. */
  offset = 0;
  /** Unsynced events of entity types that this version has no model of: kept for one that has. */
  readonly orphans: JournalEntry[] = [];
  /** Something is held that this version of the client cannot read. */
  foreign = false;
  /** Entities that may need the server's snapshot. */
  readonly needy = new Set<EntityLog>();
  readonly #logs = new Map<string, Map<string, EntityLog>>();
  readonly #byId = new Map<string, LogEntry>();

  constructor(models: readonly ModelDefinition[]) {
    this.models = new Map(models.map((model) => [model.entity, model]));
    for (const { entity } of models) this.#logs.set(entity, new Map());
  }

  /** The entities of a type; none for a type that this client has no model of. */
  logs(entityType: string): ReadonlyMap<string, EntityLog> {
    return this.#logs.get(entityType) ?? new Map();
  }

  /** All entities. */
  *all(): Iterable<EntityLog> {
    for (const logs of this.#logs.values()) yield* logs.values();
  }

  /** An entity, if anything is known of it. */
  log(entityType: string, id: string): EntityLog | undefined {
    return this.#logs.get(entityType)?.get(id);
  }

  /** An entity, made where it is not there. Null without a model. */
  ensure(entityType: string, id: string): EntityLog | null {
    const model = this.models.get(entityType);
    const logs = this.#logs.get(entityType);
    if (model === undefined || logs === undefined) return null;
    const known = logs.get(id);
    if (known !== undefined) return known;
    const made = new EntityLog(model, id);
    logs.set(id, made);
    return made;
  }

  /** An event by its id. */
  entry(id: string): LogEntry | undefined {
    return this.#byId.get(id);
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
            this.#logOf(known, changes);
          });
        return;
      case 'accepted':
        for (const id of entry.ids) this.#with(id, (known) => this.#accepted(known, entry.head, changes));
        return;
      case 'rejected':
        return this.#rejected(entry, changes);
      case 'discarded':
        for (const id of entry.ids) this.#with(id, (known) => this.#discard(known, changes));
        return;
      case 'moved':
        return this.#moved(entry, changes);
      case 'feed':
        return this.#feed(entry, changes);
      case 'base':
        return this.#base(entry, changes);
      case 'reset':
        return this.#reset(entry, changes);
      case 'cursor':
        this.cursor = entry.cursor;
        return;
      case 'clock':
        this.offset = entry.offset;
        changes.moved = true;
        return;
      default:
        return entry satisfies never;
    }
  }

  /** Takes an event that could not be saved out again. */
  undo(id: string, changes: Changes): void {
    this.#with(id, (known) => {
      this.#logOf(known, changes)?.remove(known);
      this.#drop(known);
    });
  }

  /** Forgets events that a snapshot now stands for. */
  forget(gone: readonly LogEntry[]): void {
    for (const { event } of gone) this.#byId.delete(event.id);
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

  /** The events blocked under a rejected `create`. */
  blockedUnder(id: string): LogEntry[] {
    return [...this.refused.values()].filter(({ rejection }) => rejection?.under === id);
  }

  #new(entry: EntryOf<'new'>, saved: boolean, changes: Changes): void {
    const known = this.#byId.get(entry.event.id);
    if (known !== undefined) {
      known.saved ||= saved;
      return;
    }
    if (!this.models.has(entry.event.entity_type)) {
      this.orphans.push(entry);
      this.foreign = true;
      return;
    }
    const made = this.#entry(entry.event, entry.status ?? 'pending', saved, { did: entry.did });
    made.head = entry.head ?? null;
    made.sent = entry.sent ?? false;
    made.offset = entry.offset ?? this.offset;
    made.rejection = entry.rejection ?? null;
    const log = this.#add(made, changes);
    if (log === null) return;
    const { event } = made;
    if (made.status === 'pending' && !this.#isCreate(event) && log.state() === absent) {
      // Another tab recorded it on an entity whose `create` was rejected meanwhile.
      const create = this.rejectedCreate(event.entity_type, event.entity_id);
      if (create !== undefined) this.#block(made, create);
    }
    this.#stand(made, made.status, made.rejection);
    if (made.status === 'pending' || made.status === 'accepted') log.insert(made);
  }

  #accepted(known: LogEntry, head: number, changes: Changes): void {
    if (known.status === 'accepted' || known.status === 'synced') return;
    const log = this.#logOf(known, changes);
    if (known.status !== 'pending') log?.insert(known);
    this.#stand(known, 'accepted');
    known.head = head;
    this.#unblock(known, changes);
    // Sent before by someone whose answer was lost, it may be in the snapshot already.
    if (log?.covers(known.event)) {
      log.ask = true;
      this.needy.add(log);
    }
  }

  #rejected(entry: EntryOf<'rejected'>, changes: Changes): void {
    const known = this.#byId.get(entry.id);
    if (known?.status !== 'pending' && known?.status !== 'blocked') return;
    const { event } = known;
    const log = this.#logOf(known, changes);
    log?.remove(known);
    this.#stand(known, 'rejected', { code: entry.code, reason: entry.reason, at: entry.at });
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
      code: create.rejection?.code ?? 'entity_not_found',
      reason: create.rejection?.reason ?? '',
      at: create.rejection?.at ?? 0,
      under: create.event.id,
    };
    this.#stand(known, 'blocked', rejection);
  }

  /** The `create` is accepted after all: what waited under it goes on. */
  #unblock(create: LogEntry, changes: Changes): void {
    for (const blocked of this.blockedUnder(create.event.id)) {
      this.#stand(blocked, 'pending');
      this.#logOf(blocked, changes)?.insert(blocked);
    }
  }

  #discard(known: LogEntry, changes: Changes): void {
    this.#logOf(known, changes);
    if (known.rejection !== null) this.#drop(known);
    else if (known.own !== null) known.own = { did: false }; // nothing of it is missed
  }

  #moved(entry: EntryOf<'moved'>, changes: Changes): void {
    changes.moved = true;
    for (const [id, timestamp] of entry.stamps) {
      this.#with(id, (known) => {
        const refused = known.status === 'rejected' || known.status === 'blocked';
        if (known.status !== 'pending' && !(entry.retry && refused)) return;
        const log = this.#logOf(known, changes);
        log?.remove(known);
        known.event = { ...known.event, timestamp };
        if (known.recorded !== null) known.recorded = { ...known.recorded, timestamp };
        this.#stand(known, 'pending');
        known.sent = false;
        known.offset = this.offset;
        log?.insert(known);
      });
    }
  }

  #feed(entry: EntryOf<'feed'>, changes: Changes): void {
    const { event } = entry;
    const known = this.#byId.get(event.id);
    if (known?.status === 'synced') return;
    const log = this.ensure(event.entity_type, event.entity_id);
    if (known === undefined && log?.holds(event.seq)) return;
    const made = this.#entry(event, 'synced', true, known?.own ?? entry.own ?? null);
    made.seq = event.seq;
    made.sent = true;
    const outcome = log?.receive(made, known);
    if (known !== undefined) {
      this.#logOf(known, changes);
      this.#drop(known);
      known.status = 'synced'; // for whoever holds it: it is accepted
      this.#unblock(known, changes);
    }
    if (outcome === 'held') return;
    if (log !== null && outcome === 'stale') this.needy.add(log);
    this.#add(made, changes);
  }

  #base(entry: EntryOf<'base'>, changes: Changes): void {
    const { snapshot, head } = entry;
    const log = this.ensure(snapshot.entity_type, snapshot.entity_id);
    if (log === null) return;
    changes.logs.add(log);
    this.forget(log.rebase(snapshot, head));
    this.foreign ||= log.foreign;
    if (!log.needsServer) this.needy.delete(log);
    this.#saw(snapshot.last_hlc, changes);
  }

  #reset(entry: EntryOf<'reset'>, changes: Changes): void {
    for (const type of entry.types) {
      for (const log of this.logs(type).values()) {
        this.forget(log.reset());
        this.needy.delete(log);
        changes.logs.add(log);
      }
    }
  }

  #add(made: LogEntry, changes: Changes): EntityLog | null {
    const log = this.#logOf(made, changes);
    if (log !== null) this.#byId.set(made.event.id, made);
    this.#saw(made.event.timestamp, changes);
    return log;
  }

  /** Where an event now stands: outbox and refused follow. */
  #stand(known: LogEntry, status: EntryStatus, rejection: Rejection | null = null): void {
    known.status = status;
    known.rejection = rejection;
    if (status === 'accepted') this.outbox.delete(known.event.id);
    else this.outbox.set(known.event.id, known);
    if (rejection === null) this.refused.delete(known.event.id);
    else this.refused.set(known.event.id, known);
  }

  #drop({ event }: LogEntry): void {
    this.outbox.delete(event.id);
    this.refused.delete(event.id);
    this.#byId.delete(event.id);
  }

  #saw(stamp: string, changes: Changes): void {
    if (changes.newest === null || stamp > changes.newest) changes.newest = stamp;
  }

  #with(id: string, action: (known: LogEntry) => void): void {
    const known = this.#byId.get(id);
    if (known !== undefined) action(known);
  }

  #logOf(known: LogEntry, changes: Changes): EntityLog | null {
    const log = this.ensure(known.event.entity_type, known.event.entity_id);
    if (log !== null) changes.logs.add(log);
    if (known.own !== null) changes.entries.add(known);
    return log;
  }

  #isCreate(event: EventEnvelope): boolean {
    return this.models.get(event.entity_type)?.events[event.event_type]?.effect === 'create';
  }

  /** An event as the reducers take it; what this version of the client cannot read is kept as it is. */
  #entry(event: EventEnvelope, status: EntryStatus, saved: boolean, own: LogEntry['own']): LogEntry {
    const { schema_version: version, event_type: type } = event;
    const model = this.models.get(event.entity_type);
    const definition = model?.events[type];
    const older = model !== undefined && version < model.version;
    let payload = event.payload;
    let readable = false;
    try {
      if (definition !== undefined && model !== undefined && version <= model.version) {
        const lifted = older && model.lift !== undefined ? model.lift(payload, version, type) : payload;
        payload = (definition.read ?? definition.parse)(lifted);
        readable = true;
      }
    } catch {
      // Kept as what is newer is.
    }
    if (!readable) this.foreign = true;
    return {
      event: envelopeOf(event, payload),
      recorded: readable && older ? envelopeOf(event, event.payload) : null,
      status,
      seq: null,
      head: null,
      saved,
      sent: false,
      offset: this.offset,
      own,
      readable,
      applied: false,
      rejection: null,
    };
  }
}

/** Exactly the keys of the contract. */
function envelopeOf(event: EventEnvelope, payload: unknown): EventEnvelope {
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
