/** What several tests use. */
import type { SyncClientConfig } from '../src/client/config.js';
import { createSyncClient, type SyncClient } from '../src/client/sync.js';
import type { EventEnvelope } from '../src/model.js';
import { MemoryAdapter, type MemoryDisk, memoryStore } from '../src/store/adapters/memory.js';
import type { Chunk, Compaction, StoreAdapter, StoreContents, Tail } from '../src/store/db.js';
import { formatStamp } from '../src/store/hlc.js';
import type { ChannelLike, LockManagerLike } from '../src/store/tabs.js';
import { boardModel } from './models/board.js';
import { orderModel } from './models/order.js';

export const models = { orders: orderModel, boards: boardModel };

/** A client of the fake server. */
export function client(baseUrl: string, config: Partial<SyncClientConfig> = {}): SyncClient {
  return createSyncClient({
    models,
    baseUrl,
    tenantId: 't',
    userId: 'u',
    adapter: memoryStore(),
    notification: 'sse',
    maxRetryDelayMs: 50,
    locks: null,
    channel: null,
    ...config,
  });
}

/** Waits for something to become true. */
export async function until(what: string, holds: () => boolean, ms = 30_000): Promise<void> {
  const end = Date.now() + ms;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export const uuid = (): string => crypto.randomUUID();

/** An event as another device would make it. */
export function event(type: string, entityId: string, payload: unknown, ms = Date.now(), counter = 0): EventEnvelope {
  const id = crypto.randomUUID();
  return {
    id,
    event_type: type,
    entity_type: type.split('.')[0] ?? '',
    entity_id: entityId,
    payload,
    timestamp: formatStamp(ms, counter, '0badcafe'),
    schema_version: 1,
    user_id: 'other',
    idempotency_key: id,
  };
}

/** A random number generator that a seed repeats. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** A memory store whose writes a test can make fail or wait. */
export class TestAdapter implements StoreAdapter {
  readonly shared = false;
  readonly inner: MemoryAdapter;
  failing: Error | null = null;
  gate: Promise<void> = Promise.resolve();
  appends: string[] = [];

  constructor(disk?: MemoryDisk) {
    this.inner = new MemoryAdapter(disk);
  }

  load(): Promise<StoreContents> {
    return this.inner.load();
  }

  async append(text: string): Promise<number> {
    await this.gate;
    if (this.failing !== null) throw this.failing;
    this.appends.push(text);
    return this.inner.append(text);
  }

  tail(after: number): Promise<Tail> {
    return this.inner.tail(after);
  }

  compact(compaction: Compaction): Promise<boolean> {
    return this.inner.compact(compaction);
  }

  async persist(): Promise<boolean> {
    return false;
  }

  onLost(): void {}

  async close(): Promise<void> {}
}

export type { Chunk };

/** Web Locks, as far as leadership needs them. */
export class TestLocks implements LockManagerLike {
  readonly #queues = new Map<string, (() => void)[]>();

  async request(name: string, { signal }: { signal: AbortSignal }, held: () => Promise<void>): Promise<unknown> {
    const queue = this.#queues.get(name) ?? [];
    this.#queues.set(name, queue);
    await new Promise<void>((resolve, reject) => {
      const entry = (): void => resolve();
      signal.addEventListener('abort', () => {
        if (queue[0] !== entry && queue.includes(entry)) {
          queue.splice(queue.indexOf(entry), 1);
          reject(signal.reason);
        }
      });
      queue.push(entry);
      if (queue.length === 1) entry();
    });
    try {
      return await held();
    } finally {
      queue.shift();
      queue[0]?.();
    }
  }
}

/** Broadcast channels of one test. */
export function testChannels(): (name: string) => ChannelLike {
  const rooms = new Map<string, Set<(message: unknown) => void>>();
  return (name) => {
    const room = rooms.get(name) ?? new Set();
    rooms.set(name, room);
    let own: ((message: unknown) => void) | null = null;
    return {
      listen: (listener) => {
        own = (message) => setImmediate(() => room.has(self) && listener(structuredClone(message)));
        const self = own;
        room.add(own);
      },
      post: (message) => {
        for (const other of room) if (other !== own) other(message);
      },
      close: () => {
        if (own !== null) room.delete(own);
      },
    };
  };
}
