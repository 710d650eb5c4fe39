/**
 * Two devices, and every interleaving of what may happen to them, against a model of a page. After each step, and after somebody has
 * decided what waits, each device shows what the model says and waits for what the model says, and so do its tables where it has any;
 * in the end all agree.
 *
 * In memory every course of four steps is tried; where a database makes it dear, every one of fewer, and of four as many as a seed
 * draws. `SYNC_STEPS=4` tries all of so many everywhere; `SYNC_SEED` draws others. On IndexedDB: `browser/rows.test.ts`.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { nodeStore } from '../src/store/adapters/node.js';
import { type Budget, coursesOf } from './rows/courses.js';
import { inMemory, type Stores } from './rows/noTables.js';
import { storesOn } from './rows/stores.js';
import { type Door, takeAll } from './rows/world.js';

const steps = process.env['SYNC_STEPS'];
const seed = Number(process.env['SYNC_SEED'] ?? Date.now() % 1_000_000);

function agree(where: string, { all, drawn }: Budget, stores: () => Promise<Stores>, door: Door = 'client'): void {
  const budget = steps === undefined ? { all, drawn } : { all: Number(steps), drawn: 0 };
  const draws = budget.drawn === 0 ? '' : ` and ${budget.drawn} draws of four, seed ${seed}`;
  it(`${where}: every ${budget.all} steps${draws}`, async () => {
    const courses = coursesOf(budget, seed);
    assert.ok((await takeAll(courses, await stores(), door)) >= courses.length);
  });
}

describe('two devices and one row agree with the model', () => {
  const folder = mkdtempSync(join(tmpdir(), 'syncable-rows-'));
  let made = 0;
  const onFiles: Stores = {
    deviceStore: () => nodeStore({ fs, folder: join(folder, String(made++)) }),
    tablesAgree: inMemory.tablesAgree,
  };

  agree('in memory', { all: 4, drawn: 0 }, async () => inMemory);
  agree('on files', { all: 3, drawn: 50 }, async () => onFiles);
  agree('in SQLite', { all: 2, drawn: 150 }, () => storesOn('sqlite'));
  agree('in SQLite, written by SQL', { all: 2, drawn: 40 }, () => storesOn('sqlite'), 'sql');
  agree('in PGlite', { all: 2, drawn: 20 }, () => storesOn('pglite'));
  agree('in PGlite, written by SQL', { all: 1, drawn: 20 }, () => storesOn('pglite'), 'sql');

  it('leaves no files', () => rmSync(folder, { recursive: true }));
});
