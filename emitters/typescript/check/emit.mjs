/**
 * Generates the code of every case into `generated/<case>/src`, puts the runtime's conformance runner beside that of the fixtures,
 * and writes the corpus of values and folds that all targets agree on.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const generated = `${here}generated`;

/** Runs an example of the emitters' crate and gives what it prints. */
function example(name, ...args) {
  const command = ['run', '--quiet', '-p', 'sync-emitters', '--example', name, '--', ...args];
  return execFileSync('cargo', command, {
    cwd: here,
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 28,
  });
}

rmSync(generated, { recursive: true, force: true });
for (const name of ['fixtures', 'pos', 'repair', 'types', 'awkward'])
  example('emit', 'ts:zod', name, `${generated}/${name}/src`);
// One model in each mode, and the same component over it.
for (const name of ['report_events', 'report_rows', 'report_api']) {
  example('emit', 'ts', name, `${generated}/${name}/src`);
  mkdirSync(`${generated}/${name}/test`, { recursive: true });
  copyFileSync(`${here}modes/Reports.tsx`, `${generated}/${name}/test/Reports.tsx`);
}
mkdirSync(`${generated}/fixtures/test`, { recursive: true });
for (const file of ['conformance.ts', 'snapshots.ts'])
  copyFileSync(`${here}../runtime/test/${file}`, `${generated}/fixtures/test/${file}`);
writeFileSync(`${generated}/corpus.txt`, example('corpus'));

// What the documentation shows, to be compiled and run as it stands: of the restaurant, or of another case's models.
const clientOf = { 'reports.ts': 'fixtures' };
mkdirSync(`${generated}/docs`, { recursive: true });
const text = readFileSync(`${here}../../../docs/typescript-client.md`, 'utf8');
for (const [, name, code] of text.matchAll(/```ts\n\/\/ file: (\S+)\n(.*?)```/gs))
  writeFileSync(`${generated}/docs/${name}`, code.replaceAll("'./sync/", `'../${clientOf[name] ?? 'pos'}/src/`));
