/** The entities of one model, as an application reads and changes them. */
import { compareCodePoints, equal } from '../materializers/utils.js';
import {
  absent,
  deleted,
  type EntityState,
  type EventEnvelope,
  type ModelDefinition,
  type PayloadOf,
} from '../model.js';
import type { EventStore } from '../store/eventStore.js';
import type { EntryStatus } from '../store/logEntry.js';
import { placeIn } from '../store/sorted.js';
import type { HistoryPage } from './http.js';

/** A field to sort by; with a minus sign, downwards. */
export type OrderBy<State> = (keyof State & string) | `-${keyof State & string}`;

/** Which entities, in which order, how many. */
export interface ListQuery<State> {
  /** Equality by field. */
  readonly where?: Partial<State>;
  /** By id unless set. */
  readonly orderBy?: OrderBy<State>;
  /** How many of the first are left out. */
  readonly offset?: number;
  readonly limit?: number;
}

/** An event in the log of an entity. */
export interface HistoryEntry<Event extends EventEnvelope = EventEnvelope> {
  readonly event: Event;
  /** Whether it does something, where it stands. */
  readonly applied: boolean;
  readonly status: EntryStatus | 'sending';
}

/**
 * A change that was made. It is folded and shown already; its promises say how safe it is. Awaiting it means `saved`.
 */
export interface Mutation extends PromiseLike<void> {
  readonly eventId: string;
  readonly entityId: string;
  /** It survives a crash of the program. Rejects if it could not be written: then it has left the fold. */
  readonly saved: Promise<void>;
  /** The server has it. Rejects with `EventRejected` where the server refuses it. */
  readonly synced: Promise<void>;
  /** Resolves once it survives power loss, where the store can promise that. */
  flush(): Promise<void>;
}

/** What a collection needs of its client. */
export interface CollectionHost {
  /** What is read. */
  readonly store: EventStore;
  record(model: ModelDefinition, eventType: string, id: string, payload: unknown): Mutation;
  entries(entityType: string, id: string): readonly HistoryEntry[];
  fetchHistory(entityType: string, id: string, query: HistoryQuery): Promise<HistoryPage>;
}

/** Which part of an audit trail. */
export interface HistoryQuery {
  readonly limit?: number;
  readonly before?: string | null;
}

/** A list that is kept up to date: a change costs the place of one entity in it. */
interface Projection<State> {
  readonly matches: (state: State) => boolean;
  readonly compare: (a: State, b: State) => number;
  version: number;
  /** All that match, in order. */
  all: State[];
  /** The same by id. */
  byId: Map<string, State>;
  /** What was asked for of them, by where it begins and how many it is. */
  readonly pages: Map<string, Page<State>>;
}

/** Some of a list. */
interface Page<State> {
  readonly states: readonly State[];
  readonly version: number;
}

/** A list that is read less often than so many others is made anew; so is a page of it. */
const KEPT = 64;

/** The entities of one model. All reading is from memory. */
export class Collection<State extends EntityState, Event extends EventEnvelope> {
  readonly model: ModelDefinition<State, Event>;
  readonly #host: CollectionHost;
  readonly #lists = new Map<string, Projection<State>>();

  constructor(model: ModelDefinition<State, Event>, host: CollectionHost) {
    this.model = model;
    this.#host = host;
  }

  /** An entity; undefined where there is none, or no longer. */
  get(id: string): State | undefined {
    const state = this.#host.store.state(this.model.entity, id);
    return state === absent || state === deleted ? undefined : this.#own(state);
  }

  /** Entities by query: the same array for as long as it would hold the same. */
  list(query: ListQuery<State> = {}): readonly State[] {
    const { where, orderBy, offset = 0, limit } = query;
    // All pages are cut from one list: to turn a page reads no entity.
    const key = JSON.stringify([where, orderBy], (_key, value: unknown) =>
      typeof value === 'bigint' ? `${value}n` : value,
    );
    const made = this.#lists.get(key) ?? projectionOf(query);
    const version = this.#host.store.version(this.model.entity);
    const place = `${offset}/${limit}`;
    const shown = made.pages.get(place);
    if (shown?.version === version) return shown.states;
    if (made.version !== version) this.#follow(made);
    made.version = version;
    keep(this.#lists, key, made);
    const found = made.all.slice(offset, limit === undefined ? undefined : offset + limit);
    const same = shown?.states.length === found.length && found.every((state, at) => state === shown.states[at]);
    const states = same ? shown.states : found;
    keep(made.pages, place, { states, version });
    return states;
  }

  /** Listens to one entity, or with null to all. Returns what ends it. */
  subscribe(id: string | null, listener: () => void): () => void {
    return this.#host.store.watch(this.model.entity, id, listener);
  }

  /** Listens to the events of one entity: new ones, and how those that are there get on. Returns what ends it. */
  subscribeHistory(id: string, listener: () => void): () => void {
    return this.#host.store.watchEvents(this.model.entity, id, listener);
  }

  /**
   * Makes a change: checks it, stamps it and folds it in before it returns.
   *
   * @throws `InvalidPayload` and `RefusedLocally`; nothing was recorded then.
   */
  record<Type extends Event['event_type']>(eventType: Type, id: string, payload: PayloadOf<Event, Type>): Mutation {
    return this.#host.record(this.model, eventType, id, payload);
  }

  /** The events of an entity that this device holds, in order, unsynced ones included. */
  history(id: string): readonly HistoryEntry[] {
    return this.#host.entries(this.model.entity, id);
  }

  /** The server's audit trail of an entity: the last events, oldest first. */
  fetchHistory(id: string, query: HistoryQuery = {}): Promise<HistoryPage> {
    return this.#host.fetchHistory(this.model.entity, id, query);
  }

  /** The store hands a model's states back as it made them. */
  #own(state: EntityState): State {
    return state as State; // only this model's own reduce and parseState make them
  }

  /** Brings a list up to date. */
  #follow(made: Projection<State>): void {
    const { all, byId, matches, compare } = made;
    const changed = this.#host.store.changedSince(this.model.entity, made.version);
    if (changed === null) {
      made.all = [];
      for (const state of this.#host.store.states(this.model.entity)) {
        if (matches(this.#own(state))) made.all.push(this.#own(state));
      }
      made.all.sort(compare);
      made.byId = new Map(made.all.map((state) => [state.id, state]));
      return;
    }
    for (const id of new Set(changed)) {
      const old = byId.get(id);
      const now = this.get(id);
      if (old !== undefined) all.splice(placeIn(all, old, compare), 1);
      byId.delete(id);
      if (now === undefined || !matches(now)) continue;
      all.splice(placeIn(all, now, compare), 0, now);
      byId.set(id, now);
    }
  }
}

function projectionOf<State extends EntityState>({ where, orderBy }: ListQuery<State>): Projection<State> {
  const wanted = Object.entries(where ?? {}).filter(([, value]) => value !== undefined);
  const down = orderBy?.startsWith('-') === true;
  const field = down ? orderBy.slice(1) : (orderBy ?? 'id');
  return {
    matches: (state) => wanted.every(([key, value]) => equal(fieldOf(state, key), value)),
    compare: (a, b) => {
      const order = compareValues(fieldOf(a, field), fieldOf(b, field));
      return (down ? -order : order) || compareCodePoints(a.id, b.id);
    },
    version: -1,
    all: [],
    byId: new Map(),
    pages: new Map(),
  };
}

/** The latest of so many. */
function keep<T>(all: Map<string, T>, key: string, one: T): void {
  all.delete(key);
  all.set(key, one);
  const oldest = all.keys().next();
  if (all.size > KEPT && oldest.done !== true) all.delete(oldest.value);
}

function fieldOf(state: EntityState, name: string): unknown {
  return (state as unknown as Readonly<Record<string, unknown>>)[name]; // a query names fields by strings of its own type
}

/** Order of field values; what is missing comes last. */
function compareValues(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (a === null || a === undefined) return 1;
  if (b === null || b === undefined) return -1;
  if (typeof a === 'string' && typeof b === 'string') return compareCodePoints(a, b);
  return a < b ? -1 : a > b ? 1 : 0;
}
