/**
 * What a read of a rows model's view costs against the bare table, in each engine: `npm run bench:view`. Prints one JSON object a line:
 * engine, rows, how many of them have local changes, the query, and both medians in milliseconds with their ratio.
 */
import type { SqlDatabase } from '../src/store/adapters/sql/database.js';
import { type Device, deviceOf, engines, fed, upTo } from '../test/rows/sql.js';

const ROWS = 10_000;
const ROUNDS = 15;
const QUERIES: Readonly<Record<string, (from: string) => string>> = {
  one: (from) => `SELECT * FROM ${from} WHERE id = 'row-5000'`,
  page: (from) => `SELECT * FROM ${from} ORDER BY id LIMIT 100`,
  all: (from) => `SELECT * FROM ${from}`,
};

for (const engine of await engines()) {
  const device = await deviceOf(engine);
  await fill(device);
  for (const changed of [0, 50, 1000]) {
    await change(device, changed);
    for (const [query, text] of Object.entries(QUERIES)) {
      const { view, table } = await compare(device.database, text('contact'), text('contact_synced'));
      const figures = { engine: engine.name, rows: ROWS, changed, query, view_ms: view, table_ms: table };
      console.log(JSON.stringify({ ...figures, ratio: Number((view / table).toFixed(2)) }));
    }
  }
}
process.exit(0);

async function fill({ apply }: Device): Promise<void> {
  for (let at = 0; at < ROWS; at += 1000) {
    const entries = Array.from({ length: 1000 }, (_none, place) => {
      const n = at + place;
      const payload = { first_name: `First ${n}`, last_name: `Last ${n}`, email: `${n}@example.org` };
      return fed(n + 1, { id: `e${n}`, rowId: `row-${n}`, type: 'created', payload, at: n });
    });
    await apply(...entries, upTo(at + 1000));
  }
}

/** Changes rows by SQL until so many have changes. */
async function change({ database, capture }: Device, count: number): Promise<void> {
  await database.query(
    "UPDATE contact SET email = 'changed@example.org' WHERE id IN (SELECT id FROM contact_synced ORDER BY id LIMIT $1)",
    [count],
  );
  await capture();
}

/** Medians of reads in turn, so that both have the same neighbours. */
async function compare(database: SqlDatabase, view: string, table: string): Promise<{ view: number; table: number }> {
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [which, text] of [view, table].entries()) {
      const begun = performance.now();
      await database.query(text, []);
      times[which]?.push(performance.now() - begun);
    }
  }
  const [a, b] = times.map((all) => Number((all.sort((x, y) => x - y)[Math.floor(ROUNDS / 2)] ?? 0).toFixed(3)));
  return { view: a ?? 0, table: b ?? 0 };
}
