/** Models of rows: the generated client against the real backend. Ids in brackets are those of the requirements. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import {
  type ContactConflict,
  createSync,
  InvalidPayload,
  memoryStore,
  RefusedLocally,
  type Sync,
  type SyncConfig,
} from '../generated/fixtures/src/index.js';
import { nodeStore } from '../generated/fixtures/src/store/adapters/node.js';
import { type Backend, startBackend } from './backend.js';
import { options } from './consumer.js';

let backend: Backend;
before(async () => {
  backend = await startBackend();
});
after(() => backend.stop());

let open: Sync[] = [];
afterEach(async () => {
  await Promise.all(open.map((sync) => sync.close()));
  open = [];
});

interface Device {
  readonly sync: Sync;
  offline(offline: boolean): void;
}

/** A device of a tenant's owner, unless it is somebody else's. */
async function device(tenant: string, config: Partial<SyncConfig> & { readonly roles?: string } = {}): Promise<Device> {
  const { roles = 'owner', ...rest } = config;
  const sync = createSync({
    ...options,
    baseUrl: backend.baseUrl,
    tenantId: tenant,
    token: `dev:${tenant}:anna:${roles}`,
    adapter: memoryStore(),
    locks: null,
    channel: null,
    maxRetryDelayMs: 100,
    ...rest,
  });
  open.push(sync);
  await sync.start();
  await sync.http();
  return { sync, offline: (offline) => sync.internals.unplug(offline) };
}

async function ready(made: Device): Promise<Device> {
  await until('the first snapshots', () => made.sync.getPhase() === 'synced');
  return made;
}

async function two(): Promise<[a: Device, b: Device, id: string]> {
  const tenant = `t${crypto.randomUUID()}`;
  const [a, b] = [await ready(await device(tenant)), await ready(await device(tenant))];
  const made = a.sync.contacts.create({ first_name: 'Ada', email: 'ada@x.org' });
  await made.synced;
  await until('it there', () => b.sync.contacts.get(made.entityId) !== undefined);
  return [a, b, made.entityId];
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const end = Date.now() + 20_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** What the server answers about a contact now. */
const there = async ({ sync }: Device, id: string) => sync.methods.contacts.get(id);

/** The events of a contact in the server's log. */
async function log({ sync }: Device, id: string): Promise<unknown[]> {
  const { events } = await sync.contacts.fetchHistory(id);
  return events.map(({ event_type, payload }) => [event_type.split('.')[1], payload]);
}

describe('rows against the real backend', () => {
  it('come and go between two devices [S2-WR-1]', async () => {
    const [a, b, id] = await two();
    const change = a.sync.contacts.update(id, { last_name: 'Lovelace' });
    assert.equal(a.sync.contacts.get(id)?.last_name, 'Lovelace');
    await change;
    await change.synced;
    await until('the change', () => b.sync.contacts.get(id)?.last_name === 'Lovelace');
    await until('the same', () => JSON.stringify(a.sync.contacts.get(id)) === JSON.stringify(b.sync.contacts.get(id)));
    assert.deepEqual(a.sync.contacts.get(id), await there(a, id));
    b.sync.contacts.delete(id);
    assert.equal(b.sync.contacts.get(id), undefined, 'a delete hides at once');
    await until('the end', () => a.sync.contacts.get(id) === undefined);
    assert.throws(() => a.sync.contacts.update(id, { last_name: 'x' }), RefusedLocally);
  });

  it('are listed by fields, in order, with a limit [S2-GEN-3]', async () => {
    const [a, b] = await two();
    for (const first_name of ['Eva', 'Ida', 'Bob']) a.sync.contacts.create({ first_name, last_name: 'Lee' });
    await a.sync.settled();
    const query = { where: { last_name: 'Lee' }, orderBy: '-first_name', limit: 2 } as const;
    const names = (): readonly string[] => b.sync.contacts.list(query).map(({ first_name }) => first_name);
    await until('two of them', () => names().join() === 'Ida,Eva');
    assert.equal(b.sync.contacts.list(query), b.sync.contacts.list(query));
  });

  it('change only the fields that differ, each with what it was based on [B2-2]', async () => {
    const [a, b, id] = await two();
    await b.sync.contacts.update(id, { last_name: 'Smith' }).synced;
    await until('Smith', () => a.sync.contacts.get(id)?.last_name === 'Smith');
    await a.sync.contacts.update(id, { first_name: 'Ada', last_name: 'Smith', email: 'new@x.org' }).synced;
    assert.deepEqual((await log(a, id)).at(-1), ['updated', { email: 'new@x.org' }]);
  });

  it('write different fields without a conflict [S4-API-3]', async () => {
    const [a, b, id] = await two();
    a.offline(true);
    b.offline(true);
    a.sync.contacts.update(id, { first_name: 'Eva' });
    b.sync.contacts.update(id, { email: 'eva@x.org' });
    a.offline(false);
    b.offline(false);
    await Promise.all([a, b].map(({ sync }) => sync.settled()));
    const wanted = { first_name: 'Eva', email: 'eva@x.org' };
    await until('both', () =>
      [a, b].every(({ sync }) => {
        const { first_name, email } = sync.contacts.get(id) ?? {};
        return first_name === wanted.first_name && email === wanted.email;
      }),
    );
    assert.deepEqual([a.sync.status.getSnapshot().conflicts, b.sync.status.getSnapshot().conflicts], [[], []]);
  });

  it('squash what was never sent: A, B, A again are two entries [S4-OFF-1]', async () => {
    const [a, , id] = await two();
    a.offline(true);
    const first = a.sync.contacts.update(id, { first_name: 'One' });
    a.sync.contacts.update(id, { last_name: 'Lee' });
    await a.sync.contacts.update(id, { first_name: 'Two' });
    assert.equal(a.sync.status.getSnapshot().pendingCount, 2);
    const made = a.sync.contacts.create({ first_name: 'Made' });
    a.sync.contacts.of(made.entityId).update({ last_name: 'Later' });
    const gone = a.sync.contacts.create({ first_name: 'Never' });
    const ended = a.sync.contacts.delete(gone.entityId);
    a.offline(false);
    await Promise.all([first.synced, made.synced, gone.synced, ended.synced]);
    await a.sync.settled();
    assert.deepEqual((await log(a, id)).slice(1), [
      ['updated', { last_name: 'Lee' }],
      ['updated', { first_name: 'Two' }],
    ]);
    assert.deepEqual(await log(a, made.entityId), [['created', { first_name: 'Made', last_name: 'Later' }]]);
    await assert.rejects(log(a, gone.entityId), { status: 404 });
  });

  it('catch up before they send, hold what conflicts and send the rest in order [S4-OFF-3]', async () => {
    const [a, b, id] = await two();
    a.offline(true);
    a.sync.contacts.update(id, { first_name: 'Mine' });
    a.sync.contacts.update(id, { last_name: 'Lee' });
    await b.sync.contacts.update(id, { first_name: 'Theirs' }).synced;
    a.offline(false);
    await until('the conflict', () => a.sync.contacts.conflicts(id).length === 1);
    await until('the rest', () => b.sync.contacts.get(id)?.last_name === 'Lee');
    const [entry] = await log(a, id).then((entries) => entries.slice(-1));
    assert.deepEqual(entry, ['updated', { last_name: 'Lee' }]);
    assert.equal(a.sync.contacts.get(id)?.first_name, 'Mine', 'what waits is shown');
    assert.equal(a.sync.contacts.transactions().filter(({ state }) => state === 'conflicted').length, 1);
  });

  for (const choice of ['keepMine', 'keepServer', 'merge'] as const) {
    it(`${choice} decides a conflict [S4-OFF-4]`, async () => {
      const [a, b, id] = await two();
      a.offline(true);
      const mine = a.sync.contacts.update(id, { first_name: 'Mine' });
      await b.sync.contacts.update(id, { first_name: 'Theirs' }).synced;
      a.offline(false);
      await until('the conflict', () => a.sync.contacts.conflicts(null).length === 1);
      const [conflict]: readonly ContactConflict[] = a.sync.contacts.conflicts(id);
      assert.ok(conflict?.field === 'first_name');
      const typed: string = conflict.mine;
      assert.deepEqual([typed, conflict.theirs], ['Mine', 'Theirs']);
      if (choice === 'merge') assert.throws(() => conflict.merge(''), InvalidPayload);
      const wanted = { keepMine: 'Mine', keepServer: 'Theirs', merge: 'Both' }[choice];
      await (choice === 'merge' ? conflict.merge('Both') : conflict[choice]());
      if (choice === 'keepServer') await assert.rejects(mine.synced, { code: 'field_conflict' });
      else await mine.synced;
      for (const { sync } of [a, b]) await until(wanted, () => sync.contacts.get(id)?.first_name === wanted);
      assert.equal((await there(a, id)).first_name, wanted);
      assert.deepEqual(a.sync.status.getSnapshot().conflicts, []);
    });
  }

  it('delete against an edit waits, for the whole row [B4-12]', async () => {
    const [a, b, id] = await two();
    a.offline(true);
    a.sync.contacts.delete(id);
    await b.sync.contacts.update(id, { last_name: 'Lee' }).synced;
    a.offline(false);
    await until('the conflict', () => a.sync.contacts.conflicts(id).length === 1);
    const [conflict] = a.sync.contacts.conflicts(id);
    assert.ok(conflict?.field === '*');
    assert.equal(conflict.theirs.last_name, 'Lee');
    await conflict.keepServer();
    assert.equal(a.sync.contacts.get(id)?.last_name, 'Lee');
    a.sync.contacts.delete(id);
    await until('the end', () => b.sync.contacts.get(id) === undefined);
  });

  it('survive a restart with what is unsynced and what is decided later [S4-FE-4]', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'syncable-rows-'));
    const tenant = `t${crypto.randomUUID()}`;
    const adapter = nodeStore({ fs, folder });
    const b = await ready(await device(tenant));
    let a = await ready(await device(tenant, { adapter }));
    const { entityId: id } = b.sync.contacts.create({ first_name: 'Ada' });
    await until('it', () => a.sync.contacts.get(id) !== undefined);
    a.offline(true);
    a.sync.contacts.update(id, { first_name: 'Mine' });
    await a.sync.contacts.update(id, { last_name: 'Lee' });
    await a.sync.close();
    await b.sync.contacts.update(id, { first_name: 'Theirs' }).synced;
    a = await device(tenant, { adapter });
    assert.equal(a.sync.contacts.get(id)?.first_name, 'Mine');
    await until('the conflict', () => a.sync.contacts.conflicts(id).length === 1);
    await until('the rest', () => b.sync.contacts.get(id)?.last_name === 'Lee');
    await a.sync.close();
    a = await device(tenant, { adapter });
    await a.sync.contacts.conflicts(id)[0]?.keepMine();
    await until('mine', () => b.sync.contacts.get(id)?.first_name === 'Mine');
    await a.sync.close();
    rmSync(folder, { recursive: true });
  });

  it('of which the last write wins have no conflicts, and say what gave way', async () => {
    const tenant = `t${crypto.randomUUID()}`;
    const [a, b] = [await ready(await device(tenant)), await ready(await device(tenant))];
    const made = a.sync.accounts.create({ name: 'Till', tags: ['x'] });
    await made; // not local first: the server has it
    const id = made.entityId;
    await until('it', () => b.sync.accounts.get(id) !== undefined);
    a.offline(true);
    const late = a.sync.accounts.update(id, { balance_cents: 1, name: 'Mine' });
    await new Promise((resolve) => setTimeout(resolve, 5));
    await b.sync.accounts.update(id, { balance_cents: 2 });
    a.offline(false);
    await late;
    for (const { sync } of [a, b]) {
      await until('agreement', () => {
        const { name, balance_cents } = sync.accounts.get(id) ?? {};
        return name === 'Mine' && balance_cents === 2;
      });
    }
    assert.deepEqual(a.sync.status.getSnapshot().conflicts, []);
  });

  it('throw once the server has refused, and the edit is gone by then [S2-WR-2, S3-ERR-1]', async () => {
    const [a, , id] = await two();
    const tenant = a.sync.contacts.get(id) === undefined ? '' : a.sync.internals.name.split(':')[3];
    const viewer = await ready(await device(String(tenant), { roles: 'viewer' }));
    await until('it', () => viewer.sync.contacts.get(id) !== undefined);
    const refused = viewer.sync.contacts.update(id, { first_name: 'Eve' });
    await refused; // local first: it is stored here
    await assert.rejects(refused.synced, { code: 'forbidden' });
    assert.equal(viewer.sync.contacts.get(id)?.first_name, 'Ada');
    assert.deepEqual(
      viewer.sync.status.getSnapshot().rejections.map(({ code }) => code),
      ['forbidden'],
    );
    assert.equal(viewer.sync.contacts.get(id)?.credit_limit, undefined);
  });

  it('hide from readers what is not theirs, and never have what is excluded [S2-DB-7, S3-CFG-2]', async () => {
    const [a, , id] = await two();
    const tenant = String(a.sync.internals.name.split(':')[3]);
    await a.sync.contacts.update(id, { credit_limit: '100.5' }).synced;
    const editor = await ready(await device(tenant, { roles: 'editor' }));
    await until('it', () => editor.sync.contacts.get(id) !== undefined);
    assert.equal(editor.sync.contacts.get(id)?.credit_limit, undefined);
    assert.equal('local_notes' in (a.sync.contacts.get(id) ?? {}), false);
    await a.sync.contacts.update(id, { credit_limit: '200' }).synced;
    await editor.sync.contacts.update(id, { email: 'e@x.org' }).synced;
    await until('the email', () => a.sync.contacts.get(id)?.email === 'e@x.org');
    const [mine, theirs] = [a.sync.contacts.get(id), editor.sync.contacts.get(id)];
    assert.deepEqual([mine?.credit_limit, theirs?.credit_limit], ['200', undefined]);
    editor.sync.contacts.delete(id); // what it has not seen of the row is no conflict
    await until('the end', () => a.sync.contacts.get(id) === undefined);
  });
});
