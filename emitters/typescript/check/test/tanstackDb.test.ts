/** Rows in TanStack DB, against the real backend: live queries over what two devices write. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createCollection, createLiveQueryCollection, eq, gt } from '@tanstack/db';
import {
  accountCollectionOptions,
  contactCollectionOptions,
  createSync,
  memoryStore,
  type Sync,
} from '../generated/fixtures/src/index.js';
import { type Backend, startBackend } from './backend.js';
import { options } from './consumer.js';

let backend: Backend;
const open: Sync[] = [];
before(async () => {
  backend = await startBackend();
});
after(async () => {
  for (const sync of open) await sync.close();
  await backend.stop();
});

async function device(tenant: string): Promise<Sync> {
  const sync = createSync({
    ...options,
    baseUrl: backend.baseUrl,
    tenantId: tenant,
    token: `dev:${tenant}:anna:owner`,
    adapter: memoryStore(),
    locks: null,
    channel: null,
    notification: 'sse',
  });
  open.push(sync);
  await sync.start();
  return sync;
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!holds()) {
    if (Date.now() > end) assert.fail(`never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('rows in TanStack DB', () => {
  it('are queried live, whoever writes them', async () => {
    const tenant = `t${crypto.randomUUID()}`;
    const [here, there] = [await device(tenant), await device(tenant)];
    const contacts = createCollection(contactCollectionOptions(here));
    const accounts = createCollection(accountCollectionOptions(here));
    const rich = createLiveQueryCollection((q) =>
      q
        .from({ account: accounts })
        .innerJoin({ contact: contacts }, ({ account, contact }) => eq(account.name, contact.first_name))
        .where(({ account }) => gt(account.balance_cents, 100))
        .orderBy(({ account }) => account.balance_cents)
        .select(({ account, contact }) => ({ name: contact.first_name, cents: account.balance_cents })),
    );
    await rich.preload();
    const found = (): string => rich.toArray.map(({ name, cents }) => `${name} ${cents}`).join();
    assert.equal(found(), '');
    await here.contacts.create({ first_name: 'Ada' });
    await there.contacts.create({ first_name: 'Bob' });
    const { entityId: account } = there.accounts.create({ name: 'Bob' });
    here.accounts.create({ name: 'Ada', balance_cents: 300 });
    await until('what was written here', () => found() === 'Ada 300');
    there.accounts.update(account, { balance_cents: 200 });
    await until('what was written there', () => found() === 'Bob 200,Ada 300');

    // What is written to the collection is written as everything is.
    await contacts.update([...contacts.keys()], (rows) => {
      for (const row of rows) Object.assign(row, { last_name: 'Lovelace' });
    }).isPersisted.promise;
    await until('the other device has it', () =>
      there.contacts.list().every(({ last_name }) => last_name === 'Lovelace'),
    );
    await accounts.delete(account).isPersisted.promise;
    assert.equal(found(), 'Ada 300');
    await until('gone there, too', () => there.accounts.get(account) === undefined);
  });
});
