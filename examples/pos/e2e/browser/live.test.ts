/** Two windows on two tablets. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { linesAre, openTable, order, syncShows, tableShows, toTables } from '../lib/hands.js';
import { pause } from '../lib/until.js';
import { pictured, stage } from '../lib/window.js';

describe('two windows', () => {
  test('follow each other live', async (t) => {
    const { tablets, restaurant } = await stage(t, ['Anna', 'Ben']);
    await pictured(t, tablets, async () => {
      const [anna, ben] = await Promise.all(tablets.map((tablet) => tablet.signIn()));
      assert.ok(anna && ben);
      await Promise.all([syncShows(anna, /Online All sent/), syncShows(ben, /Online All sent/)]);

      await openTable(anna, 5);
      await order(anna, 'Burger', 'Steak frites');
      const start = Date.now();
      await tableShows(ben, 5, /taking order, 2 items, €39\.40/, 5000);
      t.diagnostic(`the other window showed it after ${Date.now() - start} ms`);

      await openTable(ben, 5);
      await linesAre(ben, ['1 × Burger', '1 × Steak frites']);
      await order(ben, 'Burger');
      await linesAre(anna, ['2 × Burger', '1 × Steak frites'], 5000);
      await anna.getByLabel('Note for the kitchen').fill('no onions');
      await anna.getByLabel('Note for the kitchen').blur();
      await ben.waitForFunction(() => document.querySelector('textarea')?.value === 'no onions');
      await ben.getByRole('button', { name: 'Add a tip of €2.00' }).click();
      await anna.getByRole('button', { name: 'Send to kitchen' }).click();
      await ben.getByRole('button', { name: 'Paid €55.90' }).click();
      await toTables(anna);
      await tableShows(anna, 5, /free/);

      const [paid] = await restaurant.orders();
      assert.equal(paid?.status, 'paid');
      assert.equal(paid.tip_cents, 200);
      assert.equal(paid.note, 'no onions');
    });
  });

  test('go on while the server is gone, and agree once it is back', async (t) => {
    const { tablets, restaurant } = await stage(t, ['Anna', 'Ben']);
    await pictured(t, tablets, async () => {
      const [anna, ben] = await Promise.all(tablets.map((tablet) => tablet.signIn()));
      assert.ok(anna && ben);
      await Promise.all([syncShows(anna, /Online/), syncShows(ben, /Online/)]);

      await restaurant.kill();
      await openTable(anna, 3);
      await order(anna, 'Lasagne', 'Moules');
      await openTable(ben, 4);
      await order(ben, 'Sea bass');
      await syncShows(anna, /Server not reached 2 to send/);
      await syncShows(ben, /Server not reached 1 to send/);
      await pause(500);
      await Promise.all([toTables(anna), toTables(ben)]);
      await tableShows(anna, 4, /free/);

      await restaurant.start();
      // Each waits for its own next attempt; nobody presses anything.
      await tableShows(anna, 4, /1 item, €22\.50/, 40_000);
      await tableShows(ben, 3, /2 items, €33\.10/, 40_000);
      await Promise.all([syncShows(anna, /Online All sent/), syncShows(ben, /Online All sent/)]);
      const orders = await restaurant.orders();
      assert.deepEqual(orders.map(({ table_number }) => table_number).sort(), [3, 4]);
      assert.equal((await restaurant.events()).length, 3);
    });
  });
});
