/** Ways to follow the server's feed, behind one interface: WebSocket, SSE read by fetch, polling. */
import { type HttpClient, isFeedEvent } from '../client/http.js';
import { HttpError } from '../errors.js';
import { isRecord } from '../schemas/validate.js';
import type { FeedEvent } from './db.js';
import type { Timers } from './timing.js';

/** What a stream says. */
export type StreamMessage =
  | { readonly type: 'events'; readonly events: readonly FeedEvent[]; readonly cursor: string }
  /** Nothing lies beyond this cursor now. */
  | { readonly type: 'caught_up'; readonly cursor: string; readonly seq: number }
  | { readonly type: 'ping' };

/**
 * Why a stream ended: to be connected anew, after a new token, from snapshots, or not in this way. `silent`: it stood open and said
 * nothing, as behind a proxy that keeps what it should pass on.
 */
export type StreamEnd = 'lost' | 'silent' | 'unauthorized' | 'expired' | 'refused';

/** Where to begin, and whom to tell. */
export interface StreamRequest {
  readonly channels: readonly string[];
  readonly cursor: string | null;
  readonly signal: AbortSignal;
  readonly onMessage: (message: StreamMessage) => void;
}

/** One way to follow the feed: resolves when it ends, never rejects. */
export interface Transport {
  readonly kind: 'websocket' | 'sse' | 'polling';
  follow(request: StreamRequest): Promise<StreamEnd>;
}

/** The server pings every 20 s: twice that and a bit in silence is a dead connection. */
const SILENCE_MS = 45_000;
/** It begins with what it has, and says so when that is nothing. */
const FIRST_WORD_MS = 10_000;

/** What transports share. */
export interface TransportOptions {
  readonly http: HttpClient;
  readonly timers: Timers;
  readonly token: () => Promise<string | null>;
  readonly pollingIntervalMs: number;
}

/** Follows by WebSocket; the token goes in the first message, never in the address. */
export function webSocketTransport(options: TransportOptions, connect: (url: string) => WebSocket): Transport {
  const follow = async (request: StreamRequest): Promise<StreamEnd> => {
    const token = await options.token().catch(() => null);
    if (request.signal.aborted) return 'lost';
    const socket = connect(options.http.streamUrl(request.channels, request.cursor));
    return new Promise((resolve) => {
      const silence = new Silence(options.timers, () => end('silent'));
      let ended = false;
      const end = (reason: StreamEnd): void => {
        if (ended) return;
        ended = true;
        silence.stop();
        request.signal.removeEventListener('abort', abort);
        socket.close();
        resolve(reason);
      };
      const abort = (): void => end('lost');
      request.signal.addEventListener('abort', abort);
      socket.onopen = () => socket.send(JSON.stringify({ type: 'auth', token }));
      socket.onmessage = ({ data }: { readonly data: unknown }) => {
        silence.heard();
        const message = messageOf(data);
        if (message !== null && !ended) request.onMessage(message);
      };
      socket.onerror = () => end('lost');
      socket.onclose = ({ code }) => end(endOfCode(code));
    });
  };
  return {
    kind: 'websocket',
    follow: (request) => follow(request).catch(() => 'lost'), // a browser may refuse to make the socket at all
  };
}

/** Follows by server-sent events, read by fetch because `EventSource` sends no header. */
export function sseTransport(options: TransportOptions): Transport {
  const follow = async (request: StreamRequest): Promise<StreamEnd> => {
    const abort = new AbortController();
    let silent = false;
    const silence = new Silence(options.timers, () => {
      silent = true;
      abort.abort();
    });
    try {
      const signal = AbortSignal.any([request.signal, abort.signal]);
      const body = await options.http.live(request.channels, request.cursor, signal);
      const reader = body.getReader();
      const decoder = new TextDecoder();
      let rest = '';
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return 'lost';
        silence.heard();
        const blocks = (rest + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/);
        rest = blocks.pop() ?? '';
        for (const block of blocks) {
          const end = takeBlock(block, request);
          if (end !== null) return end;
        }
      }
    } catch (error) {
      return silent ? 'silent' : endOfError(error);
    } finally {
      silence.stop();
      abort.abort();
    }
  };
  return { kind: 'sse', follow };
}

/** Asks for what is new every now and then. */
export function pollingTransport(options: TransportOptions): Transport {
  const follow = async (request: StreamRequest): Promise<StreamEnd> => {
    let since = request.cursor;
    try {
      while (!request.signal.aborted) {
        const page = await options.http.since({ since, types: request.channels, limit: 1000 }, request.signal);
        since = page.cursor;
        if (page.events.length > 0) request.onMessage({ type: 'events', events: page.events, cursor: since });
        if (page.hasMore) continue;
        request.onMessage({ type: 'caught_up', cursor: since, seq: page.seq });
        await pause(options.timers, options.pollingIntervalMs, request.signal);
      }
      return 'lost';
    } catch (error) {
      return endOfError(error);
    }
  };
  return { kind: 'polling', follow };
}

/** Waits, or until the signal says so. */
export function pause(timers: Timers, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted || ms <= 0) return resolve();
    const finish = (): void => {
      timers.clear(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = timers.after(ms, finish);
    signal.addEventListener('abort', finish);
  });
}

/** Calls out when nothing was heard for too long. */
class Silence {
  readonly #timers: Timers;
  readonly #action: () => void;
  #timer: unknown;

  constructor(timers: Timers, action: () => void) {
    this.#timers = timers;
    this.#action = action;
    this.#timer = timers.after(FIRST_WORD_MS, action);
  }

  heard(): void {
    this.stop();
    this.#timer = this.#timers.after(SILENCE_MS, this.#action);
  }

  stop(): void {
    this.#timers.clear(this.#timer);
  }
}

/** One block of an SSE stream: our messages carry their type, comments and unknown events say nothing. */
function takeBlock(block: string, request: StreamRequest): StreamEnd | null {
  const data = block
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(line.startsWith('data: ') ? 6 : 5))
    .join('\n');
  if (data === '') return null;
  const message = messageOf(data);
  if (message !== null) {
    request.onMessage(message);
    return null;
  }
  const code = errorCodeOf(data);
  return code === null ? null : endOfProblem(code);
}

function parse(data: unknown): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = typeof data === 'string' ? JSON.parse(data) : null;
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function messageOf(data: unknown): StreamMessage | null {
  const value = parse(data);
  if (value?.['type'] === 'event' && isFeedEvent(value['event']) && typeof value['cursor'] === 'string') {
    return { type: 'events', events: [value['event']], cursor: value['cursor'] };
  }
  if (value?.['type'] === 'caught_up' && typeof value['cursor'] === 'string') {
    return { type: 'caught_up', cursor: value['cursor'], seq: Number(value['seq'] ?? 0) };
  }
  return value?.['type'] === 'ping' ? { type: 'ping' } : null;
}

function errorCodeOf(data: unknown): string | null {
  const value = parse(data);
  return value?.['type'] === 'error' && typeof value['code'] === 'string' ? value['code'] : null;
}

function endOfCode(code: number): StreamEnd {
  if (code === 4401) return 'unauthorized';
  if (code === 4410) return 'expired';
  return code === 4400 ? 'refused' : 'lost';
}

function endOfProblem(code: string): StreamEnd {
  if (code === 'cursor_expired') return 'expired';
  return code === 'unauthorized' || code === 'token_expired' ? 'unauthorized' : 'lost';
}

/** What an error comes to for whoever follows. */
export function endOfError(error: unknown): StreamEnd {
  if (!(error instanceof HttpError)) return 'lost';
  if (error.status === 401) return 'unauthorized';
  if (error.status === 410) return 'expired';
  return error.code === 'invalid_cursor' ? 'refused' : 'lost';
}
