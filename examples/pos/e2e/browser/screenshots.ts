/** Pictures of the page for the README: `npm run screenshots`. */
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { type Category, menu } from '../../web/src/data/menu.js';
import { Restaurant } from '../lib/restaurant.js';
import { Tablet } from '../lib/window.js';

const docs = process.argv[2] ?? resolve(import.meta.dirname, '../../../../docs');
const dishes = menu.flatMap(({ dishes }: Category) => dishes);

/** An evening: table, minutes since it was opened, what was ordered, and how it went on. */
const evening: readonly (readonly [
  table: number,
  minutes: number,
  dishes: string,
  next?: 'sent' | 'paid' | 'cancelled',
])[] = [
  [2, 14, '2 Burger, 1 Fries, 2 Pilsner', 'sent'],
  [4, 41, '2 Steak frites, 1 Sea bass, 1 Green salad, 1 House red', 'sent'],
  [5, 6, '1 Tomato soup, 2 Margherita, 1 Lemonade'],
  [8, 23, '4 Spritz, 2 Olives, 1 Burrata', 'sent'],
  [9, 0, '2 Espresso'],
  [12, 11, '1 Moules, 1 Fries, 1 House white'],
  [14, 32, '3 Lasagne, 1 Veggie burger, 1 Water 0.7 l', 'sent'],
  [17, 3, '2 Negroni'],
  [1, 95, '2 Sea bass, 2 House white, 1 Tiramisù', 'paid'],
  [6, 120, '1 Burger, 1 Cola', 'paid'],
  [3, 70, '1 Caesar salad', 'cancelled'],
];

async function seed(restaurant: Restaurant): Promise<void> {
  const now = Date.now();
  for (const [table, minutes, ordered, next] of evening) {
    const entity = randomUUID();
    let ms = now - minutes * 60_000 - 5000;
    const event = (type: string, payload: unknown): unknown => {
      ms += 400;
      const timestamp = `${String(ms).padStart(15, '0')}.00000.9f3c2a10`;
      return {
        id: randomUUID(),
        event_type: `order.${type}`,
        entity_type: 'order',
        entity_id: entity,
        payload,
        timestamp,
      };
    };
    const events = [event('created', { table_number: table })];
    for (const line of ordered.split(', ')) {
      const [, quantity = '1', name] = /^(\d+) (.*)$/.exec(line) ?? [];
      const dish = dishes.find((dish) => dish.name === name);
      if (dish === undefined) throw new Error(`no ${name}`);
      events.push(event('item_added', { item: { id: randomUUID(), ...dish, quantity: Number(quantity) } }));
    }
    if (table === 5) events.push(event('note_changed', { note: 'One Margherita without basil' }));
    if (next !== undefined) events.push(event('state_changed', { new_status: next === 'paid' ? 'sent' : next }));
    if (next === 'paid') events.push(event('tip_added', { by: 450 }), event('state_changed', { new_status: 'paid' }));
    const answer = await fetch(`${restaurant.api}/events/batch`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer dev:bistro:${table % 2 ? 'Anna' : 'Ben'}:waiter`,
      },
      body: JSON.stringify({ events }),
    });
    const text = await answer.text();
    if (!answer.ok || !text.includes('"rejected":[]')) throw new Error(text);
  }
}

async function shoot(
  tablet: Tablet,
  pictures: Readonly<Record<string, (page: Page) => Promise<unknown>>>,
): Promise<void> {
  await tablet.start();
  const page = await tablet.signIn();
  await page.getByRole('link', { name: /^Table 5, taking/ }).waitFor();
  await page.getByRole('button', { name: 'Sync: Online' }).waitFor();
  for (const [name, prepare] of Object.entries(pictures)) {
    await prepare(page);
    await page.screenshot({ path: `${docs}/screenshot-${name}.png` });
  }
  await tablet.close();
}

const tables = async (): Promise<void> => {};

async function tableFive(page: Page): Promise<void> {
  await page.getByRole('link', { name: /^Table 5,/ }).click();
  await page.locator('h1', { hasText: 'Table 5' }).waitFor({ state: 'attached' });
}

async function bill(page: Page): Promise<void> {
  await tableFive(page);
  await page.getByRole('button', { name: /^Table 5 ·/ }).click();
}

async function kitchen(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Kitchen' }).click();
  await page.getByRole('article').first().waitFor();
  for (const line of ['2 Steak frites', '1 Green salad']) await page.getByRole('button', { name: line }).click();
  const ready = page.getByRole('article', { name: 'Ticket of table 2' });
  if (await ready.getByText('Ready').isHidden()) await ready.getByRole('button', { name: /plated/ }).click();
  await page.mouse.move(0, 0);
}

/** Offline, with something that the server refused before. */
async function refused(page: Page): Promise<void> {
  await page.route('**/api/v1/events/batch', async (route) => {
    const { events } = route.request().postDataJSON() as { events: { id: string }[] };
    const reason = 'The kitchen takes no more steaks tonight.';
    const rejected = events.map(({ id }) => ({ id, code: 'sold_out', reason, retryable: false }));
    await route.fulfill({ json: { accepted: [], rejected, seq: 0, cursor: '', server_time: Date.now() } });
  });
  await tableFive(page);
  await page.getByRole('button', { name: /^Add Steak frites,/ }).click();
  await page.getByRole('region', { name: 'Just refused' }).waitFor();
  await page.unroute('**/api/v1/events/batch');
  await page.context().setOffline(true);
  await page.getByText('No network.').waitFor();
  await page.getByRole('button', { name: /^Add Burger,/ }).click();
}

async function devtools(page: Page): Promise<void> {
  await page.goto(new URL('/?devtools', page.url()).href);
  await page.getByRole('link', { name: /^Table 4,/ }).waitFor();
  await tableFive(page);
  await page.getByRole('button', { name: /^Add Espresso,/ }).click();
  await page.waitForTimeout(400);
  await page.getByRole('button', { name: 'Open sync devtools' }).click();
  const id = page.url().split('/').at(-1) ?? '';
  await page.getByPlaceholder('Find by id or text').fill(id);
  await page
    .locator('[data-syncable-devtools]')
    .getByRole('option', { name: id.slice(0, 13) })
    .click();
  await page.getByPlaceholder('Find by id or text').fill('');
  await page.getByRole('button', { name: 'Fetch them from the server' }).click();
  await page.getByRole('button', { name: /order\.note_changed/ }).click();
}

const restaurant = await Restaurant.open({ web: true });
try {
  await seed(restaurant);
  await shoot(new Tablet('Anna', restaurant.url), { tables, order: tableFive, kitchen });
  await shoot(new Tablet('Anna', restaurant.url, { colorScheme: 'dark' }), { dark: tableFive });
  await shoot(new Tablet('Anna', restaurant.url, { width: 390, height: 844 }), { phone: bill });
  await shoot(new Tablet('Ben', restaurant.url, { width: 390, height: 844 }), { refused });
  await shoot(new Tablet('Anna', restaurant.url), { devtools });
} finally {
  await restaurant.close();
}
