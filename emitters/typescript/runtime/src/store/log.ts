/** One entity as the engine holds it, whatever its mode. Types alone. */
import type { EntityState, Folded, ModelDefinition } from '../model.js';
import type { Snapshot } from './db.js';
import type { EntityLog } from './entityLog.js';
import type { PlannedPart } from './keeping.js';
import type { LogEntry, Place } from './logEntry.js';
import type { Part } from './pages.js';

/** What is held of an entity: its events in the order of stamps, or as the mode of its model has it. */
export type Log = EntityLog | ModeLog;

/** What a mode holds of an entity. Its members mean what they mean of {@link EntityLog}. */
export interface ModeLog {
  readonly id: string;
  readonly model: ModelDefinition;
  readonly stale: readonly LogEntry[];
  ask: boolean;
  rewound: boolean;
  page: string | null;
  shown: Folded<EntityState> | undefined;
  readonly entries: readonly LogEntry[];
  readonly foreign: boolean;
  readonly empty: boolean;
  readonly needsServer: boolean;
  state(): Folded<EntityState>;
  /** The state before the first of the entries. */
  start(): Folded<EntityState>;
  history(): readonly LogEntry[];
  newest(): string | null;
  newestSynced(): string | null;
  has(event: Place): boolean;
  holds(seq: number): boolean;
  /** Whether an event that the server has just accepted may have come by the feed already. */
  covers(event: Place): boolean;
  insert(entry: LogEntry): void;
  remove(entry: LogEntry): boolean;
  receive(entry: LogEntry, known?: LogEntry): 'inserted' | 'held' | 'stale';
  rebase(snapshot: Snapshot, head: number): LogEntry[];
  reset(): LogEntry[];
  restore(part: Part): void;
  /** What the store is to keep from here on; null where that is nothing. */
  part(): PlannedPart | null;
  settle(part: Part, revision: number): boolean;
  rest(): boolean;
  sinceSnapshot(): number;
}
