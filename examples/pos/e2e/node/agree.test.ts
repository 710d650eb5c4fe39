/** Two devices, one of them without a network: afterwards both hold the same orders, with the times at which they were taken. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, describe, test } from 'node:test';
import type { Sync } from '../../web/src/sync/index.js';
import { agreed } from '../lib/agreed.js';
import { Link } from '../lib/link.js';
import { Restaurant } from '../lib/restaurant.js';
import { cleanFolders, dishes, folder, ordersOf, tablet } from '../lib/tablet.js';
import { pause, until } from '../lib/until.js';
import { startChild } from './child.js';

after(cleanFolders);

/** How far two clocks of one machine may be estimated apart. */
const CLOCK_MS = 300;

interface Taken {
  readonly id: string;
  /** When each step was recorded, by this test's own clock. */
  readonly times: readonly number[];
}

async function takeOrder(sync: Sync, table: number): Promise<Taken> {
  const times = [Date.now()];
  const { entityId: id } = sync.orders.create({ table_number: table });
  for (const dish of Object.values(dishes)) {
    await pause(40);
    times.push(Date.now());
    await sync.orders.addItem(id, { item: { id: randomUUID(), ...dish } });
  }
  return { id, times };
}

function assertTimes(sync: Sync, { id, times }: Taken): void {
  const order = sync.orders.get(id);
  assert.ok(order, 'the order is there');
  const found = [order.created_at, ...order.items.map((item) => item.added_at)].map((time) => Date.parse(time));
  assert.equal(found.length, times.length);
  for (const [index, time] of found.entries()) {
    assert.ok(Math.abs(time - (times[index] ?? 0)) < CLOCK_MS, `recorded at ${times[index]}, told as ${time}`);
  }
}

describe('two devices', () => {
  test('one takes an order offline, the other online: both hold both', async (t) => {
    const restaurant = await Restaurant.open();
    const link = await Link.to(restaurant.port);
    const a = tablet({ api: link.api, user: 'anna', folder: folder() });
    const b = tablet({ api: restaurant.api, user: 'ben', folder: folder() });
    t.after(async () => {
      await Promise.all([a.close(), b.close()]);
      link.close();
      await restaurant.close();
    });
    await Promise.all([a.start(), b.start()]);
    await until('both are live', () => [a, b].every((sync) => sync.status.getSnapshot().connection === 'live'));

    link.cut();
    const first = await takeOrder(a, 5);
    const second = await takeOrder(b, 7);
    await until('the server has the online one', async () => (await restaurant.orders()).length === 1);
    await pause(1500); // so that a time of arrival could not pass for a time of recording
    assert.equal(a.status.getSnapshot().pendingCount, 4);
    assert.deepEqual(
      ordersOf(b).map(({ id }) => id),
      [second.id],
    );

    link.mend();
    await agreed(restaurant, a, b);
    for (const sync of [a, b]) {
      assertTimes(sync, first);
      assertTimes(sync, second);
      assert.equal(sync.status.getSnapshot().pendingCount, 0);
    }
    assert.equal((await restaurant.events()).length, 8);
  });

  test('the same, with the offline device killed and started again in between', async (t) => {
    const restaurant = await Restaurant.open();
    const link = await Link.to(restaurant.port);
    const disk = folder();
    const b = tablet({ api: restaurant.api, user: 'ben', folder: folder() });
    await b.start();

    link.cut();
    const child = await startChild({ api: link.api, user: 'anna', folder: disk });
    const times = await child.takeOrder(5);
    await child.kill();
    const second = await takeOrder(b, 7);
    await pause(1500);

    const a = tablet({ api: link.api, user: 'anna', folder: disk });
    t.after(async () => {
      await Promise.all([a.close(), b.close()]);
      link.close();
      await restaurant.close();
    });
    await a.start();
    assert.equal(a.status.getSnapshot().pendingCount, 4, 'nothing that was saved is lost');
    assertTimes(a, times);
    await a.orders.changeNote(times.id, { note: 'no onions' });

    link.mend();
    await agreed(restaurant, a, b);
    for (const sync of [a, b]) {
      assertTimes(sync, times);
      assertTimes(sync, second);
      assert.equal(sync.orders.get(times.id)?.note, 'no onions');
    }
    assert.equal((await restaurant.events()).length, 9);
  });

  test('the server is killed and started again in between', async (t) => {
    const restaurant = await Restaurant.open();
    const a = tablet({ api: restaurant.api, user: 'anna', folder: folder() });
    const b = tablet({ api: restaurant.api, user: 'ben', folder: folder() });
    t.after(async () => {
      await Promise.all([a.close(), b.close()]);
      await restaurant.close();
    });
    await Promise.all([a.start(), b.start()]);
    const before = await takeOrder(a, 1);
    await a.settled();

    await restaurant.kill();
    const first = await takeOrder(a, 5);
    const second = await takeOrder(b, 7);
    await a.orders.changeState(before.id, { new_status: 'sent' });
    await pause(1200);
    assert.equal(a.status.getSnapshot().pendingCount, 5);

    await restaurant.start();
    await agreed(restaurant, a, b);
    for (const sync of [a, b]) for (const taken of [before, first, second]) assertTimes(sync, taken);
    assert.equal(b.orders.get(before.id)?.status, 'sent');
    assert.equal((await restaurant.events()).length, 13);
  });

  test('answers that get lost double nothing', async (t) => {
    const restaurant = await Restaurant.open();
    const link = await Link.to(restaurant.port);
    const a = tablet({ api: link.api, user: 'anna', folder: folder() });
    const b = tablet({ api: restaurant.api, user: 'ben', folder: folder() });
    t.after(async () => {
      await Promise.all([a.close(), b.close()]);
      link.close();
      await restaurant.close();
    });
    await Promise.all([a.start(), b.start()]);
    await until('both are live', () => [a, b].every((sync) => sync.status.getSnapshot().connection === 'live'));
    link.loseAnswers(2);
    const { id } = await takeOrder(a, 5);
    for (let tip = 0; tip < 5; tip += 1) await a.orders.addTip(id, { by: 100 });
    await a.settled();
    await until('an answer got lost', () => link.lost > 0);
    await agreed(restaurant, a, b);
    assert.equal(b.orders.get(id)?.tip_cents, 500);
    assert.equal(b.orders.get(id)?.items.length, 3);
    const ids = (await restaurant.events()).map((event) => event.id);
    assert.equal(ids.length, 9);
    assert.equal(new Set(ids).size, 9);
  });
});
