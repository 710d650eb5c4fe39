/**
 * A tablet that loses its network, is reloaded and killed, and comes back.
 *
 * The page itself comes from its service worker while there is no network: every reload here happens with Chromium offline.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { linesAre, openTable, order, syncShows, tableShows, toTables } from '../lib/hands.js';
import { pause, until } from '../lib/until.js';
import { pictured, stage } from '../lib/window.js';

/** Waits until the page would come up without a network. */
async function isKept(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
}

describe('offline', () => {
  test('orders survive a reload, a kill and a start without a network, and the other window agrees', async (t) => {
    const { tablets, restaurant } = await stage(t, ['Anna', 'Ben']);
    await pictured(t, tablets, async () => {
      const [annasTablet] = tablets;
      assert.ok(annasTablet);
      let [anna, ben] = await Promise.all(tablets.map((tablet) => tablet.signIn()));
      assert.ok(anna && ben);
      await Promise.all([syncShows(anna, /Online/), syncShows(ben, /Online/), isKept(anna)]);

      // Offline: an order.
      await annasTablet.context.setOffline(true);
      await syncShows(anna, /Offline All sent/);
      const before = Date.now();
      await openTable(anna, 6);
      await order(anna, 'Burger', 'Fries', 'Cola');
      const recorded = Date.now();
      await linesAre(anna, ['1 × Burger', '1 × Fries', '1 × Cola']);
      await syncShows(anna, /Offline 3 to send/);

      // A reload, still offline.
      await anna.reload();
      await linesAre(anna, ['1 × Burger', '1 × Fries', '1 × Cola']);
      await syncShows(anna, /Offline 3 to send/);
      await order(anna, 'Burger');
      await linesAre(anna, ['2 × Burger', '1 × Fries', '1 × Cola']);
      await pause(300);

      // A dead battery; started again where there is no network either.
      await annasTablet.kill();
      await annasTablet.start({ offline: true });
      anna = await annasTablet.signIn();
      await tableShows(anna, 6, /taking order, 4 items, €37\.30/);
      await openTable(anna, 6);
      await order(anna, 'Tiramisù');
      await linesAre(anna, ['2 × Burger', '1 × Fries', '1 × Cola', '1 × Tiramisù']);
      await syncShows(anna, /Offline 5 to send/);

      // Meanwhile, elsewhere.
      await openTable(ben, 7);
      await order(ben, 'Margherita');
      await toTables(ben);
      const tables = async (): Promise<string> =>
        (await restaurant.orders()).map(({ table_number }) => table_number).join();
      await until('the server has that one alone', async () => (await tables()) === '7');

      // Back.
      await annasTablet.context.setOffline(false);
      await syncShows(anna, /Online All sent/, 30_000);
      await tableShows(ben, 6, /taking order, 5 items, €44\.20/);
      await toTables(anna);
      await tableShows(anna, 7, /taking order, 1 item, €10\.90/);
      await openTable(ben, 6);
      await linesAre(ben, ['2 × Burger', '1 × Fries', '1 × Cola', '1 × Tiramisù']);

      const orders = await restaurant.orders();
      assert.equal(orders.length, 2);
      const first = orders.find(({ table_number }) => table_number === 6);
      assert.deepEqual(
        first?.items.map(({ name, quantity }) => [name, quantity]),
        [
          ['Burger', 2],
          ['Fries', 1],
          ['Cola', 1],
          ['Tiramisù', 1],
        ],
      );
      for (const time of [first?.created_at, ...(first?.items ?? []).slice(0, 3).map(({ added_at }) => added_at)]) {
        const ms = Date.parse(time ?? '');
        assert.ok(
          before - 300 <= ms && ms <= recorded + 300,
          `recorded between ${before} and ${recorded}, told as ${ms}`,
        );
      }
      assert.equal((await restaurant.events()).length, 6, 'nothing is doubled');
    });
  });
});
