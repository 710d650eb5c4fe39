import { PGlite } from '@electric-sql/pglite';
import { pgliteFiles } from '../../src/store/adapters/sql/pglite.js';
import { rowTables } from '../../src/store/adapters/sql/rows/tables.js';
import { serveStore } from '../../src/store/adapters/worker/host.js';
import { postgresRows } from '../models/db/postgres.js';

serveStore(pgliteFiles(PGlite, rowTables(postgresRows)));
