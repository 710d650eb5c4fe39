/** The writes of this device in `_changes`, moved on as the journal says. */
import type { EventEnvelope } from '../../../../model.js';
import type { ModeEntry } from '../../../db.js';
import type { SqlQuery } from '../database.js';
import { type RowsSchema, record } from './schema.js';

const OPERATIONS: Readonly<Record<string, string>> = { created: 'insert', updated: 'update', deleted: 'delete' };
/** Unfinished writes: those that lie over what the server has said. */
const OPEN = "status IN ('pending', 'sent', 'conflicted')";
/** `made` is the creation of the row that a write is about. */
const MADE = "made.operation = 'insert' AND made.table_name = _changes.table_name AND made.row_id = _changes.row_id";

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
  async record(event: EventEnvelope): Promise<void> {
    const { id, entity_type, entity_id, event_type, payload, timestamp, expected = {}, base = null } = event;
    const operation = OPERATIONS[event_type.slice(entity_type.length + 1)];
    if (operation === undefined) return;
    await this.#query(
      'INSERT INTO _changes (table_name, row_id, operation, value, expected, write_id, transaction_id, base) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (write_id) DO NOTHING',
      [entity_type, entity_id, operation, JSON.stringify(payload), JSON.stringify(expected), id, timestamp, base],
    );
  }

  /** The rows that writes are about. */
  async rowsOf(ids: readonly string[]): Promise<readonly (readonly [type: string, id: string])[]> {
    if (ids.length === 0) return [];
    const rows = await this.#query(
      `SELECT DISTINCT table_name, row_id FROM _changes WHERE write_id IN (${this.#listed})`,
      [JSON.stringify(ids)],
    );
    return rows.map((row) => [String(row['table_name']), String(row['row_id'])]);
  }

  /** About to go to the server. */
  sent(ids: readonly string[]): Promise<void> {
    return this.#each(ids, "status = 'sent', attempts = attempts + 1, conflict = NULL", OPEN);
  }

  /** The server has them, at positions up to `head`. */
  async answered(ids: readonly string[], head: number): Promise<void> {
    await this.#unblock(ids);
    await this.#each(
      ids,
      `status = 'sent', answered_seq = ${Math.trunc(head)}, last_error = NULL`,
      `${OPEN} OR status = 'failed'`,
    );
  }

  /** The feed has brought them: whatever was said before, the server has them, and what it has said holds them. */
  async confirmed(ids: readonly string[]): Promise<void> {
    await this.#unblock(ids);
    await this.#each(ids, "status = 'confirmed', last_error = NULL", `${OPEN} OR status = 'failed'`);
  }

  /** The server refuses one for good; with the creation of a row go all changes of it. */
  async refused(id: string, code: string): Promise<void> {
    const refuse = "UPDATE _changes SET status = 'failed', last_error = $1";
    await this.#query(`${refuse} WHERE write_id = $2 AND ${OPEN}`, [code, id]);
    await this.#query(
      `${refuse} WHERE ${OPEN} AND answered_seq IS NULL AND EXISTS (
         SELECT 1 FROM _changes AS made WHERE made.write_id = $2 AND ${MADE} AND made.status = 'failed'
       )`,
      [code, id],
    );
  }

  /** The creation of a row is accepted after all: what was refused with it goes on. */
  #unblock(ids: readonly string[]): Promise<readonly unknown[]> {
    return this.#query(
      `UPDATE _changes SET status = 'pending', last_error = NULL WHERE status = 'failed' AND EXISTS (
         SELECT 1 FROM _changes AS made
         WHERE made.write_id IN (${this.#listed}) AND made.status = 'failed' AND ${MADE}
           AND made.id <> _changes.id AND made.last_error = _changes.last_error
       )`,
      [JSON.stringify(ids)],
    );
  }

  /** A write as it now stands, with all that it holds besides: squashed, decided, or what a refusal left of it. */
  async restate({ event, ids, rejection, judged = false }: ModeEntry): Promise<void> {
    const code = rejection?.code ?? null;
    if (event === null) {
      if (code === null) return this.drop(ids);
      for (const id of ids) await this.refused(id, code);
      return;
    }
    // What is on its way goes it by itself.
    await this.#drop(
      ids.filter((id) => id !== event.id),
      "status <> 'sent'",
    );
    const { id, entity_type, entity_id, event_type, payload, timestamp, expected = {}, base = null } = event;
    const operation = OPERATIONS[event_type.slice(entity_type.length + 1)];
    if (operation === undefined) return;
    await this.#query(
      "INSERT INTO _changes (table_name, row_id, operation, value, write_id, status) VALUES ($1, $2, $3, '{}', $4, 'failed') ON CONFLICT (write_id) DO NOTHING",
      [entity_type, entity_id, operation, id],
    );
    const conflict = rejection?.conflicts ?? null;
    // What may have reached the server is not to change before it has judged it.
    const changing =
      code !== null || judged ? `${OPEN} OR status = 'failed'` : "status IN ('pending', 'conflicted', 'failed')";
    await this.#query(
      `UPDATE _changes SET value = $1, expected = $2, transaction_id = $3, status = $4, last_error = $5, conflict = $6, base = $7,
         answered_seq = NULL
       WHERE write_id = $8 AND (${changing})`,
      [
        JSON.stringify(payload),
        JSON.stringify(expected),
        // What was refused has none any more: it is sent under another, or not at all.
        code === null ? timestamp : null,
        code === null ? 'pending' : 'failed',
        code,
        conflict === null ? null : JSON.stringify(conflict),
        base,
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
  drop(ids: readonly string[]): Promise<void> {
    return this.#drop(ids, 'true');
  }

  /** Stamped anew; what was based on them follows. `retry`: refused ones are to be sent again. */
  async moved(stamps: readonly (readonly [id: string, stamp: string])[], retry: boolean): Promise<void> {
    const now = new Map(stamps);
    const rows = await this.#query(
      `SELECT id, write_id, transaction_id, expected, base FROM _changes WHERE ${OPEN} OR status = 'failed'`,
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
      const base = row['base'] as string | null;
      await this.#query('UPDATE _changes SET transaction_id = $1, expected = $2, base = $3 WHERE id = $4', [
        stamp,
        JSON.stringify(Object.fromEntries(expected)),
        renamed.get(String(base)) ?? base,
        Number(row['id']),
      ]);
    }
    if (retry) await this.#each([...now.keys()], "status = 'pending', last_error = NULL", "status = 'failed'");
  }

  async #drop(ids: readonly string[], where: string): Promise<void> {
    if (ids.length === 0) return;
    await this.#query(`DELETE FROM _changes WHERE write_id IN (${this.#listed}) AND ${where}`, [JSON.stringify(ids)]);
  }

  async #each(ids: readonly string[], change: string, where: string): Promise<void> {
    if (ids.length === 0) return;
    await this.#query(`UPDATE _changes SET ${change} WHERE write_id IN (${this.#listed}) AND (${where})`, [
      JSON.stringify(ids),
    ]);
  }
}
