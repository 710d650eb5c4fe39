/** The wire: typed requests and answers, problems as errors. */
import { HttpError, SyncError } from '../errors.js';
import type { EventEnvelope } from '../model.js';
import { isRecord } from '../schemas/validate.js';
import { isEvent, isSnapshot, isText, toJson } from '../store/codec.js';
import type { FeedEvent, Snapshot } from '../store/db.js';

/** What the server refuses of a batch. */
export interface BatchRejection {
  readonly id: string;
  readonly code: string;
  readonly reason: string;
  readonly retryable: boolean;
  /** Of a row: the fields that were not as expected. */
  readonly conflicts?: unknown;
}

export interface BatchAnswer {
  readonly accepted: readonly string[];
  readonly rejected: readonly BatchRejection[];
  readonly seq: number;
}

export interface FeedPage {
  readonly events: readonly FeedEvent[];
  readonly cursor: string;
  readonly seq: number;
  readonly hasMore: boolean;
}

export interface SnapshotPage {
  readonly snapshots: readonly Snapshot[];
  readonly next: string | null;
  readonly cursor: string;
  readonly seq: number;
}

/** An event of the audit trail. */
export interface HistoryEvent extends FeedEvent {
  readonly applied: boolean;
}

export interface HistoryPage {
  readonly events: readonly HistoryEvent[];
  readonly next: string | null;
}

export interface ListPage {
  readonly data: readonly unknown[];
  readonly next: string | null;
}

export interface HttpOptions {
  readonly baseUrl: string;
  /** Path below `baseUrl`, `/events` unless set. */
  readonly eventsEndpoint?: string;
  /** Path at the origin of `baseUrl`, or URL: `/health` unless set. */
  readonly healthEndpoint?: string;
  readonly fetch?: typeof fetch;
  /** The token to send; null sends none. */
  readonly token: () => Promise<string | null>;
  /** The server did not take this token of a single request: whether there is another to try now. */
  readonly renewToken?: (refused: string | null, signal: AbortSignal) => Promise<boolean>;
  /** The server's clock was seen: `offset` to add to this device's, give or take `uncertainty` ms. */
  readonly onServerTime?: (offset: number, uncertainty: number) => void;
  /** A request that takes longer counts as failed. */
  readonly timeoutMs?: number;
  /** The device's wall clock. */
  readonly now?: () => number;
}

/** The keys of a URL's query; what is null or undefined is left out. */
export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** A request below `baseUrl`. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Segments of its path. */
  readonly path: readonly string[];
  readonly query?: Query;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** The entity tag that the row must still have. */
  readonly ifMatch?: string | null | undefined;
}

/** What the server has to say to it. */
export interface ApiAnswer {
  /** An empty one where the answer has no body. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The row's entity tag. */
  readonly etag: string | null;
}

/** A client of one server. */
export class HttpClient {
  readonly #options: HttpOptions;
  readonly #events: string;

  constructor(options: HttpOptions) {
    this.#options = options;
    const base = options.baseUrl.replace(/\/+$/, '');
    const endpoint = options.eventsEndpoint ?? '/events';
    this.#events = /^https?:/.test(endpoint)
      ? endpoint.replace(/\/+$/, '')
      : `${base}/${endpoint.replace(/^\/+|\/+$/g, '')}`;
  }

  /** Sends events. */
  async batch(events: readonly EventEnvelope[], signal?: AbortSignal): Promise<BatchAnswer> {
    const body = toJson({ events: events.map(outgoing) });
    const answer = await this.#json(`${this.#events}/batch`, { method: 'POST', body }, signal);
    const accepted = arrayOf(answer['accepted']).filter(isText);
    const rejected = arrayOf(answer['rejected']).filter(isRejection);
    return { accepted, rejected, seq: numberOf(answer['seq']) };
  }

  /** The feed after a cursor. */
  async since(
    query: { readonly since: string | null; readonly types: readonly string[]; readonly limit: number },
    signal?: AbortSignal,
  ): Promise<FeedPage> {
    const url = `${this.#events}/since${search({ since: query.since, entity_type: query.types.join(',') || null, limit: query.limit })}`;
    const answer = await this.#json(url, {}, signal);
    return {
      events: arrayOf(answer['events']).filter(isFeedEvent),
      cursor: String(answer['cursor']),
      seq: numberOf(answer['seq']),
      hasMore: answer['has_more'] === true,
    };
  }

  /** Current states of a type, page by page; or of one entity. */
  async snapshots(
    query: { readonly type: string; readonly id?: string; readonly after?: string | null; readonly limit?: number },
    signal?: AbortSignal,
  ): Promise<SnapshotPage> {
    const parameters = { entity_type: query.type, entity_id: query.id, after: query.after, limit: query.limit };
    const answer = await this.#json(`${this.#events}/snapshots${search(parameters)}`, {}, signal);
    return {
      snapshots: arrayOf(answer['snapshots']).filter(isSnapshot),
      next: textOrNull(answer['next']),
      cursor: String(answer['cursor']),
      seq: numberOf(answer['seq']),
    };
  }

  /** The audit trail of an entity, newest page first. */
  async history(
    type: string,
    id: string,
    query: { readonly limit?: number; readonly before?: string | null } = {},
    signal?: AbortSignal,
  ): Promise<HistoryPage> {
    const path = `${this.#events}/history/${encodeURIComponent(type)}/${encodeURIComponent(id)}`;
    const answer = await this.#json(`${path}${search({ limit: query.limit, before: query.before })}`, {}, signal);
    const events = arrayOf(answer['events']).filter(isFeedEvent);
    return {
      events: events.map((event) => ({ ...event, applied: !('applied' in event) || event['applied'] === true })),
      next: textOrNull(answer['next']),
    };
  }

  /** A page of a model's REST list; the states are for the model to check. */
  async list(path: string, query: Query = {}, signal?: AbortSignal): Promise<ListPage> {
    const answer = await this.#json(`${this.#base}/${path}${search(query)}`, {}, signal);
    return { data: arrayOf(answer['data']), next: textOrNull(answer['next']) };
  }

  /** One state by its model's REST path. */
  async get(path: string, id: string, signal?: AbortSignal): Promise<unknown> {
    const answer = await this.#json(`${this.#base}/${path}/${encodeURIComponent(id)}`, {}, signal);
    return answer['data'];
  }

  /** Any other request; where its token is refused and there is another, it is sent once more. */
  async request({ method, path, query = {}, body, ifMatch }: ApiRequest, signal?: AbortSignal): Promise<ApiAnswer> {
    const url = `${this.#base}/${path.map(encodeURIComponent).join('/')}${search(query)}`;
    const init: RequestInit = {
      method,
      ...(body === undefined ? {} : { body: toJson(body) }),
      ...(ifMatch == null ? {} : { headers: { 'if-match': ifMatch } }),
    };
    const send = async (): Promise<ApiAnswer> => {
      const [answer, { headers }] = await this.#exchange(url, init, signal);
      return { body: answer, etag: headers.get('etag') };
    };
    const { token, renewToken } = this.#options;
    const used = await token().catch(() => null);
    return send().catch(async (error: unknown) => {
      const refused = error instanceof HttpError && error.status === 401;
      const wait = signal ?? new AbortController().signal;
      if (!refused || renewToken === undefined || !(await renewToken(used, wait))) throw error;
      return send();
    });
  }

  /** Resolves once the server says anything at all; a redirection is somebody else's word. */
  async isThere(signal: AbortSignal): Promise<void> {
    const { healthEndpoint = '/health', fetch: send = fetch } = this.#options;
    const here = typeof location === 'undefined' ? undefined : location.href;
    const url = new URL(healthEndpoint, new URL(this.#options.baseUrl, here));
    await send(url.href, { method: 'HEAD', redirect: 'error', cache: 'no-store', signal });
  }

  /** Opens the SSE stream and gives its body to read. */
  async live(
    channels: readonly string[],
    since: string | null,
    signal: AbortSignal,
  ): Promise<ReadableStream<Uint8Array>> {
    const url = `${this.#events}/live${search({ channels: channels.join(','), since })}`;
    const init = { headers: { accept: 'text/event-stream' } };
    const { response } = await this.#fetch(url, init, signal).catch((error: unknown) => {
      throw networkError(error);
    });
    if (response.body === null) throw new HttpError(response.status, 'no_stream', 'the server sent no stream');
    return response.body;
  }

  /** Where the WebSocket stream is. */
  streamUrl(channels: readonly string[], since: string | null): string {
    const path = `${this.#events}/stream${search({ channels: channels.join(','), since })}`;
    const url = new URL(path, typeof location === 'undefined' ? undefined : location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    return url.href;
  }

  get #base(): string {
    return this.#options.baseUrl.replace(/\/+$/, '');
  }

  async #json(url: string, init: RequestInit, signal?: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
    const [answer] = await this.#exchange(url, init, signal);
    return answer;
  }

  /** The body of an answer, and the answer. */
  async #exchange(
    url: string,
    init: RequestInit,
    signal?: AbortSignal,
  ): Promise<readonly [Readonly<Record<string, unknown>>, Response]> {
    const limit = AbortSignal.timeout(this.#options.timeoutMs ?? 30_000);
    try {
      const { response, tell } = await this.#fetch(url, init, signal ? AbortSignal.any([signal, limit]) : limit);
      const answer: unknown = response.status === 204 ? {} : await response.json();
      if (!isRecord(answer)) throw new HttpError(response.status, 'malformed_answer', 'the server sent no JSON object');
      tell(answer);
      return [answer, response];
    } catch (error) {
      throw networkError(error);
    }
  }

  /** Any answer but a problem; `tell` passes on the clock that an answer's body holds. */
  async #fetch(url: string, init: RequestInit, signal: AbortSignal): Promise<Fetched> {
    const { onServerTime, token: source, now = Date.now, fetch: send = fetch } = this.#options;
    const headers = new Headers(init.headers);
    const token = await source();
    if (token !== null) headers.set('authorization', `Bearer ${token}`);
    if (init.body !== undefined) headers.set('content-type', 'application/json');
    const sent = now();
    // Called through a variable: some browsers refuse `fetch` as a method of another object.
    const response = await send(url, { ...init, headers, signal, cache: 'no-store' });
    const received = now();
    const tell = ({ server_time: time }: Readonly<Record<string, unknown>>): void => {
      // The server read its clock somewhere in between: half way is the best guess, half the time its error.
      if (typeof time === 'number') onServerTime?.(time - (sent + received) / 2, (received - sent) / 2);
    };
    if (response.ok) return { response, tell };
    const problem = await problemOf(response);
    tell(problem.problem);
    throw problem;
  }
}

interface Fetched {
  readonly response: Response;
  readonly tell: (answer: Readonly<Record<string, unknown>>) => void;
}

async function problemOf(response: Response): Promise<HttpError> {
  // A proxy's page says nothing that a program could use.
  const body: unknown = await response.json().catch(() => null);
  const problem = isRecord(body) ? body : {};
  const code = typeof problem['code'] === 'string' ? problem['code'] : `http_${response.status}`;
  const text = problem['detail'] ?? problem['title'];
  const message = typeof text === 'string' ? text : `the server answered ${response.status}`;
  return new HttpError(response.status, code, message, problem, retryAfterOf(response.headers.get('retry-after')));
}

/** Whatever else goes wrong on the way is the network's fault; what this client says itself keeps its code. */
function networkError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (error instanceof SyncError) return new HttpError(0, error.code, error.message);
  return new HttpError(0, 'network_error', error instanceof Error ? error.message : String(error));
}

function retryAfterOf(header: string | null): number | null {
  if (header === null) return null;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

/** As it was recorded: who did it says the server, and what a row was is this device's affair. */
function outgoing(event: EventEnvelope): EventEnvelope {
  return { ...event, user_id: null, base: undefined };
}

function isRejection(value: unknown): value is BatchRejection {
  return isRecord(value) && isText(value['id']) && isText(value['code']) && isText(value['reason']);
}

/** Whether a value is an event of the feed. */
export function isFeedEvent(value: unknown): value is FeedEvent {
  return isRecord(value) && isEvent(value) && typeof value['seq'] === 'number';
}

function search(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined) parameters.set(key, String(value));
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
