/** The generated tables as a replica of the journal, in each engine. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { installRows } from '../src/store/adapters/sql/rows/install.js';
import { rowTables } from '../src/store/adapters/sql/rows/tables.js';
import { decodeChunk } from '../src/store/codec.js';
import type { JournalEntry } from '../src/store/db.js';
import { anyHistory } from './rows/history.js';
import { type Device, deviceOf, engines, fed, found, type RowChange, recorded, stamp, time, upTo } from './rows/sql.js';

const seed = Number(process.env['SYNC_SEED'] ?? Date.now() % 1_000_000);
const ada = '0f4d2e33-e312-4fc4-a436-3d4c35f3a315';
const created: RowChange = {
  id: 'e1',
  rowId: ada,
  type: 'created',
  payload: { first_name: 'Ada', last_name: 'Lee' },
  at: 1,
};
const shown = 'SELECT first_name, last_name, email, _has_local_changes FROM contact ORDER BY first_name';

for (const engine of await engines()) {
  const device = async (...entries: JournalEntry[]): Promise<Device> => {
    const made = await deviceOf(engine);
    await made.apply(...entries);
    return made;
  };

  describe(`rows in ${engine.name}`, () => {
    it('holds what the feed says, and no more than what it says last', async () => {
      const { database, apply } = await device(fed(1, created), upTo(1));
      assert.deepEqual(await found(database, 'SELECT * FROM contact_synced'), [
        {
          id: ada,
          first_name: 'Ada',
          last_name: 'Lee',
          email: null,
          credit_limit: null,
          created_at: time(1),
          updated_at: time(1),
          field_tx: (await found(database, 'SELECT field_tx FROM contact_synced'))[0]?.['field_tx'],
          _seq: 1,
        },
      ]);
      await apply(
        fed(2, { id: 'e2', rowId: ada, type: 'updated', payload: { email: 'a@b.c' }, at: 9 }),
        fed(3, { id: 'e3', rowId: ada, type: 'updated', payload: { last_name: null }, at: 4 }),
        upTo(3),
      );
      assert.deepEqual(
        await found(database, 'SELECT first_name, last_name, email, created_at, updated_at, _seq FROM contact_synced'),
        [{ first_name: 'Ada', last_name: null, email: 'a@b.c', created_at: time(1), updated_at: time(9), _seq: 3 }],
      );
      const [tx] = await database.query('SELECT field_tx FROM contact_synced', []);
      const text = tx?.['field_tx'];
      assert.deepEqual(typeof text === 'string' ? JSON.parse(text) : text, {
        first_name: stamp(1),
        last_name: stamp(4),
        email: stamp(9),
        // What the create left out was written by it.
        credit_limit: stamp(1),
      });
      // What it has been told before changes nothing.
      await apply(fed(2, { id: 'e2', rowId: ada, type: 'updated', payload: { email: 'old@b.c' }, at: 9 }));
      assert.deepEqual(await found(database, 'SELECT email FROM contact'), [{ email: 'a@b.c' }]);
      await apply(fed(4, { id: 'e4', rowId: ada, type: 'deleted', at: 10 }), upTo(4));
      assert.deepEqual(await found(database, 'SELECT id FROM contact'), []);
    });

    it('takes a snapshot whole, and skips what it holds', async () => {
      const state = { id: ada, first_name: 'Bea', created_at: time(1), updated_at: time(5) };
      const snapshot = {
        entity_type: 'contact',
        entity_id: ada,
        state,
        last_hlc: stamp(5),
        last_event_id: 'e2',
        event_count: 2,
        schema_version: 1,
        seq: 7,
        tx: { first_name: stamp(5) },
      };
      const { database, apply } = await device(fed(1, created), { kind: 'base', snapshot, head: 8 }, upTo(6));
      await apply(fed(7, { id: 'e7', rowId: ada, type: 'updated', payload: { first_name: 'Old' }, at: 5 }));
      assert.deepEqual(await found(database, shown), [
        { first_name: 'Bea', last_name: null, email: null, _has_local_changes: 0 },
      ]);
      await apply(fed(9, { id: 'e9', rowId: ada, type: 'updated', payload: { email: 'a@b.c' }, at: 6 }));
      assert.deepEqual(await found(database, 'SELECT email, updated_at FROM contact'), [
        { email: 'a@b.c', updated_at: time(6) },
      ]);
      await apply({ kind: 'base', snapshot: { ...snapshot, state: null }, head: 10 });
      assert.deepEqual(await found(database, 'SELECT id FROM contact'), []);
    });

    it('gives what a create leaves out its default', async () => {
      const { database } = await device(
        fed(1, { entity: 'account', id: 'e1', rowId: ada, type: 'created', payload: { name: 'Cash' }, at: 1 }),
      );
      assert.deepEqual(
        await found(database, 'SELECT name, balance_cents, tags, rate, closed, opened_on FROM account'),
        [{ name: 'Cash', balance_cents: 0, tags: '[]', rate: 0, closed: 0, opened_on: null }],
      );
    });

    it('shows what was written by SQL, and hands it on as events, in order and named', async () => {
      const { database, capture } = await device(fed(1, created), upTo(1));
      await database.query("UPDATE contact SET email = 'a@b.c', first_name = first_name", []);
      await database.query("UPDATE contact SET email = 'b@b.c'", []);
      await database.query(
        "INSERT INTO contact (id, first_name) VALUES ('11111111-e312-4fc4-a436-3d4c35f3a315', 'Bea')",
        [],
      );
      const entries = await capture();
      const events = entries.flatMap((entry) => (entry.kind === 'new' ? [entry.event] : []));
      const [first, second, third] = events;
      assert.deepEqual(
        events.map(({ event_type, entity_id, payload }) => [event_type, entity_id, payload]),
        [
          ['contact.updated', ada, { email: 'a@b.c' }],
          ['contact.updated', ada, { email: 'b@b.c' }],
          ['contact.created', '11111111-e312-4fc4-a436-3d4c35f3a315', { first_name: 'Bea' }],
        ],
      );
      assert.ok(first !== undefined && second !== undefined && third !== undefined);
      assert.deepEqual(Object(first)['expected'], { email: stamp(1) });
      assert.deepEqual(Object(second)['expected'], { email: first.timestamp });
      assert.ok(first.timestamp < second.timestamp && second.timestamp < third.timestamp);
      assert.ok(first.timestamp > stamp(1));
      assert.deepEqual(
        await found(database, 'SELECT write_id AS id, transaction_id AS tx FROM _changes ORDER BY _changes.id'),
        events.map(({ id, timestamp }) => ({ id, tx: timestamp })),
      );
      // Told once.
      assert.deepEqual(await capture(), []);
    });

    it('b2_9: a write is known by its keys, not by what their names look like', async () => {
      const { database, capture } = await device(fed(1, created), upTo(1));
      await database.query("UPDATE contact SET email = 'last_name lastXname'", []);
      await database.query("UPDATE contact SET last_name = 'Roy'", []);
      const [, second] = await capture();
      assert.ok(second?.kind === 'new');
      assert.deepEqual(second.event.expected, { last_name: stamp(1) });
      assert.deepEqual(await found(database, shown), [
        { first_name: 'Ada', last_name: 'Roy', email: 'last_name lastXname', _has_local_changes: 1 },
      ]);
    });

    it('names transactions in the order of the queue, whoever wrote and by whatever clock', async () => {
      const { database, apply, capture } = await device(fed(1, created), upTo(1));
      // By a tab whose clock is far ahead of this one's, and of a row that what follows is not based on.
      const ahead = Date.now() + 40_000 - 1_763_712_000_000;
      await apply(recorded({ id: 'w1', rowId: 'row-1', type: 'created', payload: { first_name: 'Bea' }, at: ahead }));
      await database.query("UPDATE contact SET email = 'a@b.c' WHERE first_name = 'Ada'", []);
      await capture();
      const names = await found(database, 'SELECT transaction_id AS tx FROM _changes ORDER BY id');
      assert.equal(names.length, 2);
      assert.ok(String(names[0]?.['tx']) < String(names[1]?.['tx']), JSON.stringify(names));
    });

    it('b2_4: an overlay goes when the feed has reached the answer, and not before', async () => {
      const { database, apply } = await device(fed(1, created), upTo(1));
      await apply(
        recorded({
          id: 'w1',
          rowId: ada,
          type: 'updated',
          payload: { email: 'mine' },
          expected: { email: null },
          at: 5,
        }),
      );
      await apply({ kind: 'sent', ids: ['w1'] });
      await apply({ kind: 'accepted', ids: ['w1'], head: 3 });
      const status = 'SELECT status, attempts FROM _changes';
      assert.deepEqual(await found(database, status), [{ status: 'sent', attempts: 1 }]);
      await apply(fed(2, { id: 'e2', rowId: ada, type: 'updated', payload: { last_name: 'Roy' }, at: 4 }), upTo(2));
      assert.deepEqual(await found(database, shown), [
        { first_name: 'Ada', last_name: 'Roy', email: 'mine', _has_local_changes: 1 },
      ]);
      await apply(
        fed(3, { id: 'w1', rowId: ada, type: 'updated', payload: { email: 'mine' }, at: 5 }),
        fed(4, { id: 'e4', rowId: ada, type: 'updated', payload: { email: 'theirs' }, at: 6 }),
        upTo(4),
      );
      assert.deepEqual(await found(database, shown), [
        { first_name: 'Ada', last_name: 'Roy', email: 'theirs', _has_local_changes: 0 },
      ]);
      assert.deepEqual(await found(database, status), [{ status: 'confirmed', attempts: 1 }]);
    });

    it('a refusal takes the overlay away and marks the write; a retry puts it back', async () => {
      const { database, apply } = await device(fed(1, created), upTo(1));
      await apply(recorded({ id: 'w1', rowId: ada, type: 'deleted', expected: { '*': stamp(1) }, at: 5 }));
      assert.deepEqual(await found(database, shown), []);
      await apply({ kind: 'rejected', id: 'w1', code: 'forbidden', reason: 'no', at: 0 });
      assert.equal((await found(database, shown)).length, 1);
      assert.deepEqual(await found(database, 'SELECT status, last_error FROM _changes'), [
        { status: 'failed', last_error: 'forbidden' },
      ]);
      await apply({ kind: 'moved', stamps: [['w1', stamp(9)]], retry: true });
      assert.deepEqual(await found(database, shown), []);
      await apply(
        { kind: 'rejected', id: 'w1', code: 'forbidden', reason: 'no', at: 0 },
        { kind: 'discarded', ids: ['w1'] },
      );
      assert.deepEqual(await found(database, 'SELECT status FROM _changes'), []);
    });

    it('what is stamped anew takes with it what was based on it', async () => {
      const { database, apply } = await device(fed(1, created), upTo(1));
      await apply(
        recorded({ id: 'w1', rowId: ada, type: 'updated', payload: { email: 'a' }, expected: { email: null }, at: 5 }),
        recorded({
          id: 'w2',
          rowId: ada,
          type: 'updated',
          payload: { email: 'b' },
          expected: { email: stamp(5) },
          at: 6,
        }),
        {
          kind: 'moved',
          stamps: [
            ['w1', stamp(6)],
            ['w2', stamp(7)],
          ],
          retry: false,
        },
      );
      const rows = await database.query('SELECT transaction_id, expected FROM _changes ORDER BY id', []);
      assert.deepEqual(
        rows.map((row) => [
          row['transaction_id'],
          typeof row['expected'] === 'string' ? JSON.parse(row['expected']) : row['expected'],
        ]),
        [
          [stamp(6), { email: null }],
          [stamp(7), { email: stamp(6) }],
        ],
      );
    });

    it('s4_off_3: a change of somebody else’s holds the write on that field, and no other', async () => {
      const { database, apply } = await device(fed(1, created), upTo(1));
      await apply(
        recorded({
          id: 'w1',
          rowId: ada,
          type: 'updated',
          payload: { email: 'mine' },
          expected: { email: null },
          at: 5,
        }),
        recorded({
          id: 'w2',
          rowId: ada,
          type: 'updated',
          payload: { first_name: 'Bea' },
          expected: { first_name: stamp(1) },
          at: 6,
        }),
        fed(2, { id: 'e2', rowId: ada, type: 'updated', payload: { email: 'theirs' }, at: 4 }),
        upTo(2),
      );
      const rows = await database.query('SELECT write_id, status, conflict FROM _changes ORDER BY id', []);
      assert.deepEqual(
        rows.map((row) => [
          row['write_id'],
          row['status'],
          typeof row['conflict'] === 'string' ? JSON.parse(row['conflict']) : row['conflict'],
        ]),
        [
          [
            'w1',
            'conflicted',
            [
              {
                field: 'email',
                expected_transaction_id: null,
                server_transaction_id: stamp(4),
                server_value: 'theirs',
              },
            ],
          ],
          ['w2', 'pending', null],
        ],
      );
      // Mine shows until it is decided.
      assert.deepEqual(await found(database, shown), [
        { first_name: 'Bea', last_name: 'Lee', email: 'mine', _has_local_changes: 1 },
      ]);
    });

    it('a write by SQL on top of one that waits, waits with it', async () => {
      const { database, apply, capture } = await device(fed(1, created), upTo(1));
      await database.query("UPDATE contact SET email = 'mine'", []);
      await capture();
      await apply(fed(2, { id: 'e2', rowId: ada, type: 'updated', payload: { email: 'theirs' }, at: 4 }), upTo(2));
      await database.query("UPDATE contact SET email = 'mine too'", []);
      await capture();
      assert.deepEqual(await found(database, 'SELECT status FROM _changes ORDER BY id'), [
        { status: 'conflicted' },
        { status: 'conflicted' },
      ]);
    });

    it('b2_15: another version of the client keeps what is unsynced, and what the server said', async () => {
      const { schema } = engine;
      const { database } = await device(fed(1, created), upTo(1));
      await database.query("UPDATE contact SET email = 'a@b.c'", []);
      // As an older version made it: without a column that this one has.
      await database.query('DROP VIEW contact', []);
      await database.query('DROP VIEW contact_local', []);
      await database.query('ALTER TABLE contact_synced DROP COLUMN credit_limit', []);
      await database.query('ALTER TABLE _changes DROP COLUMN base', []);
      await database.query("UPDATE _rows_made_by SET body = 'older'", []);
      assert.deepEqual(await installRows(database, schema), { emptied: [] });
      assert.deepEqual(await found(database, 'SELECT base FROM _changes'), [{ base: null }]);
      assert.deepEqual(await found(database, 'SELECT first_name, email, credit_limit FROM contact'), [
        { first_name: 'Ada', email: 'a@b.c', credit_limit: null },
      ]);
      // A column of another type: the rows are asked for again, and the write waits on.
      await database.query('DROP VIEW contact', []);
      await database.query('DROP VIEW contact_local', []);
      await database.query('ALTER TABLE contact_synced DROP COLUMN last_name', []);
      await database.query(
        `ALTER TABLE contact_synced ADD COLUMN last_name ${engine.name === 'sqlite' ? 'INTEGER' : 'bigint'}`,
        [],
      );
      await database.query("UPDATE _rows_made_by SET body = 'older'", []);
      const { news } = await rowTables(schema)(database);
      assert.deepEqual(decodeChunk(news).entries, [
        { kind: 'reset', types: ['contact'] },
        { kind: 'cursor', cursor: null },
      ]);
      assert.deepEqual(await found(database, 'SELECT status FROM _changes'), [{ status: 'pending' }]);
      assert.deepEqual(await installRows(database, schema), { emptied: [] });
    });

    it('reads a row by its id without looking at what is under way of others, and a page by the index', async () => {
      const { database } = await device(fed(1, created), upTo(1));
      await database.query("UPDATE contact SET email = 'a@b.c'", []);
      const plan = (text: string): Promise<string> =>
        database.transaction(async (query) => {
          // A table of one row is read as a whole, unless that is forbidden.
          if (engine.name === 'pglite') await query('SET LOCAL enable_seqscan = off', []);
          const explain = engine.name === 'sqlite' ? 'EXPLAIN QUERY PLAN' : 'EXPLAIN';
          const rows = await query(`${explain} ${text}`, []);
          return rows.map((row) => String(row['detail'] ?? row['QUERY PLAN'])).join('\n');
        });
      const one = await plan(`SELECT * FROM contact WHERE id = '${ada}'`);
      if (engine.name === 'sqlite') {
        const reads = one.split('\n').filter((line) => /(SCAN|SEARCH) (_changes|write)\b/.test(line));
        assert.ok(reads.length > 0, one);
        assert.deepEqual(
          reads.filter((line) => !/row_id=\?|rowid=\?/.test(line)),
          [],
          one,
        );
        assert.match(await plan('SELECT * FROM contact ORDER BY id LIMIT 10'), /MERGE.*SCAN synced USING INDEX/s);
      } else {
        assert.doesNotMatch(one, /Seq Scan/);
        const conditions = one.split('\n').filter((line) => /Index Cond: .*table_name/.test(line));
        assert.ok(conditions.length > 0 && conditions.every((line) => line.includes('row_id')), one);
      }
    });

    it(`says what the journal says, whatever happens (seed ${seed})`, async () => {
      await anyHistory(await device(), seed);
    });
  });
}
