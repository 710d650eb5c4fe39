/**
 * What becomes of a row's unsynced writes: which go to the server as what, which are part of another, which wait for the user. Pure.
 *
 * Derived anew from what was recorded whenever something changed, and never stored: so every tab and every restart comes to the same.
 * What was ever sent is never touched.
 */
import { absent, deleted, type EffectKind, type EventEnvelope } from '../model.js';
import type { LogEntry } from '../store/logEntry.js';
import { newestOf, type Row } from './row.js';
import { fieldsOf, type RowRules, WHOLE_ROW } from './rules.js';

/** For each field, or under `*` for the row, the transaction that a write was based on. */
export type Expectations = Readonly<Record<string, string | null>>;

/** A write that the feed has not brought, as far as its queue asks. */
export interface Unsynced {
  readonly event: Pick<EventEnvelope, 'event_type' | 'payload' | 'timestamp' | 'expected' | 'base'>;
  readonly sent: boolean;
  readonly status: LogEntry['status'];
}

/** One write of the queue, as it now stands. */
export interface QueuedWrite<Entry extends Unsynced = LogEntry> {
  readonly entry: Entry;
  /** `absorbed`: a later write holds it. `void`: what was never sent was made and ended. `held`: it waits for the user. */
  fate: 'send' | 'absorbed' | 'void' | 'held';
  payload: Record<string, unknown>;
  expected: Record<string, string | null>;
  /** What it holds besides. */
  over: Entry[];
  /** The fields, or `*`, on which it is in conflict. */
  conflicts: readonly string[];
}

/** What the queue of a row is derived from: what the server has said of it, and what the declaration says. */
type Said = Pick<Row, 'state' | 'tx' | 'own'>;
type Rules = Pick<RowRules, 'fields' | 'lastWriteWins'>;

/** The writes of one row in their order. */
export function queueOf<Entry extends Unsynced>(
  row: Said,
  own: readonly Entry[],
  effectOf: (event: Entry['event']) => EffectKind | undefined,
  rules: Rules,
): QueuedWrite<Entry>[] {
  const queue = new Queue<Entry>(row, rules);
  for (const entry of own) {
    const write: QueuedWrite<Entry> = {
      entry,
      fate: 'send',
      payload: { ...fieldsOf(entry.event) },
      expected: { ...entry.event.expected },
      over: [],
      conflicts: [],
    };
    queue.all.push(write);
    const effect = effectOf(entry.event);
    if (entry.sent || entry.status === 'accepted') queue.sent(write, effect === 'create');
    else if (effect === 'create') queue.create = write;
    else if (effect === 'delete') queue.delete(write);
    else queue.update(write);
  }
  if (!rules.lastWriteWins) for (const write of queue.open) queue.compare(write);
  return queue.all;
}

class Queue<Entry extends Unsynced> {
  readonly all: QueuedWrite<Entry>[] = [];
  /** Changes that were never sent. */
  open: QueuedWrite<Entry>[] = [];
  /** The creation of the row, where it was never sent. */
  create: QueuedWrite<Entry> | null = null;
  /** The first change that was never sent, whatever became of it. */
  #first: Entry | null = null;
  /** The last sent transaction of this device for each field, and under `*` of all. */
  readonly #sent = new Map<string, string>();
  readonly #row: Said;
  readonly #rules: Rules;

  constructor(row: Said, rules: Rules) {
    this.#row = row;
    this.#rules = rules;
  }

  sent({ entry, payload }: QueuedWrite<Entry>, isCreate: boolean): void {
    const { timestamp } = entry.event;
    for (const field of isCreate ? this.#rules.fields : Object.keys(payload)) this.#sent.set(field, timestamp);
    this.#sent.set(WHOLE_ROW, timestamp);
  }

  update(write: QueuedWrite<Entry>): void {
    const { create } = this;
    this.#first ??= write.entry;
    if (create !== null) {
      Object.assign(create.payload, write.payload);
      return absorb(create, write);
    }
    for (const field of Object.keys(write.payload)) {
      const earlier = this.open.find(({ payload }) => Object.hasOwn(payload, field));
      if (earlier === undefined) this.#base(write, field);
      else {
        if (!this.#rules.lastWriteWins) write.expected[field] = earlier.expected[field] ?? null;
        delete earlier.payload[field];
        delete earlier.expected[field];
      }
    }
    for (const earlier of this.open) if (Object.keys(earlier.payload).length === 0) absorb(write, earlier);
    this.open = [...this.open.filter(({ fate }) => fate === 'send'), write];
  }

  delete(write: QueuedWrite<Entry>): void {
    const { create, open } = this;
    this.create = null;
    this.open = [];
    if (create !== null) {
      absorb(write, create);
      write.fate = 'void';
      return;
    }
    if (this.#first !== null && !this.#rules.lastWriteWins) write.expected[WHOLE_ROW] = this.#first.event.base ?? null;
    this.#base(write, WHOLE_ROW);
    for (const earlier of open) absorb(write, earlier);
    this.open = [write];
  }

  /** What a write expects of a field: what this device sent last, or what it had seen. */
  #base(write: QueuedWrite<Entry>, field: string): void {
    if (this.#rules.lastWriteWins) return;
    const sent = this.#sent.get(field);
    if (sent !== undefined) write.expected[field] = sent;
    else if (this.#row.own[field]?.includes(write.expected[field] ?? '')) write.expected[field] = this.#now(field);
  }

  /** Holds a write that is based on what has been overwritten since. */
  compare(write: QueuedWrite<Entry>): void {
    const { state } = this.#row;
    // What is not there, or no longer: the server says so.
    if (state === absent || state === deleted) return;
    write.conflicts = Object.entries(write.expected)
      .filter(([field, expected]) => !this.#sent.has(field) && expected !== this.#now(field))
      .map(([field]) => field);
    if (write.conflicts.length > 0) write.fate = 'held';
  }

  #now(field: string): string | null {
    return field === WHOLE_ROW ? newestOf(this.#row) : (this.#row.tx[field] ?? null);
  }
}

function absorb<Entry extends Unsynced>(into: QueuedWrite<Entry>, write: QueuedWrite<Entry>): void {
  write.fate = 'absorbed';
  into.over.push(...write.over, write.entry);
}
