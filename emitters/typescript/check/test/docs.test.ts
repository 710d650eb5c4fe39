/** The code of `docs/typescript-client.md`, run. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { effectScope } from 'vue';
import { openTable } from '../generated/docs/plain.js';
import { cooks } from '../generated/docs/staff.js';
import { orderStore } from '../generated/docs/svelte.js';
import { useOpenOrders } from '../generated/docs/vue.js';
import { createSync, type Sync } from '../generated/pos/src/index.js';

const nowhere = 'http://127.0.0.1:9/api/v1'; // nobody listens there: everything works all the same
let sync: Sync;

before(async () => {
  sync = createSync({ baseUrl: nowhere, tenantId: 't', userId: 'u', adapter: 'memory' });
  await sync.start();
});
after(() => sync.close());

describe('the documentation', () => {
  it('opens a table in plain TypeScript', async () => {
    assert.match(await openTable(nowhere), /^[0-9a-f-]{36}$/);
  });

  it('makes a Svelte store', () => {
    const { entityId } = sync.orders.create({ table_number: 1 });
    const seen: (string | null | undefined)[] = [];
    const stop = orderStore(sync, entityId).subscribe((order) => seen.push(order?.note));
    sync.orders.changeNote(entityId, { note: 'no salt' });
    stop();
    sync.orders.changeNote(entityId, { note: 'unheard' });
    assert.deepEqual(seen, [null, 'no salt']);
  });

  it('queries rows live', async () => {
    const found = cooks(sync);
    await found.preload();
    await sync.staff.create({ name: 'Ada', job: 'Cook' });
    await sync.staff.create({ name: 'Bob', job: 'Waiter' });
    assert.deepEqual(
      found.toArray.map(({ name }) => name),
      ['Ada'],
    );
  });

  it('makes a Vue ref', () => {
    const scope = effectScope();
    const orders = scope.run(() => useOpenOrders(sync));
    const before = orders?.value.length ?? 0;
    sync.orders.create({ table_number: 2 });
    assert.equal(orders?.value.length, before + 1);
    scope.stop();
    sync.orders.create({ table_number: 3 });
    assert.equal(orders?.value.length, before + 1, 'it has stopped listening');
  });
});
