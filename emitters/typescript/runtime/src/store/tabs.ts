/** Tabs of one store: who leads, and what they tell each other. */
import type { Latency } from '../client/status.js';
import { isRecord } from '../schemas/validate.js';
import type { Connection } from './follower.js';

/** What the leader knows and the others show. */
export interface LeaderNews {
  readonly connection: Connection;
  readonly isVerified: boolean;
  readonly latency: Latency;
  readonly lastSyncedAt: number | null;
  readonly offset: number;
  readonly problem: { readonly code: string; readonly message: string } | null;
}

/** What tabs say. */
export type TabMessage =
  /** A chunk was saved. */
  | { readonly type: 'chunk'; readonly key: number; readonly text: string }
  /** A new tab wants the leader's news, and has a token that may be better than his. */
  | { readonly type: 'hello'; readonly token: string | null }
  /** The application has another token. */
  | { readonly type: 'token'; readonly token: string }
  /** The user looks at a tab that does not lead. */
  | { readonly type: 'front' }
  /** The leader is not seen any more: whoever is may lead. */
  | { readonly type: 'back' }
  /** The user came back to a tab: send and follow now. */
  | { readonly type: 'wake' }
  | { readonly type: 'news'; readonly news: LeaderNews };

/** The part of Web Locks that leadership needs. */
export interface LockManagerLike {
  request(name: string, options: { readonly signal: AbortSignal }, held: () => Promise<void>): Promise<unknown>;
}

/** The part of BroadcastChannel that tabs need. */
export interface ChannelLike {
  listen(listener: (message: unknown) => void): void;
  post(message: unknown): void;
  close(): void;
}

export interface TabsOptions {
  readonly name: string;
  /** Null: there are no locks here, and every tab leads. */
  readonly locks: LockManagerLike | null;
  readonly channel: ((name: string) => ChannelLike) | null;
  readonly onMessage: (message: TabMessage) => void;
  readonly onLead: () => void;
}

/** One tab among those of its store. */
export class Tabs {
  readonly #options: TabsOptions;
  readonly #channel: ChannelLike | null;
  /** Ends the place in the queue, or the lead. */
  #leave: AbortController | null = null;
  #closed = false;
  #leads = false;

  constructor(options: TabsOptions) {
    this.#options = options;
    this.#channel = options.channel?.(options.name) ?? null;
    this.#channel?.listen((message) => {
      if (isTabMessage(message)) options.onMessage(message);
    });
  }

  /** Whether one tab at a time leads. */
  get ranked(): boolean {
    return this.#options.locks !== null;
  }

  /** Whether this tab talks to the server. */
  get leads(): boolean {
    return this.#leads;
  }

  /** Stands in the queue for leadership, once. Does not wait: the lock is held until the tab leaves. */
  queue(): void {
    if (this.#leave !== null || this.#closed) return;
    const leave = new AbortController();
    this.#leave = leave;
    const { locks, name } = this.#options;
    if (locks === null) {
      this.#lead();
      return;
    }
    const { signal } = leave;
    const held = (): Promise<void> =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        signal.addEventListener('abort', () => resolve());
        this.#lead();
      });
    locks.request(name, { signal }, held).catch(() => {
      // Left the queue, or locks are refused here (an opaque origin): without them every tab may send.
      if (!signal.aborted) this.#lead();
    });
  }

  /** Gives up the lead, or its place in the queue: the next one leads. */
  leave(): void {
    this.#leads = false;
    this.#leave?.abort();
    this.#leave = null;
  }

  /** Tells the other tabs. */
  post(message: TabMessage): void {
    if (!this.#closed) this.#channel?.post(message);
  }

  close(): void {
    this.#closed = true;
    this.leave();
    this.#channel?.close();
  }

  #lead(): void {
    this.#leads = true;
    this.#options.onLead();
  }
}

/** The platform's locks, where it has them. */
export function platformLocks(): LockManagerLike | null {
  if (typeof navigator === 'undefined' || !('locks' in navigator) || navigator.locks === undefined) return null;
  const { locks } = navigator;
  return { request: (name, options, held) => locks.request(name, options, held) };
}

/** The platform's channels, where it has them. */
export function platformChannel(): ((name: string) => ChannelLike) | null {
  if (typeof BroadcastChannel === 'undefined') return null;
  return (name) => {
    const channel = new BroadcastChannel(name);
    // In Node an open channel would keep the process from ending.
    if ('unref' in channel && typeof channel.unref === 'function') channel.unref();
    return {
      listen: (listener) => {
        channel.onmessage = ({ data }: { readonly data: unknown }) => listener(data);
      },
      post: (message) => channel.postMessage(message),
      close: () => channel.close(),
    };
  };
}

function isTabMessage(value: unknown): value is TabMessage {
  if (!isRecord(value)) return false;
  switch (value['type']) {
    case 'chunk':
      return typeof value['key'] === 'number' && typeof value['text'] === 'string';
    case 'token':
      return typeof value['token'] === 'string';
    case 'hello':
      return value['token'] === null || typeof value['token'] === 'string';
    case 'front':
    case 'back':
    case 'wake':
      return true;
    case 'news':
      return isRecord(value['news']) && typeof value['news']['offset'] === 'number';
    default:
      return false;
  }
}
