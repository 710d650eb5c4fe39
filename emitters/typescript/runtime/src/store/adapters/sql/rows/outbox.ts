/** The writes of this device in `_changes`, moved on as the journal says. */
import type { SqlQuery } from '../database.js';
import { type RowEvent, type RowsSchema, record } from './schema.js';

/** What became of a write that is restated. */
export interface Restatement {
  /** Why it is not to be sent; null: it is. */
  readonly rejection: { readonly code: string; readonly conflicts?: readonly unknown[] } | null;
  /** The server has refused what was sent of it. */
  readonly judged: boolean;
}

const OPERATIONS: Readonly<Record<string, string>> = { created: 'insert', updated: 'update', deleted: 'delete' };
/** Unfinished writes: those that lie over what the server has said. */
const OPEN = "status IN ('pending', 'sent', 'conflicted')";

/** What `_changes` is told; each does nothing where it was done before. */
export class WriteQueue {
  readonly #query: SqlQuery;
  /** The members of the array `$1`. */
  readonly #listed: string;

  constructor(query: SqlQuery, dialect: RowsSchema['dialect']) {
    this.#query = query;
    this.#listed =
      dialect === 'postgres' ? 'SELECT jsonb_array_elements_text($1::jsonb)' : 'SELECT value FROM json_each($1)';
  }

  /** Recorded on this device; by SQL, then it is there already. */
  async record(event: RowEvent): Promise<void> {
    const { id, entity_type, entity_id, event_type, payload, timestamp, expected = {} } = event;
    const operation = OPERATIONS[event_type.slice(entity_type.length + 1)];
    if (operation === undefined) return;
    await this.#query(
      'INSERT INTO _changes (table_name, row_id, operation, value, expected, write_id, transaction_id) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (write_id) DO NOTHING',
      [entity_type, entity_id, operation, JSON.stringify(payload), JSON.stringify(expected), id, timestamp],
    );
  }

  /** Which of these are writes of this device. */
  async known(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.#query(`SELECT write_id FROM _changes WHERE write_id IN (${this.#listed})`, [
      JSON.stringify(ids),
    ]);
    return new Set(rows.map((row) => String(row['write_id'])));
  }

  /** About to go to the server. */
  sent(ids: readonly string[]): Promise<void> {
    return this.#each(ids, "status = 'sent', attempts = attempts + 1", "status IN ('pending', 'sent')");
  }

  /** The server has them, at positions up to `head`. */
  answered(ids: readonly string[], head: number): Promise<void> {
    return this.#each(ids, `status = 'sent', answered_seq = ${Math.trunc(head)}, last_error = NULL`, OPEN);
  }

  /** The feed has brought them: whatever was said before, the server has them, and what it has said holds them. */
  confirmed(ids: readonly string[]): Promise<void> {
    return this.#each(ids, "status = 'confirmed', last_error = NULL", `${OPEN} OR status = 'failed'`);
  }

  /** The server refuses one for good. */
  async refused(id: string, code: string): Promise<void> {
    await this.#query(`UPDATE _changes SET status = 'failed', last_error = $1 WHERE write_id = $2 AND ${OPEN}`, [
      code,
      id,
    ]);
  }

  /** A write as it now stands, with all that it holds besides: squashed, decided, or what a refusal left of it. */
  async restate(event: RowEvent, over: readonly string[], { rejection, judged }: Restatement): Promise<void> {
    await this.drop(over.filter((id) => id !== event.id));
    const { id, entity_type, entity_id, event_type, payload, timestamp, expected = {} } = event;
    const operation = OPERATIONS[event_type.slice(entity_type.length + 1)];
    if (operation === undefined) return;
    await this.#query(
      "INSERT INTO _changes (table_name, row_id, operation, value, write_id, status) VALUES ($1, $2, $3, '{}', $4, 'failed') ON CONFLICT (write_id) DO NOTHING",
      [entity_type, entity_id, operation, id],
    );
    const conflict = rejection?.conflicts ?? null;
    // What may have reached the server is not to change before it has judged it. What is refused is sent under another name.
    await this.#query(
      `UPDATE _changes SET value = $1, expected = $2, transaction_id = $3, status = $4, last_error = $5, conflict = $6, answered_seq = NULL
       WHERE write_id = $7 AND status IN ('pending', 'conflicted', 'failed'${rejection !== null || judged ? ", 'sent'" : ''})`,
      [
        JSON.stringify(payload),
        JSON.stringify(expected),
        rejection === null ? timestamp : null,
        rejection === null ? 'pending' : 'failed',
        rejection?.code ?? null,
        conflict === null ? null : JSON.stringify(conflict),
        id,
      ],
    );
  }

  /** What the server's word on a whole row, or on all rows, holds of what it has answered for. */
  async covered(entity: string, rowId: string | null, head: number): Promise<void> {
    const row = rowId === null ? '' : ' AND row_id = $2';
    await this.#query(
      `UPDATE _changes SET status = 'confirmed' WHERE table_name = $1${row} AND status = 'sent' AND answered_seq <= ${Math.trunc(head)}`,
      rowId === null ? [entity] : [entity, rowId],
    );
  }

  /** Given up: nothing is left of them. */
  async drop(ids: readonly string[]): Promise<void> {
    for (const id of ids) await this.#query('DELETE FROM _changes WHERE write_id = $1', [id]);
  }

  /** Stamped anew; what was based on them follows. `retry`: refused ones are to be sent again. */
  async moved(stamps: readonly (readonly [id: string, stamp: string])[], retry: boolean): Promise<void> {
    const now = new Map(stamps);
    const rows = await this.#query(
      `SELECT id, write_id, transaction_id, expected FROM _changes WHERE ${OPEN} OR status = 'failed'`,
      [],
    );
    const renamed = new Map(
      rows.flatMap((row) => {
        const stamp = now.get(String(row['write_id']));
        return stamp === undefined ? [] : [[String(row['transaction_id']), stamp]];
      }),
    );
    // Two that change places must not meet.
    for (const id of now.keys())
      await this.#query('UPDATE _changes SET transaction_id = NULL WHERE write_id = $1', [id]);
    for (const row of rows) {
      const stamp = now.get(String(row['write_id'])) ?? (row['transaction_id'] as string | null);
      const expected = Object.entries(record(row['expected'])).map(([field, was]) => [
        field,
        renamed.get(String(was)) ?? was,
      ]);
      await this.#query('UPDATE _changes SET transaction_id = $1, expected = $2 WHERE id = $3', [
        stamp,
        JSON.stringify(Object.fromEntries(expected)),
        Number(row['id']),
      ]);
    }
    if (retry) await this.#each([...now.keys()], "status = 'pending', last_error = NULL", "status = 'failed'");
  }

  async #each(ids: readonly string[], change: string, where: string): Promise<void> {
    if (ids.length === 0) return;
    await this.#query(`UPDATE _changes SET ${change} WHERE write_id IN (${this.#listed}) AND (${where})`, [
      JSON.stringify(ids),
    ]);
  }
}
