/** Runs the cases of files through the generated models and the real store: prints one JSON array of `{ name, result }`. */
import { readFileSync, rmSync } from 'node:fs';
import { type Case, type Result, runCases } from './generated/fixtures/test/conformance.js';
import { models, scratchStore } from './models.js';

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error('usage: run-conformance FILE…');
  process.exit(2);
}
const results: Result[] = [];
const { folder, open } = scratchStore();
try {
  for (const file of files) {
    const cases: Case[] = JSON.parse(readFileSync(file, 'utf8'));
    results.push(...(await runCases(models, cases, open)));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(JSON.stringify(results));
