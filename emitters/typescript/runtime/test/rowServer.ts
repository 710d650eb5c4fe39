/**
 * A small model of the server's rows, without a network: it answers the client's requests as `rows.md` says, by rules written down here a
 * second time, and does harm on request.
 */
import { eventTime } from '../src/materializers/utils.js';
import { absent, deleted, type EventEnvelope, type Folded } from '../src/model.js';
import type { FeedEvent } from '../src/store/db.js';
import { type Contact, type ContactEvent, reduceContact } from './models/contact.js';

/** A row as the server has it. */
interface ServerRow {
  state: Folded<Contact>;
  readonly tx: Record<string, string>;
  seq: number;
  last: EventEnvelope;
}

const FIELDS = ['first_name', 'last_name', 'email'];

export class RowServer {
  readonly log: FeedEvent[] = [];
  readonly rows = new Map<string, ServerRow>();
  readonly requests: string[] = [];
  readonly batches: EventEnvelope[][] = [];
  lastWriteWins = false;
  /** Refuses whatever it says a reason for. */
  guard: (event: EventEnvelope, device: string) => string | null = () => null;
  /** Before each request of a device: `down`: it does not arrive; `lose`: its answer does not. */
  fault: (device: string, path: string) => 'down' | 'lose' | null = () => null;
  clock: () => number = Date.now;
  #judging = '';

  /** The network as a device sees it. */
  fetchOf(device: string): typeof fetch {
    return async (input, init) => {
      const url = new URL(String(input));
      const path = url.pathname.replace('/api/v1/events', '');
      this.requests.push(`${device} ${path}`);
      this.#judging = device;
      const fault = this.fault(device, path);
      if (fault === 'down' || init?.signal?.aborted) throw new TypeError('no network');
      const answer = this.#answer(path, url, typeof init?.body === 'string' ? init.body : '');
      if (fault === 'lose') throw new TypeError('the answer was lost');
      if (answer === null) return new Response('{"code":"not_found"}', { status: 404 });
      return new Response(JSON.stringify({ ...answer, server_time: this.clock() }));
    };
  }

  /** What is in a row. */
  get(id: string): Contact | undefined {
    const state = this.rows.get(id)?.state;
    return state === undefined || state === absent || state === deleted ? undefined : state;
  }

  #answer(path: string, url: URL, body: string): object | null {
    if (path === '/batch') {
      const { events } = JSON.parse(body);
      this.batches.push(events);
      return this.post(events);
    }
    if (path === '/since') {
      const after = Number(url.searchParams.get('since')?.slice(1) ?? 0);
      const limit = Number(url.searchParams.get('limit') ?? 100);
      const events = this.log.slice(after, after + limit);
      const seq = after + events.length;
      return { events, cursor: `c${seq}`, seq, has_more: seq < this.log.length };
    }
    if (path !== '/snapshots') return null;
    const one = url.searchParams.get('entity_id');
    const snapshots = [...this.rows]
      .filter(([id, { state }]) => (one === null ? state !== deleted : id === one))
      .map(([id, { state, tx, seq, last }]) => ({
        entity_type: 'contact',
        entity_id: id,
        state: state === deleted ? null : state,
        tx,
        last_hlc: last.timestamp,
        last_event_id: last.id,
        event_count: 1,
        schema_version: 1,
        seq,
      }));
    return { snapshots, next: null, cursor: `c${this.log.length}`, seq: this.log.length };
  }

  /** Judges a batch. */
  post(events: readonly EventEnvelope[]): object {
    const accepted: string[] = [];
    const rejected: object[] = [];
    let seq = 0;
    for (const event of events) {
      const known = this.log.find(({ id }) => id === event.id);
      const refusal =
        known === undefined ? this.#refusal(event) : same(known, event) ? null : { code: 'idempotency_mismatch' };
      if (refusal !== null) {
        rejected.push({ id: event.id, reason: 'no', retryable: false, ...refusal });
        continue;
      }
      accepted.push(event.id);
      seq = Math.max(seq, known?.seq ?? this.#write(event));
    }
    return { accepted, rejected, seq };
  }

  #refusal(event: EventEnvelope): object | null {
    const row = this.rows.get(event.entity_id);
    const type = event.event_type.split('.')[1];
    if (type === 'created') {
      if (row !== undefined) return { code: 'entity_exists' };
    } else {
      if (row === undefined) return { code: 'entity_not_found' };
      if (row.state === deleted) return { code: 'entity_deleted' };
      const conflicts = this.lastWriteWins ? [] : this.#conflicts(row, type, event);
      if (conflicts === null) return { code: 'invalid_payload' };
      if (conflicts.length > 0) return { code: 'field_conflict', conflicts };
    }
    const reason = this.guard(event, this.#judging);
    return reason === null ? null : { code: 'guarded', reason };
  }

  /** Null: it does not say what it must, or says more. */
  #conflicts(row: ServerRow, type: string | undefined, event: EventEnvelope): object[] | null {
    const { expected = {}, payload } = event;
    const needed = type === 'deleted' ? ['*'] : Object.keys(payload as object);
    if (
      needed.some((field) => !(field in expected)) ||
      Object.keys(expected).some((field) => !needed.includes(field))
    ) {
      return null;
    }
    const last = (field: string): string =>
      field === '*' ? (Object.values(row.tx).sort().at(-1) ?? '') : (row.tx[field] ?? '');
    const value = (field: string): unknown =>
      field === '*' ? row.state : new Map(Object.entries(row.state ?? {})).get(field);
    return needed
      .filter((field) => expected[field] !== last(field))
      .map((field) => ({
        field,
        expected_transaction_id: expected[field],
        server_transaction_id: last(field),
        server_value: value(field),
      }));
  }

  #write(event: EventEnvelope): number {
    const seq = this.log.length + 1;
    const known = this.rows.get(event.entity_id);
    const row: ServerRow = known ?? { state: absent, tx: {}, seq, last: event };
    let payload = { ...(event.payload as Record<string, unknown>) };
    if (this.lastWriteWins && event.event_type === 'contact.updated') {
      payload = Object.fromEntries(
        Object.entries(payload).filter(([field]) => (row.tx[field] ?? '') <= event.timestamp),
      );
    }
    const nothing = event.event_type === 'contact.updated' && Object.keys(payload).length === 0;
    if (!nothing) row.state = reduceContact(row.state, { ...event, payload } as ContactEvent);
    for (const field of event.event_type === 'contact.created' ? FIELDS : Object.keys(payload)) {
      row.tx[field] = event.timestamp;
    }
    const { state } = row;
    if (state !== absent && state !== deleted) {
      const newest = Object.values(row.tx).sort().at(-1) ?? event.timestamp;
      row.state = { ...state, updated_at: eventTime(newest) };
    }
    row.seq = seq;
    if (event.timestamp > row.last.timestamp) row.last = event;
    this.rows.set(event.entity_id, row);
    this.log.push({ ...event, payload, seq, user_id: 'u', received_at: '2026-11-21T00:00:00.000Z' });
    return seq;
  }
}

/** The same content, expectations among it. */
function same(known: EventEnvelope, event: EventEnvelope): boolean {
  const of = ({ payload, timestamp, expected }: EventEnvelope): string =>
    JSON.stringify([payload, timestamp, expected]);
  return of(known) === of(event);
}
