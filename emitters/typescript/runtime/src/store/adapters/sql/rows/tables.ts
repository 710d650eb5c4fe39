/**
 * The generated tables as a replica of what the journal says: moved in the transaction that appends a chunk, so that whoever reads them
 * sees what the client shows, and what he writes through the views is in the journal when his statement is answered.
 */
import { decodeChunk, encodeChunk } from '../../../codec.js';
import type { Cursor, JournalEntry } from '../../../db.js';
import { HybridClock, randomNode } from '../../../hlc.js';
import type { SqlQuery } from '../database.js';
import type { OpenTables, Tables } from '../disk.js';
import { capture } from './capture.js';
import { ConflictMarks } from './conflicts.js';
import { installRows } from './install.js';
import { WriteQueue } from './outbox.js';
import type { RowsEntity, RowsSchema } from './schema.js';
import { forget, ServerRows } from './server.js';

/** The tables of these rows models: made, brought up to date and kept, for `sqliteDisk` and `pgliteDisk`. */
export function rowTables(schema: RowsSchema): OpenTables {
  return async (database) => {
    const { emptied } = await installRows(database, schema);
    const news: JournalEntry[] = [
      { kind: 'reset', types: emptied },
      { kind: 'cursor', cursor: null },
    ];
    return { tables: new RowTables(schema), news: emptied.length === 0 ? null : encodeChunk(news) };
  };
}

/** What the server says of rows. */
type Said = Extract<JournalEntry, { readonly kind: 'feed' | 'base' }>;

function typeOf(entry: Said): string {
  return entry.kind === 'feed' ? entry.event.entity_type : entry.snapshot.entity_type;
}

/** The row that an entry names. */
function rowOf(entry: JournalEntry): readonly [type: string, id: string] | null {
  switch (entry.kind) {
    case 'new':
    case 'feed':
      return [entry.event.entity_type, entry.event.entity_id];
    case 'base':
      return [entry.snapshot.entity_type, entry.snapshot.entity_id];
    case 'mode':
      return [entry.type, entry.id];
    default:
      return null;
  }
}

/** The writes that an entry names. */
function writesOf(entry: JournalEntry): readonly string[] {
  switch (entry.kind) {
    case 'sent':
    case 'accepted':
    case 'discarded':
      return entry.ids;
    case 'rejected':
      return [entry.id];
    case 'moved':
      return entry.stamps.map(([id]) => id);
    default:
      return [];
  }
}

/** The rows of one database. */
class RowTables implements Tables {
  readonly #schema: RowsSchema;
  readonly #entities: ReadonlyMap<string, RowsEntity>;
  /** Of a writer of its own: what is written by SQL has no other. */
  readonly #clock = new HybridClock(randomNode());
  /** What to add to this device's clock to get the server's. */
  #offset = 0;

  constructor(schema: RowsSchema) {
    this.#schema = schema;
    this.#entities = new Map(schema.entities.map((entity) => [entity.entity, entity]));
  }

  /** What was written by SQL since the last time, as a chunk; null where that is nothing. */
  async capture(query: SqlQuery): Promise<string | null> {
    const entries = await capture(query, this.#schema, this.#clock, Date.now() + this.#offset);
    if (entries.length === 0) return null;
    // One on top of a write that waits for the user waits with it.
    await this.#mark(query, entries);
    return encodeChunk(entries);
  }

  /** Moves the tables on by a chunk. */
  async apply(query: SqlQuery, text: string): Promise<void> {
    let said: Said[] = [];
    const write = async (): Promise<void> => {
      await this.#server(query, said);
      said = [];
    };
    const { entries } = decodeChunk(text);
    for (const entry of entries) {
      // What the server says is written together, as far as nothing comes between.
      if (entry.kind === 'feed' || entry.kind === 'base') said.push(entry);
      else {
        await write();
        await this.#one(query, entry);
      }
    }
    await write();
    await this.#mark(query, entries);
  }

  /** Writes that an entry is about, or whose row it is about, may have come into a conflict or out of one. */
  async #mark(query: SqlQuery, entries: readonly JournalEntry[]): Promise<void> {
    const rows = await this.#queue(query).rowsOf(entries.flatMap(writesOf));
    for (const [type, entity] of this.#entities) {
      const touched = rows.filter(([other]) => other === type).map(([, id]) => id);
      for (const entry of entries) {
        const [other, id] = rowOf(entry) ?? [];
        if (other === type && id !== undefined) touched.push(id);
      }
      await new ConflictMarks(query, entity, this.#schema.dialect).renew(new Set(touched));
    }
  }

  async #server(query: SqlQuery, said: readonly Said[]): Promise<void> {
    const queue = this.#queue(query);
    for (const [type, entity] of this.#entities) {
      const some = said.filter((entry) => typeOf(entry) === type);
      const events = some.flatMap((entry) => (entry.kind === 'feed' ? [entry.event] : []));
      if (some.length === 0) continue;
      const rows = new ServerRows(query, entity);
      await rows.begin(new Set(events.map(({ entity_id }) => entity_id)));
      for (const entry of some) {
        if (entry.kind === 'feed') rows.take(entry.event);
        else {
          rows.base(entry.snapshot, entry.head);
          await queue.covered(type, entry.snapshot.entity_id, entry.head);
        }
      }
      await rows.end();
      await queue.confirmed(events.map(({ id }) => id));
    }
  }

  async #one(query: SqlQuery, entry: Exclude<JournalEntry, Said>): Promise<void> {
    const queue = this.#queue(query);
    switch (entry.kind) {
      case 'new':
        if (this.#entities.has(entry.event.entity_type)) await queue.record(entry.event);
        return;
      case 'sent':
        return queue.sent(entry.ids);
      case 'accepted':
        return queue.answered(entry.ids, entry.head);
      case 'rejected':
        return queue.refused(entry.id, entry.code);
      case 'discarded':
        return queue.drop(entry.ids);
      case 'moved':
        return queue.moved(entry.stamps, entry.retry);
      case 'mode':
        return queue.restate(entry);
      case 'reset':
        for (const type of entry.types) {
          const entity = this.#entities.get(type);
          if (entity === undefined) continue;
          await forget(query, entity);
          await queue.covered(type, null, Number.MAX_SAFE_INTEGER);
        }
        return;
      case 'cursor':
        return moveCursor(query, entry.cursor);
      case 'clock':
        this.#offset = entry.offset;
        return;
      case 'overtaken':
      case 'pack':
      case 'rights':
        return; // of events models
      default:
        return entry satisfies never;
    }
  }

  #queue(query: SqlQuery): WriteQueue {
    return new WriteQueue(query, this.#schema.dialect);
  }
}

/** A store is of one tenant: the cursor has no name. */
async function moveCursor(query: SqlQuery, cursor: Cursor | null): Promise<void> {
  if (cursor === null) await query('DELETE FROM _cursor', []);
  else {
    await query(
      "INSERT INTO _cursor (tenant_id, cursor, seq) VALUES ('', $1, $2) ON CONFLICT (tenant_id) DO UPDATE SET cursor = excluded.cursor, seq = excluded.seq",
      [cursor.cursor, cursor.seq],
    );
  }
}
