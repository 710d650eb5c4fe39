/** Generates the code of every case into `generated/<case>/src`, and puts the runtime's conformance runner beside it. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const cases = ['fixtures', 'types', 'awkward'];

rmSync(`${here}generated`, { recursive: true, force: true });
for (const name of cases) {
  const folder = `${here}generated/${name}`;
  const args = ['run', '--quiet', '-p', 'sync-emitters', '--example', 'emit', '--', 'ts', name, `${folder}/src`];
  execFileSync('cargo', args, { cwd: here, stdio: 'inherit' });
}
mkdirSync(`${here}generated/fixtures/test`, { recursive: true });
copyFileSync(`${here}../runtime/test/conformance.ts`, `${here}generated/fixtures/test/conformance.ts`);
