/** What every database of SQL is asked for, whichever library has it open. */

/** A parameter of a statement. */
export type SqlValue = string | number | null;

/** A row of a result. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** Runs statements. */
export interface SqlQuery {
  /** Runs one statement with parameters `$1`, `$2` and so on, which must first appear in that order. */
  (sql: string, parameters: readonly SqlValue[]): Promise<readonly SqlRow[]>;
  /** Runs any number of statements without parameters. */
  script(sql: string): Promise<void>;
}

/** An open database. */
export interface SqlDatabase {
  readonly query: SqlQuery;
  /** All of what `action` does, or nothing. */
  transaction<T>(action: (query: SqlQuery) => Promise<T>): Promise<T>;
  /** Runs `action`; what it commits survives power loss. */
  flushed<T>(action: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
