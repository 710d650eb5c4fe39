import init from '@sqlite.org/sqlite-wasm';
import { rowTables } from '../../src/store/adapters/sql/rows/tables.js';
import { sqliteFiles } from '../../src/store/adapters/sql/sqlite.js';
import { serveStore } from '../../src/store/adapters/worker/host.js';
import { sqliteRows } from '../models/db/sqlite.js';

serveStore(sqliteFiles(init, rowTables(sqliteRows)));
