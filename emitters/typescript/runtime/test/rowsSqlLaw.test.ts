/** Two devices that write by SQL and by their client, in any order, with a network that fails: all come to what the server has. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SyncConfig } from '../src/client/config.js';
import type { SyncClient } from '../src/client/sync.js';
import { Rows } from '../src/rows/rows.js';
import { liveSql, sql } from '../src/store/adapters/sql/rows/query.js';
import { client, event, until, uuid } from './helpers.js';
import { type Contact, type ContactEvent, contactModel } from './models/contact.js';
import { RowServer } from './rowServer.js';
import { dice } from './rows/history.js';
import { storesOn } from './rows/stores.js';

const seed = Number(process.env['SYNC_SEED'] ?? Date.now() % 1_000_000);
const FIELDS = ['first_name', 'last_name', 'email'] as const;
const STEPS = 60;

for (const kind of ['sqlite', 'pglite'] as const) {
  describe(`rows by SQL and by the client, on ${kind}`, { timeout: 120_000 }, () => {
    it('fire live queries, whoever writes', async () => {
      const { deviceStore } = await storesOn(kind);
      const server = new RowServer();
      const sync = client('http://rows.test/api/v1', {
        models: { contacts: contactModel },
        fetch: server.fetchOf('a'),
        webSocket: null,
        notification: 'polling',
        pollingIntervalMs: 5,
        adapter: deviceStore(),
      } as Partial<SyncConfig>);
      await sync.start();
      const contacts = sync.collection(contactModel);
      let listened = 0;
      contacts.subscribe(null, () => {
        listened += 1;
      });
      const told: string[] = [];
      const stop = liveSql(sync, 'SELECT first_name FROM contact ORDER BY first_name', [], ({ rows, error }) =>
        told.push(error === null ? rows.map((row) => row['first_name']).join() : String(error)),
      );
      const last = (names: string): Promise<void> => until(names, () => told.at(-1) === names);
      await last('');
      await sql(sync, "INSERT INTO contact (first_name) VALUES ('SQL')");
      assert.deepEqual(
        contacts.list().map(({ first_name }) => first_name),
        ['SQL'],
      );
      assert.ok(listened > 0, 'hooks hear of it');
      await last('SQL');
      new Rows(sync, contactModel).record('contact.created', uuid(), { first_name: 'Client' });
      await last('Client,SQL');
      server.post([event('contact.created', uuid(), { first_name: 'Other' })]);
      await last('Client,Other,SQL');
      await until('the server has all', () => server.rows.size === 3);
      stop();
      await assert.rejects(sql(sync, 'SELECT no_such FROM contact'), { code: 'storage_failed' });
      await sync.close();
      await assert.rejects(sql(client('http://rows.test', { models: {} } as Partial<SyncConfig>), 'SELECT 1'), {
        code: 'no_sql',
      });
    });

    it(`come to one state, whatever happens (seed ${seed})`, async () => {
      const { deviceStore, tablesAgree } = await storesOn(kind);
      const roll = dice(seed);
      const server = new RowServer();
      const offline = new Set<string>();
      const devices: {
        readonly name: string;
        readonly sync: SyncClient;
        readonly rows: Rows<Contact, ContactEvent, (typeof FIELDS)[number]>;
      }[] = [];
      for (const name of ['a', 'b']) {
        const network = server.fetchOf(name);
        const sync = client('http://rows.test/api/v1', {
          models: { contacts: contactModel },
          fetch: (...args) => (offline.has(name) ? Promise.reject(new TypeError('offline')) : network(...args)),
          webSocket: null,
          notification: 'polling',
          pollingIntervalMs: 5,
          maxRetryDelayMs: 20,
          adapter: deviceStore(),
        } as Partial<SyncConfig>);
        devices.push({ name, sync, rows: new Rows(sync, contactModel) });
        await sync.start();
      }
      server.fault = (_device, path) => (path === '/batch' && roll(6) === 0 ? 'lose' : null);
      server.guard = () => (roll(12) === 0 ? 'not today' : null);
      const agree = async ({ sync }: (typeof devices)[number]): Promise<void> =>
        tablesAgree(sync, () => sync.collection(contactModel).list());

      for (let step = 0; step < STEPS; step++) {
        const device = devices[roll(2)];
        assert.ok(device !== undefined);
        const { sync, rows, name } = device;
        const shown = sync.collection(contactModel).list();
        const one = shown[roll(Math.max(1, shown.length))];
        const field = FIELDS[roll(3)] ?? 'email';
        const value = `${name}${step}`;
        const refusedHere = (): void => {};
        switch (roll(9)) {
          case 0:
            rows.record('contact.created', uuid(), { first_name: value }).synced.catch(refusedHere);
            break;
          case 1:
            await sql(sync, 'INSERT INTO contact (first_name, email) VALUES ($1, $2)', [value, `${value}@b.c`]);
            break;
          case 2:
          case 3:
            if (one !== undefined) rows.record('contact.updated', one.id, { [field]: value }).synced.catch(refusedHere);
            break;
          case 4:
          case 5:
            if (one !== undefined) await sql(sync, `UPDATE contact SET ${field} = $1 WHERE id = $2`, [value, one.id]);
            break;
          case 6:
            if (one === undefined || roll(3) > 0) break;
            await sql(sync, 'DELETE FROM contact WHERE id = $1', [one.id]);
            assert.equal(sync.collection(contactModel).get(one.id), undefined, 'gone when the statement is answered');
            break;
          case 7:
            if (!offline.delete(name)) offline.add(name);
            break;
          default:
            await new Promise((resolve) => setTimeout(resolve, roll(20)));
        }
        if (roll(5) === 0) await agree(device);
      }

      offline.clear();
      server.fault = () => null;
      server.guard = () => null;
      for (const { sync } of devices) sync.syncNow();
      const waits = ({ sync }: (typeof devices)[number]): boolean => {
        const { pendingCount, conflicts, rejections } = sync.status.getSnapshot();
        return pendingCount + conflicts.length + rejections.length > 0;
      };
      for (const end = Date.now() + 20_000; devices.some(waits); ) {
        for (const { sync, rows } of devices) {
          for (const { event } of sync.status.getSnapshot().rejections) await sync.discard(event.id);
          for (const conflict of rows.conflicts(null)) {
            if (roll(2) === 0) await conflict.keepServer();
            else await conflict.keepMine();
          }
        }
        assert.ok(Date.now() < end, `of seed ${seed} something waits for ever`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      const held = (): string =>
        JSON.stringify(
          [...server.rows.keys()]
            .map((id) => server.get(id))
            .filter(Boolean)
            .sort(byId),
        );
      for (const device of devices) {
        const shown = (): string => JSON.stringify([...device.sync.collection(contactModel).list()].sort(byId));
        await until(`${device.name} has what the server has`, () => shown() === held());
        await agree(device);
      }
      await Promise.all(devices.map(({ sync }) => sync.close()));
    });
  });
}

function byId(a: Contact | undefined, b: Contact | undefined): number {
  return (a?.id ?? '') < (b?.id ?? '') ? -1 : 1;
}
