/** A server in memory for the tests: the contract's endpoints, and faults on request. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { absent, deleted, type EventEnvelope } from '../src/model.js';
import { MemoryAdapter } from '../src/store/adapters/memory.js';
import type { FeedEvent, Snapshot } from '../src/store/db.js';
import { EventStore } from '../src/store/eventStore.js';
import { parseStamp } from '../src/store/hlc.js';
import { receive } from '../src/store/receiving.js';
import { platformTimers } from '../src/store/timing.js';
import { boardModel } from './models/board.js';
import { orderModel } from './models/order.js';
import { snapshotOf } from './snapshots.js';

/** What a test may have the server do to a request: answer it, or null to go on. `lose`: do the work, drop the answer. */
export type Fault =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> }
  | 'drop'
  | 'lose'
  | null;

interface Batch {
  readonly events: readonly EventEnvelope[];
}

export class FakeServer {
  readonly log: FeedEvent[] = [];
  /** Pages for browsers, by path. */
  readonly files = new Map<string, { readonly type: string; readonly body: string | Uint8Array }>();
  /** Other services at the same origin, by the start of their paths. */
  readonly beside = new Map<string, typeof fetch>();
  readonly requests: { readonly path: string; readonly body: Batch | null }[] = [];
  fault: (path: string, body: Batch | null) => Fault = () => null;
  guard: (event: EventEnvelope) => { code: string; reason: string; retryable: boolean } | null = () => null;
  /** What it says when it is asked whether it is there. */
  health: { readonly status: number; readonly headers?: Record<string, string> } = { status: 200 };
  token: string | null = null;
  epoch = 'e1';
  /** What a cursor of another epoch gets. */
  refusal = { status: 410, code: 'cursor_expired' };
  clock: () => number = Date.now;
  maxDrift = 60_000;
  webSockets = true;
  /** Fields of an order that nobody is shown. */
  hidden: readonly string[] = [];
  /** Streams open, and a proxy keeps what they say. */
  mute = false;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #streams = new Set<(event: FeedEvent) => void>();
  readonly #closers = new Set<() => void>();

  constructor() {
    this.#server = createServer((request, response) => void this.#handle(request, response));
    this.#server.on('upgrade', (request, socket, head) => {
      if (!this.webSockets) return socket.destroy();
      this.#sockets.handleUpgrade(request, socket, head, (ws) => this.#socket(ws, request.url ?? ''));
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/api/v1`;
  }

  async stop(): Promise<void> {
    this.dropStreams();
    this.#sockets.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** How many streams are open. */
  get streams(): number {
    return this.#streams.size;
  }

  /** Goes away and comes back on the same port, with the same log. */
  async restart(away: () => Promise<void>): Promise<void> {
    const { port } = this.#server.address() as AddressInfo;
    this.dropStreams();
    const gone = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await gone;
    await away();
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
  }

  dropStreams(): void {
    for (const close of [...this.#closers]) close();
  }

  /** Batches that came in. */
  get batches(): readonly (readonly EventEnvelope[])[] {
    return this.requests.filter(({ path }) => path.endsWith('/batch')).map(({ body }) => body?.events ?? []);
  }

  /** Puts an event in the log as another device would. */
  append(event: EventEnvelope): void {
    const fed = {
      ...event,
      user_id: event.user_id ?? 'u',
      seq: this.log.length + 1,
      received_at: new Date(0).toISOString(),
    };
    this.log.push(fed);
    for (const stream of [...this.#streams]) stream(fed);
  }

  /** The fold of the log. */
  async fold(): Promise<EventStore> {
    const log = [...this.log]; // of now: more may come while it is folded
    const models = [orderModel, boardModel].map((model) => ({ ...model, snapshot: null }));
    const store = new EventStore({ models, adapter: new MemoryAdapter(), timers: platformTimers });
    await store.open();
    await receive(store, log, null);
    return store;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://x');
    const path = url.pathname.replace('/api/v1/events', '');
    const file = this.files.get(url.pathname);
    if (file !== undefined) return void response.writeHead(200, { 'content-type': file.type }).end(file.body);
    if (request.method === 'HEAD') return void response.writeHead(this.health.status, this.health.headers).end();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const [prefix, service] = [...this.beside].find(([start]) => url.pathname.startsWith(start)) ?? [];
    if (prefix !== undefined && service !== undefined) {
      url.pathname = url.pathname.slice(prefix.length);
      // What it does not answer does not arrive.
      const answer = await service(url, text === '' ? {} : { body: text }).catch(() => null);
      if (answer === null) return void response.destroy();
      const type = 'application/json';
      return void response.writeHead(answer.status, { 'content-type': type }).end(await answer.text());
    }
    const body: Batch | null = request.method === 'POST' ? JSON.parse(text) : null;
    this.requests.push({ path: url.pathname + url.search, body });
    const send = (status: number, value: unknown, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(value));
    };
    const fault = this.fault(path, body);
    if (fault === 'drop') return void response.destroy();
    if (fault !== null && fault !== 'lose') return send(fault.status, fault.body ?? {}, fault.headers ?? {});
    if (this.token !== null && request.headers.authorization !== `Bearer ${this.token}`) {
      return send(401, { code: 'unauthorized' });
    }
    const server_time = this.clock();
    if (path === '/batch' && body !== null) {
      const answer = { ...(await this.#batch(body)), server_time };
      return fault === 'lose' ? void response.destroy() : send(200, answer);
    }
    const since = url.searchParams.get('since');
    if (since !== null && !since.startsWith(`${this.epoch}:`))
      return send(this.refusal.status, { code: this.refusal.code });
    const after = Number(since?.split(':')[1] ?? 0);
    if (path === '/since') {
      const limit = Number(url.searchParams.get('limit') ?? 100);
      const events = this.log.slice(after, after + limit).map((one) => this.#shown(one));
      const seq = after + events.length;
      return send(200, { events, cursor: this.#cursor(seq), seq, has_more: seq < this.log.length, server_time });
    }
    if (path === '/snapshots') return send(200, { ...(await this.#snapshots(url)), server_time });
    if (path.startsWith('/history/')) {
      const id = path.split('/')[3];
      const events = this.log.filter(({ entity_id }) => entity_id === id).map((event) => ({ ...event, applied: true }));
      return send(200, { events, next: null });
    }
    if (path === '/live') return this.#live(response, after);
    send(404, { code: 'not_found' });
  }

  #cursor(seq: number): string {
    return `${this.epoch}:${seq}`;
  }

  async #batch({ events }: Batch): Promise<object> {
    const accepted: string[] = [];
    const rejected: unknown[] = [];
    for (const event of events) {
      const known = this.log.find(({ id }) => id === event.id);
      const same =
        known !== undefined &&
        JSON.stringify([known.payload, known.timestamp]) === JSON.stringify([event.payload, event.timestamp]);
      const refusal =
        known !== undefined && !same
          ? { code: 'idempotency_mismatch', reason: 'other content', retryable: false }
          : parseStamp(event.timestamp).ms > this.clock() + this.maxDrift
            ? { code: 'clock_drift', reason: 'ahead', retryable: false }
            : (this.guard(event) ?? (known === undefined ? await this.#judge(event) : null));
      if (refusal !== null) rejected.push({ id: event.id, ...refusal });
      else {
        accepted.push(event.id);
        if (known === undefined) this.append(event);
      }
    }
    const seq = Math.max(0, ...accepted.map((id) => this.log.find((event) => event.id === id)?.seq ?? 0));
    return { accepted, rejected, seq, cursor: this.#cursor(seq) };
  }

  async #judge(event: EventEnvelope): Promise<{ code: string; reason: string; retryable: boolean } | null> {
    const create = event.event_type.endsWith('.created');
    const known = this.log.some(
      ({ entity_id, event_type }) => entity_id === event.entity_id && event_type.endsWith('.created'),
    );
    if (create && known) return { code: 'entity_exists', reason: 'exists', retryable: false };
    if (!create && !known) return { code: 'entity_not_found', reason: 'no such entity', retryable: false };
    return null;
  }

  async #snapshots(url: URL): Promise<object> {
    const type = url.searchParams.get('entity_type') ?? '';
    const one = url.searchParams.get('entity_id');
    const seq = this.log.length; // of the fold: more may come while it is made
    const store = await this.fold();
    const snapshots: Snapshot[] = [];
    for (const [id, log] of [...store.ledger.logs(type)].sort()) {
      const snapshot = snapshotOf(log);
      const state = log.state();
      if (snapshot === null || state === absent || (one === null ? state === deleted : id !== one)) continue;
      snapshots.push(this.#without(snapshot, 'state'));
    }
    const limit = 2;
    const after = url.searchParams.get('after') ?? '';
    const rest = snapshots.filter(({ entity_id }) => entity_id > after);
    const page = rest.slice(0, limit);
    return {
      snapshots: page,
      next: rest.length > limit ? page.at(-1)?.entity_id : null,
      cursor: this.#cursor(seq),
      seq,
    };
  }

  /** An event as a reader gets it. */
  #shown(event: FeedEvent): FeedEvent {
    return event.event_type === 'order.created' ? this.#without(event, 'payload') : event;
  }

  #without<T extends object>(one: T, member: keyof T): T {
    const shown = Object.entries(one[member] ?? {}).filter(([key]) => !this.hidden.includes(key));
    return one[member] === null ? one : { ...one, [member]: Object.fromEntries(shown) };
  }

  #live(response: ServerResponse, after: number): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const send = (message: { type: string }): void => {
      response.write(`event: ${message.type}\ndata: ${JSON.stringify(message)}\n\n`);
    };
    this.#follow(after, send, response, () => response.destroy());
  }

  #socket(ws: WebSocket, url: string): void {
    ws.once('message', (data) => {
      const { token } = JSON.parse(String(data));
      if (this.token !== null && token !== this.token) return ws.close(4401);
      const since = new URL(url, 'http://x').searchParams.get('since');
      if (since !== null && !since.startsWith(`${this.epoch}:`)) return ws.close(4410);
      const send = (message: unknown): void => ws.send(JSON.stringify(message));
      this.#follow(Number(since?.split(':')[1] ?? 0), send, ws, () => ws.terminate());
    });
  }

  #follow(
    after: number,
    send: (message: { readonly type: string }) => void,
    source: { on(event: 'close', listener: () => void): unknown },
    close: () => void,
  ): void {
    if (this.mute) return;
    const one = (event: FeedEvent): void =>
      send(
        Object.assign({
          type: 'event',
          channel: event.entity_type,
          event: this.#shown(event),
          cursor: this.#cursor(event.seq),
        }),
      );
    for (const event of this.log.slice(after)) one(event);
    const seq = this.log.length;
    send(Object.assign({ type: 'caught_up', cursor: this.#cursor(seq), seq, server_time: this.clock() }));
    this.#streams.add(one);
    this.#closers.add(close);
    source.on('close', () => {
      this.#streams.delete(one);
      this.#closers.delete(close);
    });
  }
}
