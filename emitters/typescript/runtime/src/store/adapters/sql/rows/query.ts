/**
 * SQL of an application's own, in a client whose store is `sqlite` or `pglite` with rows: it reads the views, and what it writes through
 * them is sent as every other change is.
 */
import type { SyncClient } from '../../../../client/sync.js';
import { StoreError } from '../../../../errors.js';
import { toJson } from '../../../codec.js';
import { takeChunk } from '../../../tail.js';
import type { SqlRow, SqlValue } from '../database.js';

/**
 * Runs one statement, in a transaction of its own, over what the client shows: parameters are `$1`, `$2` and so on, which must first
 * appear in that order. What it writes is saved when this resolves.
 *
 * @throws StoreError: `no_sql` where the store is no such database, `storage_failed` with what the database said.
 */
export async function sql(
  client: SyncClient,
  text: string,
  parameters: readonly SqlValue[] = [],
): Promise<readonly SqlRow[]> {
  const { store } = client.internals;
  const { adapter } = store.mirror;
  if (adapter.sql === undefined) {
    throw new StoreError(
      'no_sql',
      'this client’s store is no database of SQL: choose the adapter of `db/sync-worker.ts` or `db/init.ts`',
    );
  }
  // What was changed before is in the tables before they are read.
  await store.settle();
  const { rows, chunk } = await adapter.sql(text, parameters);
  if (chunk !== null) {
    await takeChunk(store.mirror, chunk.key, chunk.text);
    // Says nothing: but other tabs look at what is on the disk before it.
    void store.commit([{ kind: 'sent', ids: [] }]);
  }
  return rows;
}

/** What a live query shows. */
export interface LiveRows {
  readonly rows: readonly SqlRow[];
  /** Why they could not be read the last time; null when they could. */
  readonly error: unknown;
}

/** Runs a query, and again whenever anything changes; tells of what it finds where that is something else. Returns what ends it. */
export function liveSql(
  client: SyncClient,
  text: string,
  parameters: readonly SqlValue[],
  listener: (found: LiveRows) => void,
): () => void {
  let last: string | null = null;
  let ended = false;
  let running = false;
  let stale = true;
  const run = async (): Promise<void> => {
    if (running) return;
    running = true;
    while (stale && !ended) {
      stale = false;
      let found: LiveRows;
      try {
        found = { rows: await sql(client, text, parameters), error: null };
      } catch (error) {
        found = { rows: [], error };
      }
      const shown = found.error === null ? toJson(found.rows) : `error: ${String(found.error)}`;
      if (ended || shown === last) continue;
      last = shown;
      listener(found);
    }
    running = false;
  };
  const stop = client.internals.store.onChange.add(() => {
    stale = true;
    void run();
  });
  void run();
  return () => {
    ended = true;
    stop();
  };
}
