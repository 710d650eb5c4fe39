/** A waiter's and a cook's evening: signing in, the kitchen, what the server refuses, and a server that is not there. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openTable, order, syncShows, tableShows, toTables } from '../lib/hands.js';
import { until } from '../lib/until.js';
import { pictured, stage } from '../lib/window.js';

const BATCH = '**/api/v1/events/batch';

describe('the page', () => {
  test('comes up with the server stopped, can be installed, and sends when the server is back', async (t) => {
    const { tablets, restaurant } = await stage(t, ['Anna']);
    await pictured(t, tablets, async () => {
      const [tablet] = tablets;
      assert.ok(tablet);
      const anna = await tablet.signIn();
      await syncShows(anna, /Online/);
      await anna.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));

      const manifest: { icons: { src: string; sizes: string }[]; display: string } = await anna.evaluate(async () => {
        const link = document.querySelector<HTMLLinkElement>('link[rel=manifest]');
        return (await fetch(link?.href ?? '')).json();
      });
      assert.equal(manifest.display, 'standalone');
      for (const { src, sizes } of manifest.icons.filter(({ sizes }) => sizes !== 'any')) {
        const width = await anna.evaluate(async (url) => {
          const image = new Image();
          image.src = url;
          await image.decode();
          return `${image.naturalWidth}x${image.naturalHeight}`;
        }, src);
        assert.equal(width, sizes);
      }

      await restaurant.kill();
      await anna.reload();
      await openTable(anna, 3);
      await order(anna, 'Burger');
      await tableShowsLater(anna);
      await restaurant.start();
      await syncShows(anna, /Online All sent/, 45_000);
      assert.equal((await restaurant.orders()).length, 1);

      async function tableShowsLater(page: typeof anna): Promise<void> {
        await syncShows(page, /1 to send/);
        await toTables(page);
        await tableShows(page, 3, /1 item, €14\.50/);
      }
    });
  });

  test('is taken by one waiter after the other, each with changes of their own', async (t) => {
    const { tablets, restaurant } = await stage(t, ['Anna']);
    await pictured(t, tablets, async () => {
      const [tablet] = tablets;
      assert.ok(tablet);
      const page = await tablet.signIn();
      await syncShows(page, /Online/);
      await openTable(page, 4);
      await order(page, 'Cola');
      await syncShows(page, /Online All sent/);
      await page.getByRole('button', { name: /^Sync:/ }).click();
      await page.getByRole('button', { name: 'Sign Anna out' }).click();
      await page.getByRole('button', { name: 'Ben' }).click();
      await page.getByRole('button', { name: 'Start the shift' }).click();
      await syncShows(page, /Online/);
      await toTables(page);
      await tableShows(page, 4, /1 item/);
      await openTable(page, 4);
      await order(page, 'Fries');
      await syncShows(page, /Online All sent/);
      const { events } = (await restaurant.get('/events/since')) as { events: { user_id: string }[] };
      assert.deepEqual(
        events.map(({ user_id }) => user_id),
        ['Anna', 'Ben'],
      );
    });
  });
});

describe('the kitchen', () => {
  test('sees an order as soon as it is sent, ticks its plates off, and keeps that over a reload', async (t) => {
    const { tablets } = await stage(t, ['Anna', 'Cook']);
    await pictured(t, tablets, async () => {
      const [anna, cook] = await Promise.all(tablets.map((tablet) => tablet.signIn()));
      assert.ok(anna && cook);
      await Promise.all([syncShows(anna, /Online/), syncShows(cook, /Online/)]);
      await cook.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Kitchen' }).click();
      await cook.getByText('Nothing to cook').waitFor();

      await openTable(anna, 8);
      await order(anna, 'Burger', 'Burger', 'Fries');
      assert.equal(await cook.getByRole('article').count(), 0, 'what is not sent is none of its business');
      await anna.getByRole('button', { name: 'Send to kitchen' }).click();
      const ticket = cook.getByRole('article', { name: 'Ticket of table 8' });
      await ticket.getByRole('button', { name: '2 Burger' }).click();
      await cook.getByText('1 plate left').waitFor();
      await cook.reload();
      assert.equal(await ticket.getByRole('button', { name: '2 Burger' }).getAttribute('aria-pressed'), 'true');
      await ticket.getByRole('button', { name: 'All 3 plated' }).click();
      await ticket.getByText('Ready', { exact: true }).waitFor();

      // One more of the same is not plated yet.
      await order(anna, 'Burger');
      await ticket.getByRole('button', { name: '3 Burger', pressed: false }).waitFor();
      await anna.getByRole('button', { name: /^Paid/ }).click();
      await ticket.waitFor({ state: 'detached' });
    });
  });
});

describe('what the server refuses', () => {
  test('is said at once, and tried again, put off or dropped from there', async (t) => {
    const { tablets, restaurant } = await stage(t, ['Anna']);
    await pictured(t, tablets, async () => {
      const [tablet] = tablets;
      assert.ok(tablet);
      const anna = await tablet.signIn();
      await syncShows(anna, /Online/);
      await openTable(anna, 9);
      await order(anna, 'Burger');
      await syncShows(anna, /Online All sent/);
      await anna.route(BATCH, async (route) => {
        const { events } = route.request().postDataJSON() as { events: { id: string }[] };
        const rejected = events.map(({ id }) => ({ id, code: 'late', reason: 'The fryer is off.', retryable: false }));
        await route.fulfill({ json: { accepted: [], rejected, seq: 0, cursor: '', server_time: Date.now() } });
      });
      await order(anna, 'Fries');
      const toast = anna.getByRole('region', { name: 'Just refused' }).getByRole('article');
      await toast.getByText('Added Fries · Table 9').waitFor();
      await toast.getByText('The fryer is off.').waitFor();

      // Refused once more, it is news once more, even after it was put off.
      await toast.getByRole('button', { name: 'Decide later' }).click();
      await toast.waitFor({ state: 'detached' });
      await anna.getByText('1 change was not accepted.').waitFor();
      await anna.getByRole('button', { name: 'Look' }).click();
      await anna.getByRole('button', { name: 'Try again' }).click();
      await anna.keyboard.press('Escape');
      await toast.getByText('The fryer is off.').waitFor();

      await anna.unroute(BATCH);
      await toast.getByRole('button', { name: 'Retry' }).click();
      await toast.waitFor({ state: 'detached' });
      await until('the server has it', async () => (await restaurant.orders())[0]?.items.length === 2);
    });
  });
});

describe('the developer’s panel', () => {
  test('is there for whoever asks for it, and nobody else downloads it', async (t) => {
    const { tablets } = await stage(t, ['Anna']);
    await pictured(t, tablets, async () => {
      const [tablet] = tablets;
      assert.ok(tablet);
      const anna = await tablet.signIn();
      await syncShows(anna, /Online/);
      const scripts = (): Promise<readonly string[]> =>
        anna.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));
      assert.equal((await scripts()).filter((name) => name.includes('/panel-')).length, 0);
      await anna.goto(new URL('/?devtools', anna.url()).href);
      await openTable(anna, 2);
      await order(anna, 'Negroni');
      await anna.getByRole('button', { name: 'Open sync devtools' }).click();
      await anna.locator('[data-syncable-devtools]').getByLabel('Model').selectOption('order');
      await anna.locator('[data-syncable-devtools] .name').click();
      await anna.getByRole('button', { name: /order\.created/ }).waitFor();
      await anna.getByRole('button', { name: 'Go offline' }).click();
      await anna.getByText('No network.').waitFor();
      await anna.getByRole('button', { name: 'Go online' }).click();
      await syncShows(anna, /Online All sent/);
    });
  });
});
