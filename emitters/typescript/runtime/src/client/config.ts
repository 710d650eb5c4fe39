/** What a client is told when it is made. */
import type { ModelDefinition } from '../model.js';
import type { StoreFactory } from '../store/db.js';
import type { ChannelLike, LockManagerLike } from '../store/tabs.js';
import type { Timers } from '../store/timing.js';

/** A token, or where to get one; null where the server wants none. */
export type TokenSource = string | null | (() => string | null | Promise<string | null>);

/** How to follow the server's feed; where that does not go through, the next: WebSocket, SSE, polling. */
export type NotificationKind = 'websocket' | 'sse' | 'polling';

/** The configuration of a client. */
export interface SyncConfig {
  /** Where the API is, prefix included: `https://example.org/api/v1`. */
  readonly baseUrl: string;
  /** Whose data this is: another tenant or user opens another store. */
  readonly tenantId: string;
  readonly userId: string;
  readonly token?: TokenSource;
  /** The server does not take the token. A string it returns is the next one; else `setToken`. */
  readonly onAuthError?: () => unknown;
  /** Where data is kept: by name, or one of `store/adapters/`. Unless set, IndexedDB in a browser, else memory. */
  readonly adapter?: 'indexeddb' | 'memory' | StoreFactory;
  /** Path of the events API below `baseUrl`: `/events` unless set. */
  readonly eventsEndpoint?: string;
  /** Where the server says that it is there: `/health` of the API's origin unless set. */
  readonly healthEndpoint?: string;
  readonly notification?: NotificationKind;
  /** 2000 unless set. */
  readonly pollingIntervalMs?: number;
  /** Syncs at once when the user comes back to the page: unless set to false. */
  readonly syncOnFocus?: boolean;
  /** Syncs at once when the network is back: unless set to false. */
  readonly syncOnOnline?: boolean;
  /** The longest wait between two attempts: 30000 unless set. */
  readonly maxRetryDelayMs?: number;
  /** Replaces the platform's, for tests and for platforms that lack them. */
  readonly fetch?: typeof fetch;
  readonly webSocket?: ((url: string) => WebSocket) | null;
  readonly timers?: Partial<Timers>;
  readonly locks?: LockManagerLike | null;
  readonly channel?: ((name: string) => ChannelLike) | null;
}

/** A configuration with the models that generated code brings. */
export interface SyncClientConfig extends SyncConfig {
  readonly models: Readonly<Record<string, ModelDefinition>>;
}
