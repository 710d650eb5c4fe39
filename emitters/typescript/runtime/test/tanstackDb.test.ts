/** Rows as a collection of TanStack DB: its live queries over what this device holds. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createCollection, createLiveQueryCollection, eq } from '@tanstack/db';
import type { SyncClient } from '../src/client/sync.js';
import { rowCollectionOptions } from '../src/rows/collectionOptions.js';
import { Rows } from '../src/rows/rows.js';
import { client, until, uuid } from './helpers.js';
import { type Contact, contactModel, contactsWith } from './models/contact.js';
import { RowServer } from './rowServer.js';

const times = { created_at: '2026-11-21T08:00:00.000Z', updated_at: '2026-11-21T08:00:00.000Z' };

describe('a collection of TanStack DB', () => {
  let server: RowServer;
  let open: SyncClient[];
  beforeEach(() => {
    server = new RowServer();
    open = [];
  });
  afterEach(async () => {
    for (const sync of open) await sync.close();
  });

  async function device(name: string, model = contactModel): Promise<SyncClient> {
    const sync = client('http://rows.test/api/v1', {
      ...{ models: { contacts: model } },
      fetch: server.fetchOf(name),
      webSocket: null,
      notification: 'polling',
      pollingIntervalMs: 5,
    });
    open.push(sync);
    await sync.start();
    await until(`${name} has read`, () => sync.getPhase() === 'synced');
    return sync;
  }

  it('has live queries over the rows of this device, whoever wrote them', async () => {
    const sync = await device('here');
    const rows = new Rows(sync, contactModel);
    const [ada, bob] = [uuid(), uuid()];
    await rows.record('contact.created', ada, { first_name: 'Ada', last_name: 'Lovelace' });
    const contacts = createCollection(rowCollectionOptions(sync, contactModel));
    const named = createLiveQueryCollection((q) =>
      q
        .from({ contact: contacts })
        .where(({ contact }) => eq(contact.last_name, 'Lovelace'))
        .orderBy(({ contact }) => contact.first_name)
        .select(({ contact }) => ({ id: contact.id, name: contact.first_name })),
    );
    const names = (): string[] => named.toArray.map(({ name }) => name);
    await named.preload();
    assert.deepEqual(names(), ['Ada']);
    await rows.record('contact.created', bob, { first_name: 'Bob', last_name: null });
    assert.deepEqual(names(), ['Ada']);
    await rows.record('contact.updated', bob, { last_name: 'Lovelace' });
    assert.deepEqual(names(), ['Ada', 'Bob'], 'a change puts it in');
    const there = await device('there');
    await until('the other device has both', () => there.collection(contactModel).list().length === 2);
    await new Rows(there, contactModel).record('contact.updated', ada, { first_name: 'Zoe' });
    await until('a change of another device', () => names().join() === 'Bob,Zoe');
    await rows.record('contact.deleted', bob, {});
    assert.deepEqual(names(), ['Zoe']);
    await named.cleanup();
    await contacts.cleanup();
  });

  it('writes as everybody writes', async () => {
    const sync = await device('here');
    const contacts = createCollection(rowCollectionOptions(sync, contactModel));
    await contacts.preload();
    const id = uuid();
    const made = contacts.insert({ id, first_name: 'Ada', last_name: null, email: null, ...times });
    assert.equal(contacts.get(id)?.first_name, 'Ada');
    await made.isPersisted.promise;
    assert.equal(sync.collection(contactModel).get(id)?.first_name, 'Ada');
    const changed = contacts.update(id, (draft) => {
      Object.assign(draft, { email: 'ada@x.org' });
    });
    await changed.isPersisted.promise;
    await sync.settled();
    const there = await device('there');
    const seen = (): Contact | undefined => there.collection(contactModel).get(id);
    await until('the other device has it', () => seen()?.email === 'ada@x.org');
    await contacts.delete(id).isPersisted.promise;
    assert.equal(contacts.get(id), undefined);
    await until('it is gone there, too', () => seen() === undefined);
    await contacts.cleanup();
  });

  it('b2_12: sends every change of a transaction, and of each what it changed alone', async () => {
    const sync = await device('here');
    const options = rowCollectionOptions(sync, contactModel);
    const contacts = createCollection(options);
    await contacts.preload();
    const ids = [uuid(), uuid()];
    const made = ids.map((id) => ({ id, first_name: 'Ada', last_name: null, email: null, ...times }));
    await contacts.insert(made).isPersisted.promise;
    const changed = contacts.update(ids, (drafts) => {
      for (const draft of drafts) Object.assign(draft, { last_name: 'Lee' });
    });
    await changed.isPersisted.promise;
    await sync.settled();
    assert.deepEqual(
      ids.map((id) => server.get(id)?.last_name),
      ['Lee', 'Lee'],
    );
    // What it was made from is older than what is here by now.
    const [key = '', other = ''] = ids;
    await new Rows(sync, contactModel).record('contact.updated', key, { first_name: 'Zoe' }).synced;
    const stale = made[0];
    assert.ok(stale !== undefined);
    const mutations = [{ key, modified: { ...stale, email: 'ada@x.org' }, changes: { email: 'ada@x.org' } }];
    await options.onUpdate({ transaction: { mutations } });
    await sync.settled();
    assert.deepEqual([server.get(key)?.first_name, server.get(key)?.email], ['Zoe', 'ada@x.org']);
    await contacts.delete([key, other]).isPersisted.promise;
    await sync.settled();
    assert.deepEqual(
      ids.map((id) => server.get(id)),
      [undefined, undefined],
    );
    await contacts.cleanup();
  });

  it('takes back what is not valid, and what the server refuses where its answer is waited for', async () => {
    const waiting = contactsWith({ localFirst: false });
    const sync = await device('here', waiting);
    const contacts = createCollection(rowCollectionOptions(sync, waiting));
    await contacts.preload();
    const id = uuid();
    await contacts.insert({ id, first_name: 'Ada', last_name: null, email: null, ...times }).isPersisted.promise;
    const wrong = contacts.update(id, (draft) => {
      Object.assign(draft, { first_name: 7 });
    });
    await assert.rejects(wrong.isPersisted.promise, { code: 'invalid_payload' });
    assert.equal(contacts.get(id)?.first_name, 'Ada');
    server.guard = ({ event_type }) => (event_type === 'contact.updated' ? 'not today' : null);
    const refused = contacts.update(id, (draft) => {
      Object.assign(draft, { first_name: 'Eve' });
    });
    assert.equal(contacts.get(id)?.first_name, 'Eve', 'shown while the answer is waited for');
    await assert.rejects(refused.isPersisted.promise, { code: 'guarded' });
    assert.equal(contacts.get(id)?.first_name, 'Ada');
    assert.equal(sync.collection(waiting).get(id)?.first_name, 'Ada');
    await contacts.cleanup();
  });
});
