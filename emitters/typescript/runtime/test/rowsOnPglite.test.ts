/** What is true of rows in memory is true of rows in PGlite, and of its tables. */
process.env['SYNC_ROWS'] = 'pglite';
await import('./rows.test.js');
