import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Case, runCases } from '../generated/fixtures/test/conformance.js';
import { models, scratchStore } from '../models.js';

const own = fileURLToPath(new URL('../../../../fixtures/conformance', import.meta.url));
const folder = process.env['SYNC_CONFORMANCE'] ?? own;
const scratch = scratchStore();
after(() => rmSync(scratch.folder, { recursive: true, force: true }));

describe('the generated models', () => {
  for (const file of ['hlc.json', 'fold.json']) {
    it(`give what every target gives: ${file}`, async () => {
      const cases: Case[] = JSON.parse(readFileSync(join(folder, file), 'utf8'));
      const results = await runCases(models, cases, scratch.open);
      assert.equal(results.length, cases.length);
      for (const [index, { name, result }] of results.entries()) {
        const one = cases[index];
        if (one?.kind === 'hlc') assert.deepEqual(result, one.expect, name);
        if (one?.kind !== 'fold') continue;
        const { final, each } = result as { readonly final: unknown; readonly each: readonly unknown[] };
        assert.deepEqual(final, one.expect, name);
        if (one.expect_each !== undefined) assert.deepEqual(each, one.expect_each, name);
      }
    });
  }
});
