/** The generated models that have conformance cases, on the stores that they are run on. */
import { mkdtempSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { boardModel } from './generated/fixtures/src/materializers/board.js';
import { orderModel } from './generated/fixtures/src/materializers/order.js';
import type { ModelDefinition } from './generated/fixtures/src/model.js';
import { nodeStore } from './generated/fixtures/src/store/adapters/node.js';
import type { StoreAdapter } from './generated/fixtures/src/store/db.js';

export const models: readonly ModelDefinition[] = [orderModel, boardModel];

/** A durable store in a folder of its own, and that folder. */
export function scratchStore(): { readonly folder: string; readonly open: (name: string) => StoreAdapter } {
  const folder = mkdtempSync(join(tmpdir(), 'syncable-check-'));
  return { folder, open: (name) => nodeStore({ fs, folder })(name) };
}
