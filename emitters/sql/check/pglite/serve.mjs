// Runs SQL in PGlite: a line of JSON in, `{"sql"}`, a line of JSON out, `{"rows"}` with the first column of the last
// statement as text, or `{"error"}`.
import { createInterface } from 'node:readline';
import { PGlite } from '@electric-sql/pglite';

const asText = (text) => text;
// JSON as it came, to the last digit.
const options = { rowMode: 'array', parsers: { 114: asText, 3802: asText, 20: asText, 1700: asText } };
const database = await PGlite.create();

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await database.exec(JSON.parse(line).sql, options).then(
    (results) => ({ rows: (results.at(-1)?.rows ?? []).map(([value]) => (value === null ? '' : String(value))) }),
    (error) => ({ error: String(error.message) }),
  );
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
