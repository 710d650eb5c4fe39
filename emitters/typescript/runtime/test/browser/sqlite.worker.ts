import init from '@sqlite.org/sqlite-wasm';
import { sqliteFiles } from '../../src/store/adapters/sql/sqlite.js';
import { serveStore } from '../../src/store/adapters/worker/host.js';

serveStore(sqliteFiles(init));
