/** Two tabs on one tablet: one of them talks to the server. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { linesAre, openTable, order, syncShows, tableShows } from '../lib/hands.js';
import { until } from '../lib/until.js';
import { pictured, stage } from '../lib/window.js';

const BATCH = '**/api/v1/events/batch';

async function leads(page: Page): Promise<boolean> {
  await page.getByRole('button', { name: /^Sync:/ }).click();
  const leader = await page.getByText('This tab', { exact: true }).isVisible();
  await page.keyboard.press('Escape');
  return leader;
}

describe('two tabs of one tablet', () => {
  test('show each other’s changes at once, offline too', async (t) => {
    const { tablets } = await stage(t, ['Anna']);
    await pictured(t, tablets, async () => {
      const [tablet] = tablets;
      assert.ok(tablet);
      const one = await tablet.signIn();
      await syncShows(one, /Online/);
      const two = await tablet.open();
      await tableShows(two, 1, /free/);
      assert.deepEqual([await leads(one), await leads(two)], [true, false]);

      await openTable(one, 5);
      await order(one, 'Burger');
      await tableShows(two, 5, /1 item, €14\.50/, 2000);
      await syncShows(one, /Online All sent/);

      await tablet.context.setOffline(true);
      await Promise.all([syncShows(one, /Offline/), syncShows(two, /Offline/)]);
      await order(one, 'Fries');
      await tableShows(two, 5, /2 items, €19\.00/, 2000);
      await openTable(two, 5);
      await order(two, 'Cola');
      await linesAre(one, ['1 × Burger', '1 × Fries', '1 × Cola'], 2000);
      await Promise.all([syncShows(one, /Offline 2 to send/), syncShows(two, /Offline 2 to send/)]);
      await tablet.context.setOffline(false);
      await Promise.all([syncShows(one, /Online All sent/), syncShows(two, /Online All sent/)]);
    });
  });

  for (const [what, reached] of [
    ['before the server has it', false],
    ['after the server has it and before its answer', true],
  ] as const) {
    test(`the leader closes in mid-batch, ${what}: nothing is lost and nothing doubled`, async (t) => {
      const { tablets, restaurant } = await stage(t, ['Anna', 'Ben']);
      await pictured(t, tablets, async () => {
        const [tablet, bens] = tablets;
        assert.ok(tablet && bens);
        const [one, ben] = await Promise.all([tablet.signIn(), bens.signIn()]);
        await Promise.all([syncShows(one, /Online/), syncShows(ben, /Online/)]);
        const two = await tablet.open();
        await tableShows(two, 1, /free/);

        let inFlight = false;
        await one.route(BATCH, async (route) => {
          if (reached) await route.fetch();
          inFlight = true;
          await new Promise(() => {}); // never answered
        });
        await openTable(one, 5);
        await order(one, 'Burger', 'Fries');
        await tableShows(two, 5, /2 items/, 2000);
        await until('a batch is in flight', () => inFlight);
        await openTable(two, 5);
        await order(two, 'Cola');
        await one.close();

        const all = ['1 × Burger', '1 × Fries', '1 × Cola'];
        await syncShows(two, /Online All sent/, 20_000);
        await linesAre(two, all);
        assert.equal(await leads(two), true);
        await tableShows(ben, 5, /3 items, €22\.80/);
        const [remote] = await restaurant.orders();
        assert.deepEqual(
          remote?.items.map(({ name, quantity }) => `${quantity} × ${name}`),
          all,
        );
        assert.equal((await restaurant.events()).length, 3);
      });
    });
  }
});
