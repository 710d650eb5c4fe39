/** Stores without tables, for where no database is to be loaded. */
import type { SyncClient } from '../../src/client/sync.js';
import type { EntityState } from '../../src/model.js';
import { memoryStore } from '../../src/store/adapters/memory.js';
import type { StoreFactory } from '../../src/store/db.js';

/** The stores of a kind, and what is to be true of them. */
export interface Stores {
  /** A store for one device, which outlives the clients that open it. */
  deviceStore(): StoreFactory;
  /** The tables hold what the client shows, and what it has under way; where there are none, they do. */
  tablesAgree(client: SyncClient, rows: () => readonly EntityState[]): Promise<void>;
}

/** Stores in memory. */
export const inMemory: Stores = { deviceStore: () => memoryStore(), tablesAgree: async () => {} };
