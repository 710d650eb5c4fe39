/**
 * The tables of the rows models in a device's database: made, and brought to what this version of the client declares.
 *
 * What is in `_changes` is never touched by that: it stays, whatever becomes of the rest. A table of what the server has said gets the
 * columns that it lacks; one whose column has another type now is made anew, and its rows are read from the server again.
 */
import type { SqlDatabase, SqlQuery, SqlRow } from '../database.js';
import type { RowsEntity, RowsSchema } from './schema.js';

/** What installing found out. */
export interface Installed {
  /** The entities whose tables were made anew: what the server has said of them is to be asked again. */
  readonly emptied: readonly string[];
}

const MADE_BY = 'CREATE TABLE IF NOT EXISTS _rows_made_by (one INTEGER PRIMARY KEY, body TEXT NOT NULL)';
const MAKE =
  'INSERT INTO _rows_made_by (one, body) VALUES (1, $1) ON CONFLICT (one) DO UPDATE SET body = excluded.body';

/** Makes what is not there, and changes what is there to what is declared; all of it or nothing. */
export async function installRows(database: SqlDatabase, schema: RowsSchema): Promise<Installed> {
  // The text itself stands for the version: whatever wrote other text, this runs.
  const made = textOf(schema);
  return database.transaction(async (query) => {
    await query(MADE_BY, []);
    const [known] = await query('SELECT body FROM _rows_made_by', []);
    if (known?.['body'] === made) return { emptied: [] };
    await query.script(schema.changes);
    await completeChanges(query, schema);
    const emptied: string[] = [];
    for (const entity of schema.entities) {
      if (!(await evolve(query, schema, entity))) emptied.push(entity.entity);
      await query.script(entity.script);
    }
    await query(MAKE, [made]);
    return { emptied };
  });
}

/** Gives an outbox of an older version the column that it lacks. */
async function completeChanges(query: SqlQuery, { dialect }: RowsSchema): Promise<void> {
  const there = await columnsOf(query, dialect, '_changes');
  if (!there.has('base')) await query('ALTER TABLE _changes ADD COLUMN base TEXT', []);
}

/** Gives a table that is there the columns that it lacks; false where it had to go. */
async function evolve(
  query: SqlQuery,
  { dialect }: RowsSchema,
  { table, columns, entity }: RowsEntity,
): Promise<boolean> {
  const there = await columnsOf(query, dialect, table);
  if (there.size === 0) return true;
  // Views stand on the table; the script makes them anew.
  for (const view of [entity, `${entity}_local`]) await query(`DROP VIEW IF EXISTS ${quoted(view)}`, []);
  const retyped = columns.some(({ name, type }) => {
    const now = there.get(name);
    return now !== undefined && now !== baseType(type);
  });
  if (retyped) {
    await query(`DROP TABLE ${quoted(table)}`, []);
    return false;
  }
  for (const { name, type, fill } of columns) {
    if (there.has(name)) continue;
    await query(`ALTER TABLE ${quoted(table)} ADD COLUMN ${quoted(name)} ${type}`, []);
    if (fill !== null) await query(`UPDATE ${quoted(table)} SET ${quoted(name)} = ${fill}`, []);
  }
  return true;
}

/** Column and type of a table; none where there is no such table. */
async function columnsOf(
  query: SqlQuery,
  dialect: RowsSchema['dialect'],
  table: string,
): Promise<ReadonlyMap<string, string>> {
  const rows =
    dialect === 'sqlite'
      ? await query('SELECT name, type FROM pragma_table_info($1)', [table])
      : await query(
          'SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped',
          [quoted(table)],
        );
  return new Map(rows.map((row: SqlRow) => [String(row['name']), baseType(String(row['type']))]));
}

/** A column's type without how it is ordered and what it must be. */
function baseType(declared: string): string {
  return declared.replace(/ (COLLATE|NOT NULL|DEFAULT) .*$/, '').toLowerCase();
}

function textOf({ changes, entities }: RowsSchema): string {
  return [changes, ...entities.map(({ script }) => script)].join('\n');
}

/** An identifier. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
