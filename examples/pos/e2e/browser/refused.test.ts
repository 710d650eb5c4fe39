/** What the server does not accept, and what comes to nothing: said in words, and never dropped silently. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { openTable, order, syncShows, tableShows, toTables } from '../lib/hands.js';
import { pause, until } from '../lib/until.js';
import { pictured, stage } from '../lib/window.js';

async function sync(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Sync:/ }).click();
}

async function cancel(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  await page.getByRole('button', { name: 'Cancel the order' }).click();
}

/** An order of table 8 in the kitchen, open in both windows. */
async function sentOrder(anna: Page, ben: Page): Promise<void> {
  await Promise.all([syncShows(anna, /Online/), syncShows(ben, /Online/)]);
  await openTable(anna, 8);
  await order(anna, 'Burger');
  await anna.getByRole('button', { name: 'Send to kitchen' }).click();
  await tableShows(ben, 8, /in the kitchen/);
  await openTable(ben, 8);
}

describe('what did not come to pass', () => {
  test('one cancels, the other marks it paid later and offline: refused, tried again, discarded', async (t) => {
    const { tablets, restaurant } = await stage(t, ['Anna', 'Ben']);
    await pictured(t, tablets, async () => {
      const [anna, ben] = await Promise.all(tablets.map((tablet) => tablet.signIn()));
      assert.ok(anna && ben);
      await sentOrder(anna, ben);

      await tablets[0]?.context.setOffline(true);
      await syncShows(anna, /Offline/);
      await cancel(ben);
      await until('the server has it', async () => (await restaurant.orders())[0]?.status === 'cancelled');
      await pause(200);
      await anna.getByRole('button', { name: 'Paid €14.50' }).click();
      await anna.getByText('Paid', { exact: true }).waitFor();
      await tablets[0]?.context.setOffline(false);

      await anna.getByText('1 change was not accepted.').waitFor();
      await anna.getByText('Cancelled', { exact: true }).waitFor();
      await sync(anna);
      const refused = anna.getByRole('region', { name: 'Not accepted' });
      await refused.getByText('Marked as paid · Table 8').waitFor();
      await refused.getByText('The order had already moved on: it is cancelled.').waitFor();

      // Tried again, it goes to the server again, which still says no.
      const again = anna.waitForResponse((response) => response.url().endsWith('/events/batch'));
      await refused.getByRole('button', { name: 'Try again' }).click();
      const answer = (await (await again).json()) as { rejected: { code: string }[] };
      assert.deepEqual(
        answer.rejected.map(({ code }) => code),
        ['invalid_transition'],
      );
      await refused.getByText('Marked as paid · Table 8').waitFor();

      await refused.getByRole('button', { name: 'Discard' }).click();
      await refused.waitFor({ state: 'detached' });
      await anna.keyboard.press('Escape');
      await anna.getByText('not accepted').waitFor({ state: 'detached' });
      await syncShows(anna, /Online All sent/);
      await anna.reload();
      await anna.getByText('Cancelled', { exact: true }).waitFor();
      assert.equal(await anna.getByText('not accepted').count(), 0);
      assert.equal((await restaurant.orders())[0]?.status, 'cancelled');
    });
  });

  test('one marks it paid offline, the other cancels later and online: the cancelling is overtaken', async (t) => {
    const { tablets, restaurant } = await stage(t, ['Anna', 'Ben']);
    await pictured(t, tablets, async () => {
      const [anna, ben] = await Promise.all(tablets.map((tablet) => tablet.signIn()));
      assert.ok(anna && ben);
      await sentOrder(anna, ben);

      await tablets[0]?.context.setOffline(true);
      await syncShows(anna, /Offline/);
      await anna.getByRole('button', { name: 'Paid €14.50' }).click();
      await pause(200);
      await cancel(ben);
      await until('the server has it', async () => (await restaurant.orders())[0]?.status === 'cancelled');
      await tablets[0]?.context.setOffline(false);

      await until('it counts as paid', async () => (await restaurant.orders())[0]?.status === 'paid');
      await ben.getByText('1 change was overtaken by others.').waitFor();
      await ben.getByText('Paid', { exact: true }).waitFor();
      await sync(ben);
      await ben.getByRole('region', { name: 'Overtaken' }).getByText('Cancelled · Table 8').waitFor();
      await ben.keyboard.press('Escape');
      await ben.getByRole('button', { name: 'History' }).click();
      const trail = ben.getByRole('dialog').getByRole('listitem');
      await until('the history tells it', async () => (await trail.count()) === 4);
      assert.match((await trail.nth(2).textContent()) ?? '', /Marked as paid.*Anna$/);
      assert.match((await trail.nth(3).textContent()) ?? '', /Cancelled.*Ben.*Had no effect$/);
      assert.equal(await anna.getByText('not accepted').count(), 0);
    });
  });

  test('what was refused for a reason that has gone is accepted when it is tried again', async (t) => {
    const { tablets, restaurant } = await stage(t, ['Anna']);
    await pictured(t, tablets, async () => {
      const [tablet] = tablets;
      assert.ok(tablet);
      const anna = await tablet.signIn();
      await syncShows(anna, /Online/);
      await anna.route('**/api/v1/events/batch', async (route) => {
        const { events } = route.request().postDataJSON() as { events: { id: string }[] };
        const rejected = events.map(({ id }) => ({
          id,
          code: 'kitchen_closed',
          reason: 'The kitchen is closed.',
          retryable: false,
        }));
        await route.fulfill({ json: { accepted: [], rejected, seq: 0, cursor: '', server_time: Date.now() } });
      });
      await openTable(anna, 9);
      await order(anna, 'Burger');
      await anna.getByText('1 change was not accepted.').waitFor();
      await anna.getByText('This order is not here').waitFor();
      await sync(anna);
      const refused = anna.getByRole('region', { name: 'Not accepted' });
      await refused.getByText('Opened table 9').waitFor();
      await refused.getByText('The kitchen is closed.').waitFor();
      assert.equal((await restaurant.orders()).length, 0);

      await anna.unroute('**/api/v1/events/batch');
      await refused.getByRole('button', { name: 'Try again' }).click();
      await refused.waitFor({ state: 'detached' });
      await anna.keyboard.press('Escape');
      await toTables(anna);
      await tableShows(anna, 9, /1 item, €14\.50/);
      await syncShows(anna, /Online All sent/);
      assert.equal((await restaurant.orders()).length, 1);
    });
  });
});
