/** What a waiter does on the page, and sees there. */

import type { Locator, Page } from 'playwright-core';
import { until } from './until.js';

export async function openTable(page: Page, table: number): Promise<void> {
  await page.getByRole('link', { name: new RegExp(`^Table ${table},`) }).click();
  await page.locator('h1', { hasText: `Table ${table}` }).waitFor({ state: 'attached' });
}

export async function order(page: Page, ...dishes: readonly string[]): Promise<void> {
  for (const dish of dishes) await page.getByRole('button', { name: new RegExp(`^Add ${dish},`) }).click();
}

export async function toTables(page: Page): Promise<void> {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Tables' }).click();
}

/** The tile of a table says so much. */
export async function tableShows(page: Page, table: number, text: RegExp, ms = 10_000): Promise<void> {
  const tile = page.getByRole('link', { name: new RegExp(`^Table ${table},`) });
  await until(`table ${table} shows ${text}`, async () => text.test((await tile.getAttribute('aria-label')) ?? ''), ms);
}

/** The lines of the open order, as `1 × Burger`. */
export async function lines(page: Page): Promise<readonly string[]> {
  const found = await page
    .locator('.line')
    .evaluateAll((all) => all.map((line) => line.getAttribute('aria-label') ?? ''));
  return found;
}

export async function linesAre(page: Page, expected: readonly string[], ms = 10_000): Promise<void> {
  await until(
    `the order holds ${expected.join(', ')}`,
    async () => JSON.stringify(await lines(page)) === JSON.stringify(expected),
    ms,
  );
}

/** What the sync button says: `Online All sent`. */
export async function syncShows(page: Page, text: RegExp, ms = 15_000): Promise<void> {
  const chip = page.locator('.sync-chip');
  await until(`sync shows ${text}`, async () => text.test(await words(chip)), ms);
}

/** What an element says, a space between its parts. */
function words(locator: Locator): Promise<string> {
  return locator.evaluate((element) =>
    [...element.querySelectorAll('strong, strong + span')].map(({ textContent }) => textContent).join(' '),
  );
}
