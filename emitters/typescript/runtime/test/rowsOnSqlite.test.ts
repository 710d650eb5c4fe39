/** What is true of rows in memory is true of rows in SQLite, and of its tables. */
process.env['SYNC_ROWS'] = 'sqlite';
await import('./rows.test.js');
