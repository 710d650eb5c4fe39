/**
 * What a client does with the world outside of its own store: other tabs, the network, the server, and the store's upkeep.
 *
 * Loaded by {@link SyncClient} as a chunk of its own, once the store is read: a page shows what it holds, and takes changes, before.
 */
import { discard, dismiss, retry } from '../store/decisions.js';
import type { EventStore } from '../store/eventStore.js';
import { platformChannel, platformLocks, type TabMessage, Tabs } from '../store/tabs.js';
import { readTail, takeChunk } from '../store/tail.js';
import type { Timers } from '../store/timing.js';
import { compact, isCompactionDue, pageFreezes } from '../store/upkeep.js';
import { Warm } from '../store/warm.js';
import { TokenHolder } from './auth.js';
import type { SyncClientConfig } from './config.js';
import { HttpClient } from './http.js';
import { Verifier } from './network.js';
import { Platform } from './platform.js';
import type { StatusParts, StatusStore } from './status.js';
import { MAX_RETRY_DELAY_MS, Uplink } from './uplink.js';

/** What a session has from its client. */
export interface SessionHost {
  readonly config: SyncClientConfig;
  /** The store's name. */
  readonly name: string;
  /** Whether other tabs reach the same store. */
  readonly shared: boolean;
  readonly store: EventStore;
  readonly status: StatusStore;
  readonly timers: Timers;
  /** The local store did not take or give something; null: it did. */
  readonly onStorage: (error: unknown) => void;
  /** The server cannot be reached. */
  readonly onUnreachable: () => void;
}

const COMPACT_AFTER_MS = 1000;
const COMPACT_SOON_MS = 100;

/** A client among others. */
export class Session {
  /** Typed requests to the server. */
  readonly http: HttpClient;
  readonly #host: SessionHost;
  readonly #tokens: TokenHolder;
  readonly #uplink: Uplink;
  readonly #verifier: Verifier;
  readonly #platform = new Platform();
  #tabs: Tabs | null = null;
  #ended = false;
  #compactTimer: unknown = null;
  /** For how long that timer was set. */
  #compactWait = Number.POSITIVE_INFINITY;

  /** Nothing is said or heard before {@link begin}, requests apart. */
  constructor(host: SessionHost) {
    this.#host = host;
    const { config, store, timers } = host;
    this.#tokens = new TokenHolder(config.token ?? null, config.onAuthError, timers);
    this.http = new HttpClient({
      baseUrl: config.baseUrl,
      ...(config.eventsEndpoint === undefined ? {} : { eventsEndpoint: config.eventsEndpoint }),
      ...(config.healthEndpoint === undefined ? {} : { healthEndpoint: config.healthEndpoint }),
      ...(config.fetch === undefined ? {} : { fetch: config.fetch }),
      token: () => this.#tokens.get(),
      renewToken: (refused, signal) => this.#tokens.another(refused, signal),
      now: timers.now,
      onServerTime: (offset, uncertainty) => this.#uplink.onServerTime(offset, uncertainty),
    });
    this.#uplink = new Uplink({
      config,
      store,
      http: this.http,
      tokens: this.#tokens,
      timers,
      report: (parts) => this.#report(parts),
      onStorage: host.onStorage,
    });
    this.#verifier = new Verifier({
      ask: (signal) => this.http.isThere(signal),
      timers,
      report: (parts) => this.#report(parts),
    });
  }

  /** The store is read: joins the other tabs, and stands in the queue for the lead. `alone`: the store is this tab's own. */
  begin(alone: boolean): void {
    const { store, config, status, timers, onStorage } = this.#host;
    this.#joinTabs(alone);
    store.warm = new Warm(store.ledger.all(), timers);
    store.onBehind.add(() => void readTail(store.mirror).catch(onStorage));
    store.onChange.add(() => this.#changed());
    status.set({ isOnline: this.#platform.online });
    this.#platform.listen({
      online: (online) => this.#onOnline(online),
      front: () => {
        this.#comeToFront();
        if (config.syncOnFocus !== false) this.syncNow();
      },
      hide: () => {
        store.hurry();
        // The tab that took its place on the screen may have asked for the lead a moment too early.
        if (this.#leads) this.#tell({ type: 'back' });
      },
      frozen: (frozen) => this.#onFrozen(frozen),
    });
    this.#joinIn();
    this.#comeToFront();
    void store
      .persist()
      .then((storagePersisted) => status.set({ storagePersisted }))
      .catch(() => {});
    // What other tabs saved since this one read the store.
    void readTail(store.mirror).catch(onStorage);
  }

  /** The store went away: from here on this tab is a device of its own. */
  goAlone(): void {
    if (this.#tabs === null) return;
    this.#tabs.close();
    this.#joinTabs(true);
    this.#tabs.queue();
  }

  /** Tells other tabs of a chunk that this one saved. */
  share(key: number, text: string): void {
    this.#tell({ type: 'chunk', key, text });
  }

  /** Goes on with another token, in every tab. */
  setToken(token: string): void {
    this.#tokens.set(token);
    this.#tell({ type: 'token', token });
  }

  /** Tries a rejected event again. */
  retry(eventId: string): Promise<void> {
    return retry(this.#host.store, eventId);
  }

  /** Drops a rejected event. */
  discard(eventId: string): Promise<void> {
    return discard(this.#host.store, eventId);
  }

  /** The user knows of an event that was overtaken. */
  dismiss(eventId: string): Promise<void> {
    return dismiss(this.#host.store, eventId);
  }

  /** Sends and follows now, whatever timers say. */
  syncNow(): void {
    this.#tell({ type: 'wake' });
    this.#wake();
  }

  /** Has the page do without a network, or go back to what there is. */
  unplug(unplugged: boolean): void {
    this.#platform.unplug(unplugged);
  }

  /** Asks nothing of the server any more. */
  end(): void {
    this.#ended = true;
    this.#platform.close();
    this.#host.timers.clear(this.#compactTimer);
    this.#verifier.stop();
    this.#uplink.leave(true);
  }

  /** Leaves the other tabs, too. */
  close(): void {
    this.#tabs?.close();
  }

  // --- Upkeep -----------------------------------------------------------------------------------------------------------------

  #changed(): void {
    if (!this.#leads || this.#ended) return;
    this.#uplink.noticed();
    const { store, timers } = this.#host;
    const wait = store.mirror.urgent ? COMPACT_SOON_MS : COMPACT_AFTER_MS;
    if (wait < this.#compactWait) timers.clear(this.#compactTimer);
    if (wait < this.#compactWait) this.#compactTimer = timers.after(wait, () => void this.#compact());
    this.#compactWait = Math.min(wait, this.#compactWait);
  }

  async #compact(): Promise<void> {
    const { store, onStorage } = this.#host;
    this.#compactWait = Number.POSITIVE_INFINITY; // what comes meanwhile is for another time
    try {
      // Something landed in the middle of it: then it was not done.
      if (isCompactionDue(store) && !(await compact(store))) this.#changed();
    } catch (error) {
      onStorage(error);
    }
  }

  // --- Network, user, tabs ----------------------------------------------------------------------------------------------------

  get #leads(): boolean {
    return this.#tabs?.leads === true;
  }

  /** Whether there is anything to follow and to send: models in api mode have no log. */
  get #follows(): boolean {
    return this.#host.store.ledger.models.size > 0;
  }

  /** The leader knows something of the server: all tabs show it. */
  #report(parts: Partial<StatusParts>): void {
    const { status, onUnreachable } = this.#host;
    status.set(parts);
    if (parts.serverProblem) onUnreachable();
    this.#tellNews();
  }

  #lead(): void {
    if (this.#ended) return;
    const { status } = this.#host;
    status.set({ isLeader: true });
    if (status.parts.isOnline) this.#verifier.start();
    if (this.#follows) void this.#uplink.lead(() => status.parts.isOnline);
    else this.#report({ connection: status.parts.isOnline ? 'live' : 'offline' });
  }

  /** Gives up the lead, or its place in the queue. */
  #stepBack(): void {
    this.#tabs?.leave();
    this.#verifier.stop();
    this.#uplink.leave(false);
    this.#host.status.set({ isLeader: false });
  }

  /** Two clients with stores of their own are two devices, even in one browser or one process. */
  #joinTabs(alone: boolean): void {
    const { config, name, shared } = this.#host;
    const { locks = shared ? platformLocks() : null } = config;
    const { channel = shared ? platformChannel() : null } = config;
    this.#tabs = new Tabs({
      name,
      locks: alone ? null : locks,
      channel: alone ? null : channel,
      onMessage: (message) => this.#onTab(message),
      onLead: () => this.#lead(),
    });
  }

  #tell(message: TabMessage): void {
    this.#tabs?.post(message);
  }

  /** Makes itself known, and stands in the queue for the lead. */
  #joinIn(): void {
    this.#tell({ type: 'hello', token: this.#tokens.current });
    this.#tabs?.queue();
  }

  /** The user looks at this tab: it is to lead, not one that the browser slows down. */
  #comeToFront(): void {
    if (!this.#platform.hidden && !this.#leads) this.#tell({ type: 'front' });
  }

  /** A frozen tab would keep the lead and do nothing with it. */
  #onFrozen(frozen: boolean): void {
    const { store, onStorage } = this.#host;
    pageFreezes(frozen);
    if (frozen) {
      store.hurry();
      this.#stepBack();
    } else {
      this.#joinIn();
      this.#comeToFront();
      void readTail(store.mirror).catch(onStorage);
    }
  }

  #onOnline(online: boolean): void {
    const { config, timers, status } = this.#host;
    status.set(online ? { isOnline: true } : { isOnline: false, isVerified: false });
    if (!this.#leads) return;
    if (online) this.#verifier.start();
    else this.#verifier.stop();
    if (!this.#follows) this.#report({ connection: online ? 'live' : 'offline' });
    else if (!online) this.#uplink.offline();
    else if (config.syncOnOnline !== false) this.#uplink.online();
    else {
      // Not at once, but not never either.
      timers.after(config.maxRetryDelayMs ?? MAX_RETRY_DELAY_MS, () => {
        if (status.parts.isOnline && this.#leads) this.#uplink.online();
      });
    }
  }

  #wake(): void {
    if (this.#leads && this.#follows) this.#uplink.urge();
  }

  #onTab(message: TabMessage): void {
    const { store, status, onStorage } = this.#host;
    switch (message.type) {
      case 'chunk':
        void takeChunk(store.mirror, message.key, message.text).catch(onStorage);
        return;
      case 'hello':
        if (message.token !== null) this.#tokens.offer(message.token);
        void readTail(store.mirror).catch(onStorage); // what it saved before it could tell
        return this.#tellNews();
      case 'token':
        return this.#tokens.set(message.token);
      case 'wake':
        return this.#wake();
      case 'back':
        return this.#comeToFront();
      case 'front':
        // Hidden tabs stand in line anew, behind the one that the user looks at.
        if (!this.#platform.hidden || this.#tabs?.ranked !== true) return;
        this.#stepBack();
        return this.#tabs.queue();
      case 'news': {
        if (this.#leads) return;
        const { offset, problem, ...parts } = message.news;
        store.ledger.offset = offset;
        status.set({ ...parts, serverProblem: problem });
        return;
      }
      default:
        return message satisfies never;
    }
  }

  #tellNews(): void {
    if (!this.#leads) return;
    const { store, status } = this.#host;
    const { connection, isVerified, latency, lastSyncedAt, serverProblem } = status.parts;
    const { offset } = store.ledger;
    this.#tell({
      type: 'news',
      news: { connection, isVerified, latency, lastSyncedAt, offset, problem: serverProblem },
    });
  }
}
