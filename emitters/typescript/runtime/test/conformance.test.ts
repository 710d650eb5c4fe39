import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { MemoryAdapter } from '../src/store/adapters/memory.js';
import { nodeStore } from '../src/store/adapters/node.js';
import type { StoreAdapter } from '../src/store/db.js';
import { type Case, runCases } from './conformance.js';
import { boardModel } from './models/board.js';
import { orderModel } from './models/order.js';

const here = fileURLToPath(new URL('../../../../fixtures/conformance', import.meta.url));
const folder = process.env['SYNC_CONFORMANCE'] ?? here;
const scratch = mkdtempSync(join(tmpdir(), 'syncable-conformance-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

const adapters: Record<string, (name: string) => StoreAdapter> = {
  memory: () => new MemoryAdapter(),
  node: (name) => nodeStore({ fs, folder: scratch })(name),
};

for (const [adapter, open] of Object.entries(adapters)) {
  for (const file of ['hlc.json', 'fold.json']) {
    describe(`${file} on the ${adapter} store`, () => {
      it('gives what every target gives', async () => {
        const cases: Case[] = JSON.parse(readFileSync(join(folder, file), 'utf8'));
        const results = await runCases([orderModel, boardModel], cases, open);
        assert.equal(results.length, cases.length);
        for (const [index, { name, result }] of results.entries()) {
          const one = cases[index];
          if (one?.kind === 'hlc') assert.deepEqual(result, one.expect, name);
          if (one?.kind === 'fold') {
            const { final, each } = result as { final: unknown; each: unknown[] };
            assert.deepEqual(final, one.expect, name);
            if (one.expect_each !== undefined) assert.deepEqual(each, one.expect_each, name);
          }
        }
      });
    });
  }
}
