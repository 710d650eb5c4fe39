/** What is shown of writes to rows that met another's. Types alone; `rows/` makes the values. */
import type { EntityState } from '../model.js';

/** What stands against what, on one field of one row. */
export interface Met {
  readonly entityType: string;
  readonly entityId: string;
  /** The write of this device. */
  readonly eventId: string;
}

/** A field that somebody else has written since, and a write of this device that waits. */
export interface FieldConflict<Field extends string = string, Value = unknown> extends Met {
  readonly field: Field;
  /** What this device wrote. */
  readonly mine: Value;
  /** What the server has now. */
  readonly theirs: Value;
  /** Writes mine over theirs. */
  keepMine(): Promise<void>;
  /** Gives mine up. */
  keepServer(): Promise<void>;
  /** Writes something third. */
  merge(value: Value): Promise<void>;
}

/** A row that somebody else has written since this device deleted it. */
export interface DeleteConflict<State = EntityState> extends Met {
  /** The whole row. */
  readonly field: '*';
  /** The row is gone. */
  readonly mine: null;
  readonly theirs: State;
  keepMine(): Promise<void>;
  keepServer(): Promise<void>;
}

/** What waits for a decision. */
export type RowConflict = FieldConflict | DeleteConflict;

/** What waits for a decision of one model, typed field by field. */
export type ConflictOf<State, Field extends keyof State & string> =
  | { readonly [Name in Field]: FieldConflict<Name, State[Name]> }[Field]
  | DeleteConflict<State>;

/** A write that gave way to the server's value, as its model says; listed until it is dismissed. */
export interface RowLoss extends Met {
  readonly field: string;
  readonly mine: unknown;
  /** What the server had then. */
  readonly theirs: unknown;
  /** Unix milliseconds. */
  readonly at: number;
  dismiss(): Promise<void>;
}
