/**
 * What the generator writes out for one model, and all that the engine knows about it.
 *
 * The engine holds no knowledge of any particular model: it moves envelopes, keeps their order and calls
 * {@link ModelDefinition.reduce}. Everything that depends on a declaration comes in through these types.
 */

import type { BatchRejection } from './client/http.js';
import type { SyncStatus } from './client/status.js';
import type { JournalEntry, ModeEntry } from './store/db.js';
import type { EventStore } from './store/eventStore.js';
import type { Changes, Ledger } from './store/ledger.js';
import type { ModeLog } from './store/log.js';
import type { LogEntry } from './store/logEntry.js';

/** No `create` has been folded yet. */
export const absent = null;

/** A `delete` was folded: nothing after it counts. Registered, so that two copies of this file in one program agree on it. */
export const deleted: unique symbol = Symbol.for('syncable.deleted');

/** An entity as the fold knows it: not there yet, alive, or ended. */
export type Folded<State> = State | typeof absent | typeof deleted;

/** The keys that every model's state has. */
export interface EntityState {
  readonly id: string;
}

/**
 * One event as it travels and as it is stored.
 *
 * Keys are those of the wire. A payload may lack keys that its reader has no right to see.
 */
export interface EventEnvelope<Type extends string = string, Payload = unknown> {
  /** UUID, lower case. */
  readonly id: string;
  /** `{entity}.{event}` */
  readonly event_type: Type;
  readonly entity_type: string;
  readonly entity_id: string;
  readonly payload: Payload;
  /** A stamp of the hybrid logical clock, `{ms:15}.{counter:5}.{node:8 hex}`. */
  readonly timestamp: string;
  readonly schema_version: number;
  /** Who did it; null until the server has said so. */
  readonly user_id: string | null;
  /** At most 128 bytes; the id where none was chosen. */
  readonly idempotency_key: string;
  /** Of a row: for each field the transaction that the change was based on; under `*` that of the row. */
  readonly expected?: Readonly<Record<string, string | null>> | undefined;
  /** Of a row: the tab or the process that wrote. */
  readonly source_id?: string | null | undefined;
  /** Of a row, and for this device alone: its newest transaction when the change was made. */
  readonly base?: string | null | undefined;
}

/** What a `custom` effect learns about the event it applies. */
export interface EventMeta {
  readonly id: string;
  readonly entity_id: string;
  readonly timestamp: string;
  /** The event's own time, RFC 3339 with three decimals. */
  readonly time: string;
  readonly user_id: string | null;
}

/** The effects of the closed vocabulary. */
export type EffectKind =
  | 'create'
  | 'set'
  | 'merge'
  | 'push'
  | 'remove'
  | 'update'
  | 'increment'
  | 'transition'
  | 'delete'
  | 'custom';

/** A state machine's event: which field moves, under which payload key, and what is allowed. */
export interface TransitionRule {
  readonly field: string;
  readonly key: string;
  readonly allowed: Readonly<Record<string, readonly string[]>>;
}

/** One declared event. */
export interface EventDefinition<Payload = unknown> {
  readonly effect: EffectKind;
  /** Checks a payload, its rules among it, and returns its normal form; throws `InvalidPayload` with a JSON pointer. */
  readonly parse: (payload: unknown) => Payload;
  /** The same for a payload from the log, which may lack the keys that its reader does not see; `parse` unless set. */
  readonly read?: (payload: unknown) => Payload;
  /** Present where the effect is `transition`. */
  readonly transition?: TransitionRule;
}

/** The payload that an event type of a union of events carries. */
export type PayloadOf<Event extends EventEnvelope, Type extends Event['event_type']> = Extract<
  Event,
  { readonly event_type: Type }
>['payload'];

/** One declared model in events mode. */
export interface ModelDefinition<State extends EntityState = EntityState, Event extends EventEnvelope = EventEnvelope> {
  /** Name on the wire, in event types and channels: `order`. */
  readonly entity: string;
  /** Path segment of its REST views: `orders`. */
  readonly path: string;
  /** Schema version that this client writes and can read. */
  readonly version: number;
  /** A snapshot in idle time once `every` events lie past the last one, at once when `max` do; null: off. */
  readonly snapshot: { readonly every: number; readonly max: number } | null;
  /** By full event type. */
  readonly events: Readonly<Record<Event['event_type'], EventDefinition>>;
  /**
   * Folds one event. Total; returns the very same state when the event did nothing.
   *
   * A method, so that the engine can hold models of different states in one map: it only ever gives a model back its own states.
   */
  reduce(state: Folded<State>, event: Event): Folded<State>;
  /** Checks a state from the network or the disk; throws `InvalidPayload`. */
  readonly parseState: (value: unknown) => State;
  /** Stands for the declaration: another one has another print. What is stored says under which it was checked. */
  readonly print?: string;
  /** The wire's form of all values is the form that the fold takes: what was checked under this print needs no parser again. */
  readonly plain?: boolean;
  /** The fields that an owner alone sees, if any. */
  readonly hidden?: readonly string[];
  /** Reads a payload, or with null for the event a state, of an older version as this one has it. */
  readonly lift?: (value: unknown, version: number, event: string | null) => unknown;
  /** How its events meet its states, where that is not the fold in the order of stamps. */
  readonly mode?: Mode;
}

/** How the events of a model meet its states. The code of a mode comes with the models that have it; this is all that the engine knows. */
export interface Mode {
  /** What is held of one entity. */
  log(model: ModelDefinition, id: string, ledger: Ledger): ModeLog;
  /** What an event of this device says beside its payload. */
  beside(
    store: EventStore,
    model: ModelDefinition,
    eventType: string,
    id: string,
    payload: unknown,
  ): Partial<EventEnvelope>;
  /** What is to be written before events, of any model, are sent for the first time. */
  prepare(ledger: Ledger, entries: readonly LogEntry[]): readonly JournalEntry[];
  /** Applies an entry that the mode wrote. */
  apply(ledger: Ledger, entry: ModeEntry, changes: Changes): void;
  /** What a refusal, of an event of any model, comes to; null: what it says. */
  refused(store: EventStore, entry: LogEntry, rejection: BatchRejection): readonly JournalEntry[] | null;
  /** What the status says of all models of this mode. */
  status(store: EventStore): Pick<SyncStatus, 'conflicts' | 'losses'>;
}
