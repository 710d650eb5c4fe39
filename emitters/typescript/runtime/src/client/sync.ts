/** A client: one user of one tenant, wired from store, engine, stream and tabs. */
import { EventRejected, StoreError, SyncError } from '../errors.js';
import type { EntityState, EventEnvelope, ModelDefinition } from '../model.js';
import { indexedDbStore } from '../store/adapters/indexeddb.js';
import { memoryStore } from '../store/adapters/memory.js';
import { STORE_FORMAT } from '../store/codec.js';
import type { StoreFactory } from '../store/db.js';
import { EventStore } from '../store/eventStore.js';
import { type LogEntry, statusOf } from '../store/logEntry.js';
import {
  type ChannelLike,
  type LockManagerLike,
  platformChannel,
  platformLocks,
  type TabMessage,
  Tabs,
} from '../store/tabs.js';
import { type Deferred, defer, Listeners, platformTimers, type Timers } from '../store/timing.js';
import { TokenHolder } from './auth.js';
import { Collection, type CollectionHost, type HistoryEntry, type Mutation } from './collection.js';
import type { SyncClientConfig } from './config.js';
import { HttpClient } from './http.js';
import { Platform } from './platform.js';
import { type Problem, problemOf, type StatusParts, StatusStore } from './status.js';
import { MAX_RETRY_DELAY_MS, Uplink } from './uplink.js';

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

const COMPACT_AFTER_MS = 1000;
const COMPACT_SOON_MS = 100;

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
  /** Typed requests, for what lies beyond sync. */
  readonly http: HttpClient;
  readonly #config: SyncClientConfig;
  readonly #name: string;
  readonly #timers: Timers;
  readonly #store: EventStore;
  readonly #uplink: Uplink;
  #tabs: Tabs;
  readonly #tokens: TokenHolder;
  readonly #platform: Platform;
  readonly #collections = new Map<string, unknown>();
  readonly #waiting = new Map<string, Deferred<void>>();
  readonly #phaseListeners = new Listeners<[]>();
  readonly #life = new AbortController();
  #phase: SyncPhase = 'new';
  #starting: Promise<void> | null = null;
  #closing: Promise<void> | null = null;
  #compactTimer: unknown = null;
  /** For how long that timer was set. */
  #compactWait = Number.POSITIVE_INFINITY;
  #writeProblem: Problem | null = null;

  constructor(config: SyncClientConfig) {
    this.#config = config;
    this.#timers = { ...platformTimers, ...config.timers };
    this.#name = storeName(config);
    const adapter = factoryOf(config.adapter)(this.#name);
    this.#store = new EventStore({
      models: Object.values(config.models),
      adapter,
      timers: this.#timers,
      share: (key, text) => this.#tabs.post({ type: 'chunk', key, text }),
      onHealth: (error) => this.#onStorage(error),
    });
    this.#tokens = new TokenHolder(config.token ?? null, config.onAuthError, this.#timers);
    this.http = new HttpClient({
      baseUrl: config.baseUrl,
      ...(config.eventsEndpoint === undefined ? {} : { eventsEndpoint: config.eventsEndpoint }),
      ...(config.fetch === undefined ? {} : { fetch: config.fetch }),
      token: () => this.#tokens.get(),
      now: this.#timers.now,
      onServerTime: (offset, uncertainty) => this.#uplink.onServerTime(offset, uncertainty),
    });
    this.#platform = new Platform();
    this.status = new StatusStore(this.#store, {
      isOnline: this.#platform.online,
      connection: 'connecting',
      lastSyncedAt: null,
      isLeader: false,
      storagePersisted: null,
      serverProblem: null,
      storageProblem: null,
    });
    this.#uplink = new Uplink({
      config,
      store: this.#store,
      http: this.http,
      tokens: this.#tokens,
      timers: this.#timers,
      report: (parts) => this.#report(parts),
      onStorage: (error) => this.#onStorage(error),
    });
    // Two clients with stores of their own are two devices, even in one browser or one process.
    const { locks = adapter.shared ? platformLocks() : null } = config;
    const { channel = adapter.shared ? platformChannel() : null } = config;
    this.#tabs = this.#joinTabs(locks, channel);
    this.#store.onEntry.add((entry) => this.#settle(entry));
    this.#store.onLost.add((id, error) => this.#waiting.get(id)?.reject(error));
    this.#store.onChange.add(() => this.#changed());
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
    const made = new Collection(model, this.#host);
    this.#collections.set(model.entity, made);
    return made;
  }

  /** Tries a rejected event again; a `create` with all that is blocked under it. */
  retry(eventId: string): Promise<void> {
    return this.#store.retry(eventId);
  }

  /** Drops a rejected event; a `create` with all that is blocked under it. */
  discard(eventId: string): Promise<void> {
    return this.#store.discard(eventId);
  }

  /** Takes an event from the list of those that were overtaken: the user knows. */
  dismiss(eventId: string): Promise<void> {
    return this.#store.dismiss(eventId);
  }

  /** For the panel of `devtools/`. */
  get internals(): ClientInternals {
    return { name: this.#name, store: this.#store, unplug: (unplugged) => this.#platform.unplug(unplugged) };
  }

  /** Goes on with another token, in every tab. */
  setToken(token: string): void {
    this.#tokens.set(token);
    this.#tabs.post({ type: 'token', token });
  }

  /** Sends and follows now, whatever timers say. */
  syncNow(): void {
    this.#tabs.post({ type: 'wake' });
    this.#wake();
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

  readonly #host: CollectionHost = {
    state: (type, id) => this.#store.state(type, id),
    states: (type) => this.#store.states(type),
    version: (type) => this.#store.version(type),
    changedSince: (type, version) => this.#store.changedSince(type, version),
    watch: (type, id, listener) => this.#store.watch(type, id, listener),
    watchEvents: (type, id, listener) => this.#store.watchEvents(type, id, listener),
    record: (model, type, id, payload) => this.#record(model, type, id, payload),
    entries: (type, id) => this.#entries(type, id),
    fetchHistory: (type, id, query) => this.http.history(type, id, query, this.#life.signal),
  };

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
    this.#setPhase(ledger.cursor !== null ? 'synced' : this.#platform.online ? 'fetching' : 'local');
    this.#platform.listen({
      online: (online) => this.#onOnline(online),
      front: () => {
        this.#comeToFront();
        if (this.#config.syncOnFocus !== false) this.syncNow();
      },
      hide: () => {
        this.#store.hurry();
        // The tab that took its place on the screen may have asked for the lead a moment too early.
        if (this.#tabs.leads) this.#tabs.post({ type: 'back' });
      },
      frozen: (frozen) => this.#onFrozen(frozen),
    });
    this.#joinIn();
    this.#comeToFront();
    void this.#store
      .persist()
      .then((persisted) => this.status.set({ storagePersisted: persisted }))
      .catch(() => {});
  }

  async #close(): Promise<void> {
    this.#life.abort();
    this.#platform.close();
    this.#timers.clear(this.#compactTimer);
    this.#uplink.leave(true);
    await this.#starting?.catch(() => {});
    await this.#store.close();
    await new Promise<void>((resolve) => this.#timers.task(resolve)); // others hear of the last chunk, each in its own task
    this.#tabs.close();
    for (const { reject } of this.#waiting.values()) reject(new SyncError('closed', 'the client was closed'));
    this.#waiting.clear();
    this.#setPhase('closed');
  }

  #setPhase(phase: SyncPhase): void {
    if (this.#phase === phase || this.#phase === 'closed') return;
    this.#phase = phase;
    this.#phaseListeners.emit();
  }

  #changed(): void {
    if ((this.#phase === 'local' || this.#phase === 'fetching') && this.#store.ledger.cursor !== null)
      this.#setPhase('synced');
    if (!this.#tabs.leads || this.#life.signal.aborted) return;
    this.#uplink.noticed();
    const wait = this.#store.compactionUrgent ? COMPACT_SOON_MS : COMPACT_AFTER_MS;
    if (wait < this.#compactWait) this.#timers.clear(this.#compactTimer);
    if (wait < this.#compactWait) this.#compactTimer = this.#timers.after(wait, () => void this.#compact());
    this.#compactWait = Math.min(wait, this.#compactWait);
  }

  async #compact(): Promise<void> {
    this.#compactWait = Number.POSITIVE_INFINITY; // what comes meanwhile is for another time
    try {
      // Something landed in the middle of it: then it was not done.
      if (this.#store.compactionDue() && !(await this.#store.compact())) this.#changed();
    } catch (error) {
      this.#onStorage(error);
    }
  }

  // --- Problems ---------------------------------------------------------------------------------------------------------------

  /** The leader knows something of the server: all tabs show it. */
  #report(parts: Partial<StatusParts>): void {
    this.status.set(parts);
    if (parts.serverProblem && this.#phase === 'fetching') this.#setPhase('local');
    this.#tellNews();
  }

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
    this.#tabs.close();
    this.#tabs = this.#joinTabs(null, null);
    this.status.set({ storageProblem: { code, message: `${message}; changes are no longer saved on this device` } });
    if (this.#phase !== 'new' && this.#phase !== 'opening') this.#tabs.queue();
  }

  // --- Network, user, tabs ----------------------------------------------------------------------------------------------------

  #lead(): void {
    if (this.#life.signal.aborted) return;
    this.status.set({ isLeader: true });
    void this.#uplink.lead(() => this.#platform.online);
  }

  /** Gives up the lead, or its place in the queue. */
  #stepBack(): void {
    this.#tabs.leave();
    this.#uplink.leave(false);
    this.status.set({ isLeader: false });
  }

  #joinTabs(locks: LockManagerLike | null, channel: ((name: string) => ChannelLike) | null): Tabs {
    return new Tabs({
      name: this.#name,
      locks,
      channel,
      onMessage: (message) => this.#onTab(message),
      onLead: () => this.#lead(),
    });
  }

  /** Makes itself known, and stands in the queue for the lead. */
  #joinIn(): void {
    this.#tabs.post({ type: 'hello', token: this.#tokens.current });
    this.#tabs.queue();
  }

  /** The user looks at this tab: it is to lead, not one that the browser slows down. */
  #comeToFront(): void {
    if (!this.#platform.hidden && !this.#tabs.leads) this.#tabs.post({ type: 'front' });
  }

  /** A frozen tab would keep the lead and do nothing with it. */
  #onFrozen(frozen: boolean): void {
    if (frozen) {
      this.#store.hurry();
      this.#stepBack();
    } else {
      this.#joinIn();
      this.#comeToFront();
      void this.#store.readTail().catch((error: unknown) => this.#onStorage(error));
    }
  }

  #onOnline(online: boolean): void {
    this.status.set({ isOnline: online });
    if (!this.#tabs.leads) return;
    if (!online) this.#uplink.offline();
    else if (this.#config.syncOnOnline !== false) this.#uplink.online();
    else {
      // Not at once, but not never either.
      this.#timers.after(this.#config.maxRetryDelayMs ?? MAX_RETRY_DELAY_MS, () => {
        if (this.#platform.online && this.#tabs.leads) this.#uplink.online();
      });
    }
  }

  #wake(): void {
    if (this.#tabs.leads) this.#uplink.urge();
  }

  #onTab(message: TabMessage): void {
    switch (message.type) {
      case 'chunk':
        if (this.#phase === 'opening' || this.#phase === 'new') return; // the disk tells
        void this.#store.takeChunk(message.key, message.text).catch((error: unknown) => this.#onStorage(error));
        return;
      case 'hello':
        if (message.token !== null) this.#tokens.offer(message.token);
        return this.#tellNews();
      case 'token':
        return this.#tokens.set(message.token);
      case 'wake':
        return this.#wake();
      case 'back':
        return this.#comeToFront();
      case 'front':
        // Hidden tabs stand in line anew, behind the one that the user looks at.
        if (!this.#platform.hidden || !this.#tabs.ranked) return;
        this.#stepBack();
        return this.#tabs.queue();
      case 'news': {
        if (this.#tabs.leads) return;
        const { connection, lastSyncedAt, offset, problem } = message.news;
        this.#store.ledger.offset = offset;
        this.status.set({ connection, lastSyncedAt, serverProblem: problem });
        return;
      }
      default:
        return message satisfies never;
    }
  }

  #tellNews(): void {
    if (!this.#tabs.leads) return;
    const { connection, lastSyncedAt, serverProblem } = this.status.parts;
    const { offset } = this.#store.ledger;
    this.#tabs.post({ type: 'news', news: { connection, lastSyncedAt, offset, problem: serverProblem } });
  }

  // --- Changes ----------------------------------------------------------------------------------------------------------------

  #record(model: ModelDefinition, eventType: string, id: string, payload: unknown): Mutation {
    if (this.#phase === 'new' || this.#phase === 'opening') {
      throw new StoreError('not_ready', 'the store is not read yet: await start()');
    }
    if (this.#phase === 'closed') throw new StoreError('closed', 'the client was closed');
    const { event, saved } = this.#store.record(model, eventType, id, payload);
    const synced = defer<void>();
    synced.promise.catch(() => {}); // whoever wants to know of a rejection has the promise, and the status
    this.#waiting.set(event.id, synced);
    return {
      eventId: event.id,
      entityId: event.entity_id,
      saved,
      synced: synced.promise,
      flush: () => saved.then(() => this.#store.flush()),
      // biome-ignore lint/suspicious/noThenProperty: awaiting a mutation means that it is saved
      then: (done, failed) => saved.then(done, failed),
    };
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
      return typeof indexedDB === 'undefined' ? memoryStore() : indexedDbStore();
    case 'indexeddb':
      return indexedDbStore();
    case 'memory':
      return memoryStore();
    default:
      return adapter;
  }
}
