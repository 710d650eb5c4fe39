import { PGlite } from '@electric-sql/pglite';
import { pgliteFiles } from '../../src/store/adapters/sql/pglite.js';
import { serveStore } from '../../src/store/adapters/worker/host.js';

serveStore(pgliteFiles(PGlite));
