/** Rows: what the server has said, under what this device has written; conflicts, and who decides them. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { SyncConfig } from '../src/client/config.js';
import type { SyncClient } from '../src/client/sync.js';
import { Rows } from '../src/rows/rows.js';
import { client, event, until, uuid } from './helpers.js';
import { type Contact, type ContactEvent, type ContactUpdate, contactModel, contactsWith } from './models/contact.js';
import { RowServer } from './rowServer.js';
import { storesOn } from './rows/stores.js';

type Contacts = Rows<Contact, ContactEvent, 'first_name' | 'last_name' | 'email'>;

const { deviceStore, tablesAgree } = await storesOn(process.env['SYNC_ROWS']);

/** One device of one user. */
class Device {
  readonly sync: SyncClient;
  readonly rows: Contacts;
  offline = false;
  readonly #name: string;
  readonly #model: typeof contactModel;

  constructor(name: string, config: Partial<SyncConfig> = {}, model = contactModel) {
    this.#name = name;
    this.#model = model;
    const network = server.fetchOf(name);
    this.sync = client('http://rows.test/api/v1', {
      models: { contacts: model },
      fetch: (...args) => (this.offline ? Promise.reject(new TypeError('offline')) : network(...args)),
      webSocket: null,
      notification: 'polling',
      pollingIntervalMs: 5,
      adapter: deviceStore(),
      ...config,
    });
    this.rows = new Rows(this.sync, model);
    devices.push(this);
  }

  async start(): Promise<this> {
    await this.sync.start();
    if (!this.offline) await until(`${this.#name} has read`, () => this.sync.getPhase() === 'synced');
    return this;
  }

  /** Nothing arrives any more, and it has found out: it sends nothing before it has caught up. */
  async cut(): Promise<void> {
    this.offline = true;
    await until(`${this.#name} has found out`, () => this.status.connection === 'connecting');
  }

  get(id: string): Contact | undefined {
    return this.sync.collection(this.#model).get(id);
  }

  all(): readonly Contact[] {
    return this.sync.collection(this.#model).list();
  }

  get status() {
    return this.sync.status.getSnapshot();
  }
}

let server: RowServer;
let devices: Device[];

beforeEach(() => {
  server = new RowServer();
  devices = [];
});

afterEach(async () => {
  for (const device of devices.filter(({ sync }) => sync.getPhase() !== 'closed')) {
    await tablesAgree(device.sync, () => device.all());
  }
  await Promise.all(devices.map(({ sync }) => sync.close()));
});

async function two(): Promise<[Device, Device, string]> {
  const [a, b] = [await new Device('a').start(), await new Device('b').start()];
  const id = uuid();
  await a.rows.record('contact.created', id, { first_name: 'Ada', email: 'ada@x.org' }).synced;
  await until('b has it', () => b.get(id) !== undefined);
  return [a, b, id];
}

/** Somebody writes just before the next batch of `a` is judged. */
function overtake(id: string, payload: ContactUpdate): void {
  server.fault = (device, path) => {
    if (device !== 'a' || path !== '/batch') return null;
    server.fault = () => null;
    const expected = Object.fromEntries(
      Object.keys(payload).map((field) => [field, server.rows.get(id)?.tx[field] ?? null]),
    );
    server.post([{ ...event('contact.updated', id, payload), expected, source_id: 'other' }]);
    return null;
  };
}

describe('rows', () => {
  it('are created, changed and deleted offline, and come back', async () => {
    const device = new Device('a');
    device.offline = true;
    await device.start();
    const [id, gone] = [uuid(), uuid()];
    device.rows.record('contact.created', id, { first_name: 'Ada' });
    device.rows.record('contact.updated', id, { email: 'ada@x.org' });
    await device.rows.record('contact.created', gone, { first_name: 'Bob' });
    assert.equal(device.get(id)?.email, 'ada@x.org');
    device.offline = false;
    device.sync.syncNow();
    await device.sync.settled();
    assert.deepEqual([server.get(id)?.first_name, server.get(id)?.email], ['Ada', 'ada@x.org']);
    device.offline = true;
    device.rows.record('contact.deleted', gone, {});
    assert.equal(device.get(gone), undefined, 'a delete hides at once');
    device.offline = false;
    device.sync.syncNow();
    await device.sync.settled();
    assert.equal(server.get(gone), undefined);
    await until('the same here', () => JSON.stringify(device.get(id)) === JSON.stringify(server.get(id)));
    assert.equal(device.status.pendingCount, 0);
  });

  it('squash what was never sent: A, B, A again are two; a create and its updates one; with its delete none', async () => {
    const [a, , id] = await two();
    await a.cut();
    const before = server.log.length;
    const first = a.rows.record('contact.updated', id, { first_name: 'Eva' });
    a.rows.record('contact.updated', id, { last_name: 'Lee' });
    const last = a.rows.record('contact.updated', id, { first_name: 'Ida' });
    const [made, never] = [uuid(), uuid()];
    a.rows.record('contact.created', made, { first_name: 'X' });
    a.rows.record('contact.updated', made, { last_name: 'Y' });
    const void1 = a.rows.record('contact.created', never, { first_name: 'Z' });
    const void2 = a.rows.record('contact.deleted', never, {});
    await void2;
    a.offline = false;
    a.sync.syncNow();
    await Promise.all([first.synced, last.synced, void1.synced, void2.synced]);
    await a.sync.settled();
    const sent = server.log.slice(before).map(({ event_type, payload }) => [event_type, payload]);
    assert.deepEqual(sent, [
      ['contact.updated', { last_name: 'Lee' }],
      ['contact.updated', { first_name: 'Ida' }],
      ['contact.created', { first_name: 'X', last_name: 'Y' }],
    ]);
    assert.equal(a.status.pendingCount, 0);
  });

  it('hold a write whose field somebody else has written, and send the rest', async () => {
    const [a, b, id] = await two();
    await a.cut();
    a.rows.record('contact.updated', id, { first_name: 'Mine' });
    a.rows.record('contact.updated', id, { last_name: 'Lee' });
    await b.rows.record('contact.updated', id, { first_name: 'Theirs' }).synced;
    a.offline = false;
    a.sync.syncNow();
    await until('the conflict', () => a.status.conflicts.length === 1);
    await until('the rest', () => server.get(id)?.last_name === 'Lee');
    assert.equal(server.get(id)?.first_name, 'Theirs');
    assert.equal(a.get(id)?.first_name, 'Mine');
    const [conflict] = a.rows.conflicts(id);
    assert.ok(conflict?.field === 'first_name');
    assert.deepEqual([conflict.mine, conflict.theirs], ['Mine', 'Theirs']);
    await conflict.keepMine();
    await until('mine', () => server.get(id)?.first_name === 'Mine');
    assert.deepEqual(a.status.conflicts, []);
    await until('there too', () => b.get(id)?.first_name === 'Mine');
  });

  it('let the server keep its value, or take a third', async () => {
    const [a, b, id] = await two();
    await a.cut();
    const mine = a.rows.record('contact.updated', id, { first_name: 'Mine', last_name: 'Too' });
    await b.rows.record('contact.updated', id, { first_name: 'Theirs', last_name: 'Also' }).synced;
    a.offline = false;
    a.sync.syncNow();
    await until('the conflicts', () => a.status.conflicts.length === 2);
    for (const conflict of a.rows.conflicts(id)) {
      if (conflict.field === 'first_name') await conflict.keepServer();
      else if (conflict.field === 'last_name') await conflict.merge('Both');
    }
    await mine.synced;
    assert.deepEqual([server.get(id)?.first_name, server.get(id)?.last_name], ['Theirs', 'Both']);
    await until('agreement', () => JSON.stringify(a.get(id)) === JSON.stringify(server.get(id)));
  });

  for (const harm of ['lose', 'down'] as const) {
    it(`b4_2, b4_3: leave alone what was ever sent, and do not conflict with themselves (${harm})`, async () => {
      const [a, b, id] = await two();
      const before = server.log.length;
      let tried = false;
      server.fault = (device, path) => {
        if (device !== 'a' || path !== '/batch') return null;
        a.offline = true; // and the network goes with it
        tried = true;
        return harm;
      };
      a.rows.record('contact.updated', id, { first_name: 'One' });
      await until('it was sent', () => tried);
      await a.cut();
      server.fault = () => null;
      a.rows.record('contact.updated', id, { first_name: 'Two' });
      a.rows.record('contact.updated', id, { first_name: 'Three' });
      a.offline = false;
      a.sync.syncNow();
      await a.sync.settled();
      assert.deepEqual(
        server.log.slice(before).map(({ payload }) => payload),
        [{ first_name: 'One' }, { first_name: 'Three' }],
      );
      assert.deepEqual([a.status.conflicts, a.status.losses, a.status.rejections], [[], [], []]);
      await until('there too', () => b.get(id)?.first_name === 'Three');
    });
  }

  it('follow the log, whatever the stamps: the last in it stands, and the row’s time is that of the highest', async () => {
    const [a, b, id] = await two();
    const write = (payload: ContactUpdate, ms: number): void => {
      const expected = Object.fromEntries(
        Object.keys(payload).map((field) => [field, server.rows.get(id)?.tx[field] ?? null]),
      );
      server.post([{ ...event('contact.updated', id, payload, ms), expected, source_id: 'other' }]);
    };
    const now = Date.now();
    write({ first_name: 'Ahead', last_name: 'Ahead' }, now + 40_000);
    write({ first_name: 'Behind' }, now - 40_000);
    for (const device of [a, b]) await until('the last in the log', () => device.get(id)?.first_name === 'Behind');
    assert.equal(a.get(id)?.updated_at, new Date(now + 40_000).toISOString());
    // Nothing of that one is left, nor its time.
    write({ last_name: 'Behind' }, now - 40_001);
    await until('the last in the log', () => a.get(id)?.last_name === 'Behind');
    assert.equal(a.get(id)?.updated_at, a.get(id)?.created_at);
    // What is written now is based on the last in the log, not on the highest.
    await b.rows.record('contact.updated', id, { first_name: 'Next' }).synced;
    assert.equal(server.get(id)?.first_name, 'Next');
    write({ first_name: 'Last' }, now - 50_000);
    for (const device of [a, b]) {
      await until('the same as there', () => JSON.stringify(device.get(id)) === JSON.stringify(server.get(id)));
      assert.deepEqual([device.status.conflicts, device.status.losses], [[], []]);
    }
  });

  it('survive a restart with what is unsynced and what waits', async () => {
    const adapter = deviceStore();
    const b = await new Device('b').start();
    let a = await new Device('a', { adapter }).start();
    const id = uuid();
    await b.rows.record('contact.created', id, { first_name: 'Ada' }).synced;
    await until('it', () => a.get(id) !== undefined);
    await a.cut();
    a.rows.record('contact.updated', id, { first_name: 'Mine' });
    await a.rows.record('contact.updated', id, { last_name: 'Lee' });
    await b.rows.record('contact.updated', id, { first_name: 'Theirs' }).synced;
    await a.sync.close();
    a = new Device('a', { adapter });
    a.offline = true;
    await a.start();
    assert.deepEqual([a.get(id)?.first_name, a.get(id)?.last_name], ['Mine', 'Lee']);
    a.offline = false;
    a.sync.syncNow();
    await until('the conflict', () => a.status.conflicts.length === 1);
    await until('the rest', () => server.get(id)?.last_name === 'Lee');
    await a.sync.close();
    a = await new Device('a', { adapter }).start();
    const [conflict] = a.rows.conflicts(null);
    assert.deepEqual([conflict?.mine, conflict?.theirs], ['Mine', 'Theirs']);
    await conflict?.keepServer();
    await until('theirs', () => a.get(id)?.first_name === 'Theirs');
  });

  it('take the server’s value after a refusal, and say so; what is marked manual waits', async () => {
    const [a, , id] = await two();
    overtake(id, { first_name: 'Theirs', email: 'theirs@x.org' });
    const mine = a.rows.record('contact.updated', id, { first_name: 'Mine', email: 'mine@x.org', last_name: 'Lee' });
    await mine.synced; // what was not refused of it
    assert.deepEqual(
      a.status.losses.map(({ field, mine, theirs }) => [field, mine, theirs]),
      [['first_name', 'Mine', 'Theirs']],
    );
    const [conflict] = a.rows.conflicts(id);
    assert.ok(conflict?.field === 'email');
    assert.deepEqual([conflict.mine, conflict.theirs], ['mine@x.org', 'theirs@x.org']);
    await until('theirs', () => a.get(id)?.email === 'theirs@x.org');
    assert.deepEqual([a.get(id)?.first_name, a.get(id)?.last_name], ['Theirs', 'Lee']);
    assert.deepEqual(a.status.rejections, []);
    await a.status.losses[0]?.dismiss();
    await conflict.merge('both@x.org');
    await until('both', () => server.get(id)?.email === 'both@x.org');
    assert.deepEqual([a.status.losses, a.status.conflicts], [[], []]);
  });

  it('resolve by the server’s answer where they are not local first, and are gone before they throw', async () => {
    const model = contactsWith({ localFirst: false });
    const a = await new Device('a', {}, model).start();
    const id = uuid();
    await a.rows.record('contact.created', id, { first_name: 'Ada' });
    assert.equal(server.get(id)?.first_name, 'Ada');
    server.guard = () => 'not today';
    const refused = a.rows.record('contact.updated', id, { first_name: 'Eva' });
    assert.equal(a.get(id)?.first_name, 'Eva');
    await assert.rejects(async () => refused, { code: 'guarded' });
    assert.equal(a.get(id)?.first_name, 'Ada');
  });

  it('record nothing where nothing differs', async () => {
    const [a, , id] = await two();
    const before = server.log.length;
    await a.rows.record('contact.updated', id, { first_name: 'Ada', email: 'ada@x.org' }).synced;
    await a.rows.record('contact.updated', id, { first_name: 'Ada', last_name: 'Lee' }).synced;
    assert.deepEqual(
      server.log.slice(before).map(({ payload }) => payload),
      [{ last_name: 'Lee' }],
    );
  });
});
