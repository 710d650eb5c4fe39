/** What a tab and the worker that owns a store's files say to each other: over the worker's own port, or over the channel of all tabs. */
import { StoreError } from '../../../errors.js';
import { isRecord } from '../../../schemas/validate.js';
import type { Compaction } from '../../db.js';
import type { SqlValue } from '../sql/database.js';

/** What is asked of a store. */
export type Call =
  | { readonly method: 'load' }
  | { readonly method: 'append'; readonly text: string; readonly flush: boolean }
  | { readonly method: 'tail'; readonly after: number }
  | { readonly method: 'compact'; readonly compaction: Compaction }
  | { readonly method: 'sql'; readonly text: string; readonly parameters: readonly SqlValue[] };

/** A call on its way. */
export interface Request {
  readonly type: 'request';
  /** The tab that asks. */
  readonly from: string;
  readonly id: number;
  /** It was sent before, to an owner that may have carried it out. */
  readonly again: boolean;
  /** Unix milliseconds: not to be begun later, for the tab has given it up then. */
  readonly until: number;
  readonly call: Call;
}

/** An error as a message can carry it. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** What became of a request. */
export interface Answer {
  readonly type: 'answer';
  readonly to: string;
  readonly id: number;
  readonly value?: unknown;
  readonly failure?: Failure;
}

/** From a tab to its own worker. */
export type ToWorker = { readonly type: 'open'; readonly name: string } | Request | { readonly type: 'close' };

/** From a worker to its own tab. */
export type FromWorker =
  | { readonly type: 'opened' }
  | { readonly type: 'failed'; readonly failure: Failure }
  | { readonly type: 'closed' }
  | Answer;

/** On the channel of all tabs: requests to whoever owns the files, his answers, that there is a new owner, and that he is about to be. */
export type ChannelMessage = Request | Answer | { readonly type: 'owner' } | { readonly type: 'opening' };

/** The channel of a store's tabs, and the lock of its owner. */
export function channelOf(name: string): string {
  return `${name}:files`;
}

/** Messages come from this very program, or from an older one in another tab: what has no type is none. */
export function isMessage<T extends { readonly type: string }>(value: unknown): value is T {
  return isRecord(value) && typeof value['type'] === 'string';
}

/** An error as a message can carry it. */
export function failureOf(error: unknown): Failure {
  if (error instanceof StoreError) return { code: error.code, message: error.message };
  return { code: 'storage_failed', message: error instanceof Error ? error.message : String(error) };
}
