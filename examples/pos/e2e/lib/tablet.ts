/** A waiter's device in Node: the generated client with its durable store. */

import { mkdtempSync, rmSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSync, type Order, type Sync } from '../../web/src/sync/index.js';
import { nodeStore } from '../../web/src/sync/store/adapters/node.js';

export interface TabletOptions {
  readonly api: string;
  readonly user: string;
  readonly folder: string;
}

/** A client as a device has it; the caller starts it. */
export function tablet({ api, user, folder }: TabletOptions): Sync {
  return createSync({
    baseUrl: api,
    tenantId: 'bistro',
    userId: user,
    token: `dev:bistro:${user}:waiter`,
    adapter: nodeStore({ fs, folder }),
    maxRetryDelayMs: 300,
  });
}

export const dishes = {
  burger: { name: 'Burger', price_cents: 1450 },
  fries: { name: 'Fries', price_cents: 450 },
  cola: { name: 'Cola', price_cents: 380 },
} as const;

/** All orders that a device holds, by id, as plain JSON. */
export function ordersOf(sync: Sync): readonly Order[] {
  return JSON.parse(JSON.stringify(sync.orders.list({ orderBy: 'id' }))) as Order[];
}

/** A folder that is removed by {@link cleanFolders}. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'pos-tablet-'));
  folders.push(path);
  return path;
}

const folders: string[] = [];

export function cleanFolders(): void {
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true });
}
