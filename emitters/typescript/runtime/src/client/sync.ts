/** A client: one user of one tenant. What it holds and what is changed on it; `session.ts` is about everybody else. */
import { EventRejected, StoreError, SyncError } from '../errors.js';
import type { EntityState, EventEnvelope, ModelDefinition } from '../model.js';
import { indexedDbStore } from '../store/adapters/indexeddb.js';
import { nowhere } from '../store/adapters/nowhere.js';
import { STORE_FORMAT } from '../store/codec.js';
import type { StoreFactory } from '../store/db.js';
import { EventStore } from '../store/eventStore.js';
import { type LogEntry, statusOf } from '../store/logEntry.js';
import { backoffMs, type Deferred, Listeners, platformTimers, type Timers } from '../store/timing.js';
import { Change } from './change.js';
import { Collection, type HistoryEntry, type Mutation } from './collection.js';
import type { SyncClientConfig } from './config.js';
import type { HttpClient } from './http.js';
import { loadSession } from './loadSession.js';
import type { Session } from './session.js';
import { isOnline, type Problem, problemOf, StatusStore } from './status.js';

/** How far a client has come. */
export type SyncPhase =
  | 'new'
  /** The store is being read. */
  | 'opening'
  /** The store is read, and holds nothing of the server yet: that is under way. */
  | 'fetching'
  /** The same, but the server cannot be reached. */
  | 'local'
  /** The store holds what the server had at some time. */
  | 'synced'
  | 'closed';

/** Until another attempt to load the session, at most. */
const MAX_LOAD_DELAY_MS = 30_000;

/** What the panel of `devtools/` looks at. Nothing is promised of it to anybody else. */
export interface ClientInternals {
  /** The store's: the server, the tenant and the user are in it. */
  readonly name: string;
  readonly store: EventStore;
  /** Has this tab do without a network. */
  readonly unplug: (unplugged: boolean) => void;
}

/** Makes a client. Nothing happens before {@link SyncClient.start}. */
export function createSyncClient(config: SyncClientConfig): SyncClient {
  return new SyncClient(config);
}

/** One user of one tenant. */
export class SyncClient {
  /** How sync stands, as an external store. */
  readonly status: StatusStore;
  readonly #config: SyncClientConfig;
  readonly #name: string;
  readonly #timers: Timers;
  readonly #store: EventStore;
  readonly #shared: boolean;
  readonly #collections = new Map<string, unknown>();
  readonly #waiting = new Map<string, Deferred>();
  readonly #phaseListeners = new Listeners<[]>();
  readonly #life = new AbortController();
  #phase: SyncPhase = 'new';
  #starting: Promise<void> | null = null;
  #closing: Promise<void> | null = null;
  #loading: Promise<Session> | null = null;
  #loadFailed: unknown;
  #session: Session | null = null;
  /** What is to be told to the session as soon as it is there. */
  #untold: ((session: Session) => void)[] = [];
  /** The store is this tab's own. */
  #alone = false;
  #writeProblem: Problem | null = null;

  constructor(config: SyncClientConfig) {
    this.#config = config;
    this.#timers = { ...platformTimers, ...config.timers };
    this.#name = storeName(config);
    const adapter = factoryOf(config.adapter)(this.#name);
    this.#shared = adapter.shared;
    this.#store = new EventStore({
      models: Object.values(config.models),
      adapter,
      timers: this.#timers,
      share: (key, text) => this.#session?.share(key, text),
      onHealth: (error) => this.#onStorage(error),
    });
    this.status = new StatusStore(this.#store);
    this.#store.onEntry.add((entry) => this.#settle(entry));
    this.#store.onLost.add((id, error) => this.#waiting.get(id)?.reject(error));
    this.#store.onChange.add(() => {
      const waits = this.#phase === 'local' || this.#phase === 'fetching';
      if (waits && this.#store.ledger.cursor !== null) this.#setPhase('synced');
    });
    adapter.onLost((error) => this.#goOnInMemory(error));
  }

  /** Reads the store and begins to sync; resolves once the store is read. A second call does nothing. */
  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  /** Writes what is not written and stops. A closed client stays closed. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Ends this user's session on the device; his data stays in his store, unsynced changes too. */
  signOut(): Promise<void> {
    return this.close();
  }

  /** The entities of a model. */
  collection<State extends EntityState, Event extends EventEnvelope>(
    model: ModelDefinition<State, Event>,
  ): Collection<State, Event> {
    const known = this.#collections.get(model.entity);
    // Kept by the model's own name, and made from a model of that type below.
    if (known instanceof Collection && known.model === model) return known as Collection<State, Event>;
    const made = new Collection(model, {
      store: this.#store,
      record: (own, type, id, payload) => this.#record(own, type, id, payload),
      entries: (type, id) => this.#entries(type, id),
      fetchHistory: async (type, id, query) => (await this.http()).history(type, id, query, this.#life.signal),
    });
    this.#collections.set(model.entity, made);
    return made;
  }

  /** Tries a rejected event again; a `create` with all that is blocked under it. */
  async retry(eventId: string): Promise<void> {
    return (await this.#load()).retry(eventId);
  }

  /** Drops a rejected event; a `create` with all that is blocked under it. */
  async discard(eventId: string): Promise<void> {
    return (await this.#load()).discard(eventId);
  }

  /** Takes an event from the list of those that were overtaken: the user knows. */
  async dismiss(eventId: string): Promise<void> {
    return (await this.#load()).dismiss(eventId);
  }

  /** Typed requests to the server, for what lies beyond sync. */
  async http(): Promise<HttpClient> {
    return (await this.#load()).http;
  }

  /** For the panel of `devtools/`. */
  get internals(): ClientInternals {
    const unplug = (unplugged: boolean): void => this.#tell((session) => session.unplug(unplugged));
    return { name: this.#name, store: this.#store, unplug };
  }

  /** Goes on with another token, in every tab. */
  setToken(token: string): void {
    this.#tell((session) => session.setToken(token));
  }

  /** Sends and follows now, whatever timers say. */
  syncNow(): void {
    this.#session?.syncNow(); // which it does by itself when it begins
  }

  /** Resolves once nothing of this device waits for the server: accepted or rejected. */
  async settled(): Promise<void> {
    await this.#store.settle();
    if (this.#store.hasSendable()) {
      await new Promise<void>((resolve) => {
        const stop = this.#store.onChange.add(() => {
          if (this.#store.hasSendable()) return;
          stop();
          resolve();
        });
      });
    }
  }

  /** How far the client has come. */
  readonly getPhase = (): SyncPhase => this.#phase;

  readonly subscribePhase = (listener: () => void): (() => void) => this.#phaseListeners.add(listener);

  // --- Life -------------------------------------------------------------------------------------------------------------------

  async #start(): Promise<void> {
    this.#setPhase('opening');
    try {
      await this.#store.open();
    } catch (error) {
      if (this.#config.adapter !== undefined) {
        // The application chose this store: it is told, and may call again.
        this.status.set({ storageProblem: problemOf(error) });
        this.#starting = null;
        this.#setPhase('new');
        throw error;
      }
      this.#goOnInMemory(error);
      await this.#store.open();
    }
    if (this.#life.signal.aborted) return;
    const { damage, ledger } = this.#store;
    if (damage !== null) {
      const message = `${damage.records} records of the local store could not be read; ${damage.kept} unsynced changes were kept, the rest is fetched again`;
      this.status.set({ storageProblem: { code: 'store_corrupt', message } });
    }
    this.status.set({ lastSyncedAt: ledger.cursor?.at ?? null });
    const complete = ledger.cursor !== null || ledger.models.size === 0;
    this.#setPhase(complete ? 'synced' : isOnline() ? 'fetching' : 'local');
    // Whoever waits for the store comes first.
    this.#timers.task(() => void this.#join());
  }

  /** Loads what is about everybody else, and begins with it; tries again for as long as that cannot be had. */
  async #join(): Promise<void> {
    for (let attempt = 0; !this.#life.signal.aborted; attempt++) {
      try {
        const session = await this.#load();
        if (this.#life.signal.aborted) return;
        this.#session = session;
        session.begin(this.#alone);
        for (const tell of this.#untold.splice(0)) tell(session);
        return;
      } catch (error) {
        const { message } = problemOf(error);
        this.status.set({
          serverProblem: { code: 'not_loaded', message: `a part of the client did not load: ${message}` },
        });
        if (this.#phase === 'fetching') this.#setPhase('local');
        await this.#pause(backoffMs(attempt, MAX_LOAD_DELAY_MS, this.#timers.random));
      }
    }
  }

  /** A chunk of its own, which a bundler puts beside the others: a service worker that has those has it, too. */
  #load(): Promise<Session> {
    this.#loading ??= loadSession(this.#loadFailed)
      .then(
        ({ Session }) =>
          new Session({
            config: this.#config,
            name: this.#name,
            shared: this.#shared,
            store: this.#store,
            status: this.status,
            timers: this.#timers,
            onStorage: (error) => this.#onStorage(error),
            onUnreachable: () => {
              if (this.#phase === 'fetching') this.#setPhase('local');
            },
          }),
      )
      .catch((error: unknown) => {
        this.#loading = null; // the next attempt loads anew
        this.#loadFailed = error;
        throw error;
      });
    return this.#loading;
  }

  #tell(what: (session: Session) => void): void {
    if (this.#session === null) this.#untold.push(what);
    else what(this.#session);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#timers.after(ms, resolve);
      this.#life.signal.addEventListener('abort', () => {
        this.#timers.clear(timer);
        resolve();
      });
    });
  }

  async #close(): Promise<void> {
    this.#life.abort();
    this.#session?.end();
    await this.#starting?.catch(() => {});
    await this.#store.close();
    await new Promise<void>((resolve) => this.#timers.task(resolve)); // others hear of the last chunk, each in its own task
    this.#session?.close();
    const closed = new SyncError('closed', 'the client was closed');
    for (const waiting of this.#waiting.values()) waiting.reject(closed);
    this.#waiting.clear();
    this.#setPhase('closed');
  }

  #setPhase(phase: SyncPhase): void {
    if (this.#phase === phase || this.#phase === 'closed') return;
    this.#phase = phase;
    this.#phaseListeners.emit();
  }

  // --- Problems ---------------------------------------------------------------------------------------------------------------

  #onStorage(error: unknown): void {
    const { storageProblem } = this.status.parts;
    if (storageProblem !== null && storageProblem !== this.#writeProblem) return; // that one lasts
    this.#writeProblem = error === null ? null : problemOf(error);
    if (storageProblem !== this.#writeProblem) this.status.set({ storageProblem: this.#writeProblem });
  }

  /** The local store cannot be used: what happens from here on is not saved, and this tab is a device of its own. */
  #goOnInMemory(error: unknown): void {
    if (this.#life.signal.aborted) return;
    const { code, message } = problemOf(error);
    this.#store.abandonDisk();
    this.#alone = true;
    this.#session?.goAlone();
    this.status.set({ storageProblem: { code, message: `${message}; changes are no longer saved on this device` } });
  }

  // --- Changes ----------------------------------------------------------------------------------------------------------------

  #record(model: ModelDefinition, eventType: string, id: string, payload: unknown): Mutation {
    if (this.#phase === 'new' || this.#phase === 'opening') {
      throw new StoreError('not_ready', 'the store is not read yet: await start()');
    }
    if (this.#phase === 'closed') throw new StoreError('closed', 'the client was closed');
    const change = new Change(this.#store.record(model, eventType, id, payload), this.#store);
    this.#waiting.set(change.eventId, change.atServer);
    return change;
  }

  #settle({ event, status, rejection }: LogEntry): void {
    const waiting = this.#waiting.get(event.id);
    if (waiting === undefined || status === 'pending') return;
    this.#waiting.delete(event.id);
    if (status === 'accepted' || status === 'synced') waiting.resolve();
    else waiting.reject(new EventRejected(event.id, rejection?.code ?? 'rejected', rejection?.reason ?? ''));
  }

  #entries(type: string, id: string): readonly HistoryEntry[] {
    return this.#store.history(type, id).map((entry) => ({
      event: entry.event,
      applied: entry.applied,
      status: statusOf(entry),
    }));
  }
}

/** Another tenant, user, server or format is another store. */
function storeName({ baseUrl, tenantId, userId }: SyncClientConfig): string {
  return ['syncable', STORE_FORMAT, baseUrl.replace(/\/+$/, ''), tenantId, userId]
    .map((part) => encodeURIComponent(part))
    .join(':');
}

function factoryOf(adapter: SyncClientConfig['adapter']): StoreFactory {
  switch (adapter) {
    case undefined:
      // A page without IndexedDB is to be told; what is no page, as a server, means memory.
      return typeof indexedDB === 'undefined' && typeof document === 'undefined' ? () => nowhere() : indexedDbStore();
    case 'indexeddb':
      return indexedDbStore();
    case 'memory':
      return () => nowhere();
    default:
      return adapter;
  }
}
