/** What the leading tab does with the server: it sends, follows, and reads the server's clock. */
import type { EventStore } from '../store/eventStore.js';
import { type Connection, Follower } from '../store/follower.js';
import { pollingTransport, sseTransport, type Transport, webSocketTransport } from '../store/stream.js';
import { SyncEngine } from '../store/syncEngine.js';
import { readTail } from '../store/tail.js';
import type { Timers } from '../store/timing.js';
import { correct, heal } from '../store/upkeep.js';
import type { TokenHolder } from './auth.js';
import type { SyncConfig } from './config.js';
import type { HttpClient } from './http.js';
import { problemOf, type StatusParts } from './status.js';

/** What an uplink needs. */
export interface UplinkOptions {
  readonly config: SyncConfig;
  readonly store: EventStore;
  readonly http: HttpClient;
  readonly tokens: TokenHolder;
  readonly timers: Timers;
  /** Something is known of the server that the status shows, in every tab. */
  readonly report: (parts: Partial<StatusParts>) => void;
  /** The local store did not take something. */
  readonly onStorage: (error: unknown) => void;
}

/** The longest wait between two attempts, unless a project says otherwise. */
export const MAX_RETRY_DELAY_MS = 30_000;

/** The connection of one store to its server. */
export class Uplink {
  readonly #options: UplinkOptions;
  readonly #engine: SyncEngine;
  readonly #follower: Follower;
  #life = new AbortController();
  #connection: Connection = 'connecting';
  #freshTime = false;
  #correcting: Promise<void> = Promise.resolve();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: UplinkOptions) {
    this.#options = options;
    this.#life.abort(); // another tab leads, if any
    const { store, http, tokens, timers, config } = options;
    const shared = {
      store,
      http,
      timers,
      tokenEdition: () => tokens.edition,
      maxRetryDelayMs: config.maxRetryDelayMs ?? MAX_RETRY_DELAY_MS,
      exclusive: <T>(action: () => Promise<T>) => this.#exclusive(action),
      onSynced: () => {
        this.#follower.mend();
        options.report({ lastSyncedAt: store.wall(), serverProblem: null });
      },
      onProblem: (error: unknown) => options.report({ serverProblem: problemOf(error) }),
    };
    this.#engine = new SyncEngine({
      ...shared,
      freshTime: (signal) => this.#readTime(signal),
      correct: (refused) => this.#correcting.then(() => correct(store, store.ledger.offset, refused)),
      onUnauthorized: (edition) =>
        void tokens.renew(this.#life.signal, edition).then(() => this.#engine.dispatch('token')),
    });
    this.#follower = new Follower({
      ...shared,
      transports: transportsOf(options),
      onConnection: (connection) => this.#connected(connection),
      renewToken: (signal, edition) => tokens.renew(signal, edition),
    });
  }

  /** This tab leads from now on. */
  async lead(isOnline: () => boolean): Promise<void> {
    const { store, onStorage } = this.#options;
    this.#life.abort();
    this.#life = new AbortController();
    const { signal } = this.#life;
    // What the last leader wrote and did not live to tell.
    await readTail(store.mirror)
      .then(() => heal(store))
      .catch(onStorage);
    if (signal.aborted) return;
    this.#freshTime = false;
    const online = isOnline();
    this.#engine.dispatch(online ? 'lead' : 'lead_offline');
    if (online) this.#follower.start();
    else this.#connected('offline');
  }

  /** Another tab leads; or, closed, none of this client ever again. */
  leave(closed: boolean): void {
    this.#life.abort();
    this.#engine.dispatch(closed ? 'close' : 'yield');
    this.#follower.stop(closed ? 'closed' : 'connecting');
  }

  /** There is a network again. */
  online(): void {
    this.#engine.dispatch('online');
    this.#follower.start();
    this.#follower.wake();
  }

  /** There is no network; by the next time there is one the clock may have been set. */
  offline(): void {
    this.#freshTime = false;
    this.#engine.dispatch('offline');
    this.#follower.stop('offline');
  }

  /** Sends and follows now, whatever timers say. */
  urge(): void {
    // A tab that closed right after its change may have saved it and told nobody.
    void readTail(this.#options.store.mirror).catch(this.#options.onStorage);
    this.#engine.dispatch('urge');
    this.#follower.wake();
  }

  /** The store changed: there may be something to send. */
  noticed(): void {
    this.#engine.noticed();
  }

  /** An answer told the server's time. */
  onServerTime(offset: number, uncertainty: number): void {
    if (this.#life.signal.aborted) return; // the leader tells
    const { store, report, onStorage } = this.#options;
    this.#freshTime = true;
    // A slow answer says little: what it cannot refute stands.
    if (Math.abs(offset - store.ledger.offset) <= uncertainty) return;
    this.#correcting = this.#correcting
      .then(() => correct(store, offset))
      .then(() => report({}))
      .catch(onStorage);
  }

  /** One at a time: batches and snapshots. */
  #exclusive<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(action);
    this.#turn = result.catch(() => {});
    return result;
  }

  async #readTime(signal: AbortSignal): Promise<void> {
    const { http, store } = this.#options;
    // A row's writes are based on what the server has: what that is comes first, and with it the time.
    if (store.ledger.mode) await this.#follower.caughtUp;
    if (!this.#freshTime) {
      // From the start of the log: only the time is wanted, and a cursor might be refused.
      await http.since({ since: null, types: [...store.ledger.models.keys()], limit: 1 }, signal);
    }
    await this.#correcting;
  }

  #connected(connection: Connection): void {
    if (this.#connection === connection) return;
    this.#connection = connection;
    this.#options.report({ connection });
  }
}

/** The ways to follow the feed that are left from the one that was chosen, in the order of preference. */
function transportsOf({ config, http, timers, tokens }: UplinkOptions): Transport[] {
  const { notification = 'websocket', webSocket, pollingIntervalMs = 2000 } = config;
  const options = { http, timers, token: () => tokens.get(), pollingIntervalMs };
  const platform = typeof WebSocket === 'undefined' ? null : (url: string) => new WebSocket(url);
  const connect = webSocket === undefined ? platform : webSocket;
  const all: Transport[] = [
    ...(connect === null ? [] : [webSocketTransport(options, connect)]),
    sseTransport(options),
    pollingTransport(options),
  ];
  const chosen = all.findIndex(({ kind }) => kind === notification);
  return chosen < 0 ? all : all.slice(chosen);
}
