/** Databases for the tests in Node: what a browser keeps in files is tried in a browser. */
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import initSqlite from '@sqlite.org/sqlite-wasm';
import { diskStore } from '../src/store/adapters/disk.js';
import { nodeStore } from '../src/store/adapters/node.js';
import { pgliteDisk } from '../src/store/adapters/sql/pglite.js';
import { sqliteDisk } from '../src/store/adapters/sql/sqlite.js';
import type { StoreAdapter, StoreFactory } from '../src/store/db.js';

/** Each disk is a database that outlives its adapters, as a file would. */
export async function sqlAdapters(): Promise<Record<string, () => () => StoreAdapter>> {
  const sqlite3 = await initSqlite();
  const postgres = await PGlite.create();
  return {
    sqlite: () => {
      const database = new sqlite3.oo1.DB(':memory:');
      const kept = { exec: database.exec.bind(database), close: () => {} };
      return () => diskStore(() => sqliteDisk(kept))('store');
    },
    pglite: () => {
      const fresh = postgres.exec('DROP TABLE IF EXISTS journal, snapshots, meta');
      const kept = {
        query: postgres.query.bind(postgres),
        exec: postgres.exec.bind(postgres),
        transaction: postgres.transaction.bind(postgres),
        close: async () => {},
      };
      return () =>
        diskStore(async () => {
          await fresh;
          return pgliteDisk(kept);
        })('store');
    },
  };
}

/** The stores of Node that outlive a killed process. */
export function durableInNode(folder: string): Readonly<Record<'node' | 'pglite', StoreFactory>> {
  return {
    node: nodeStore({ fs, folder }),
    pglite: diskStore(async (name) => pgliteDisk(await PGlite.create(join(folder, name)))),
  };
}
