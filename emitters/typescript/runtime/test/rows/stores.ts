/**
 * Where the tests of rows keep a device's store: in memory, or, as `SYNC_ROWS` says, in a database with the generated tables. Then the
 * tables have to say what the client shows, whatever has happened.
 */
import assert from 'node:assert/strict';
import type { SyncClient } from '../../src/client/sync.js';
import type { EntityState } from '../../src/model.js';
import { RowLog } from '../../src/rows/rowLog.js';
import { diskStore } from '../../src/store/adapters/disk.js';
import type { SqlDatabase, SqlRow } from '../../src/store/adapters/sql/database.js';
import { sqlDisk } from '../../src/store/adapters/sql/disk.js';
import { sql } from '../../src/store/adapters/sql/rows/query.js';
import { rowTables } from '../../src/store/adapters/sql/rows/tables.js';
import type { StoreFactory } from '../../src/store/db.js';
import { inMemory, type Stores } from './noTables.js';
import { type Engine, engines } from './sql.js';

/** Stores in memory, or in a database: `sqlite`, `pglite`. */
export async function storesOn(kind: string | undefined): Promise<Stores> {
  if (kind === undefined) return inMemory;
  const engine = (await engines()).find(({ name }) => name === kind);
  if (engine === undefined) throw new Error(`SYNC_ROWS is sqlite or pglite, not ${kind}`);
  return { deviceStore: () => storeIn(engine), tablesAgree };
}

function storeIn({ schema, beside }: Engine): StoreFactory {
  const made = beside();
  // Closed with its client, and open for the next.
  return diskStore(async () => {
    const database = await made;
    const kept: SqlDatabase = {
      query: database.query,
      transaction: (action) => database.transaction(action),
      flushed: (action) => database.flushed(action),
      close: async () => {},
    };
    return sqlDisk(kept, rowTables(schema));
  });
}

async function tablesAgree(client: SyncClient, rows: () => readonly EntityState[]): Promise<void> {
  for (const end = Date.now() + 5000; ; ) {
    const found = await sql(client, 'SELECT * FROM contact ORDER BY id');
    const shown = [...rows()].sort((a, b) => (a.id < b.id ? -1 : 1)).map((row) => new Map(Object.entries(row)));
    try {
      assert.deepEqual(
        found.map(looked),
        shown.map((row, place) => looked({ ...found[place], ...Object.fromEntries(row) })),
        'the view shows what the client shows',
      );
      await queuesAgree(client);
      return;
    } catch (error) {
      // The client may have gone on meanwhile.
      if (Date.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** What is under way in `_changes` is what is under way in the client, and what it holds for the user is marked. */
async function queuesAgree(client: SyncClient): Promise<void> {
  const found = await sql(client, 'SELECT write_id, status FROM _changes ORDER BY id');
  const { ledger } = client.internals.store;
  const open = new Map(found.map((row) => [String(row['write_id']), String(row['status'])]));
  for (const [id, status] of open) if (status === 'confirmed' || status === 'failed') open.delete(id);
  const own = [...ledger.unsynced.byId.values()].filter(({ rejection }) => rejection === null);
  assert.deepEqual([...open.keys()].sort(), own.map(({ event }) => event.id).sort(), 'the same writes are under way');
  const held = own.flatMap(({ event }) => {
    const log = ledger.log(event.entity_type, event.entity_id);
    const write = log instanceof RowLog ? log.queue().find(({ entry }) => entry.event.id === event.id) : undefined;
    // What lies under a write that waits, waits with it.
    return write?.fate === 'held' ? [write.entry, ...write.over].map((one) => one.event.id) : [];
  });
  const marked = [...open].flatMap(([id, status]) => (status === 'conflicted' ? [id] : []));
  assert.deepEqual(marked.sort(), held.sort(), 'what waits for the user is marked');
  const sent = own.filter((entry) => entry.sent || entry.status === 'accepted').map(({ event }) => event.id);
  assert.deepEqual([...open].flatMap(([id, status]) => (status === 'sent' ? [id] : [])).sort(), sent.sort(), 'sent');
}

/** What both have of a row; its times are the server's in the view, and this device's in the client until the server has set them. */
function looked(row: SqlRow): unknown {
  const { id, first_name, last_name, email, created_at, updated_at, _has_local_changes: local } = row;
  return { id, first_name, last_name, email, ...(local ? {} : { created_at, updated_at }) };
}
