/** The developer's panel, as its user sees it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import type { FakeServer } from '../server.js';
import { Chromium, servePage } from './chromium.js';

let server: FakeServer;
let browser: Chromium;
let page: Page;
let order: string;

before(async () => {
  const served = await servePage();
  server = served.server;
  server.token = 'secret-token';
  browser = new Chromium(served.origin);
  await browser.launch();
  page = await browser.open();
  await page.evaluate(() => window.harness.start(undefined, 'secret-token'));
  order = await page.evaluate(() => window.harness.create(4));
  await page.evaluate((id) => window.harness.tip(id, 250), order);
  await page.waitForFunction(() => window.harness.status().pendingCount === 0);
  await page.evaluate(() => window.harness.devtools());
});

after(async () => {
  await browser.dispose();
  await server.stop();
});

const button = (name: string | RegExp): ReturnType<Page['getByRole']> => page.getByRole('button', { name });
const tab = (name: string | RegExp): ReturnType<Page['getByRole']> => page.getByRole('tab', { name });

describe('the panel', () => {
  it('shows an entity’s log, and what each event did', async () => {
    await page.getByRole('option', { name: order.slice(0, 13) }).click();
    await button(/order\.tip_added.*tip_cents: 0 → 250/).waitFor();
    await button(/order\.created.*"not there" → /).waitFor();
    assert.match((await page.getByLabel('State').textContent()) ?? '', /"tip_cents": 250/);
  });

  it('goes back to any event, and to now', async () => {
    await button(/order\.created/).click();
    await page.getByText('As of event 1 of 2').waitFor();
    assert.match((await page.getByLabel('State').textContent()) ?? '', /"tip_cents": 0/);
    await page.getByLabel('As of event').fill('0');
    assert.equal(await page.getByLabel('State').textContent(), '"not there"');
    await page.getByRole('button', { name: 'Now', exact: true }).click();
    await page.getByText('All 2 events').waitFor();
  });

  it('takes the client off the network: what waits is listed, and goes out afterwards', async () => {
    await button('Go offline').click();
    await page.waitForFunction(() => window.harness.status().connection === 'offline');
    await page.evaluate((id) => window.harness.tip(id, 1), order);
    await tab('Outbox 1').click();
    await page.getByText('"by":1').waitFor();
    assert.equal(server.log.length, 2);
    await button('Go online').click();
    await page.getByText('Nothing waits to be sent.').waitFor();
    assert.equal(server.log.length, 3);
  });

  it('lists what was refused, and discards it', async () => {
    server.guard = () => ({ code: 'house_rule', reason: 'no tips on Mondays', retryable: false });
    await page.evaluate((id) => window.harness.tip(id, 99), order);
    await tab('Rejections 1').click();
    await page.getByText('no tips on Mondays').waitFor();
    await button('Discard').click();
    await page.getByText('Nothing was refused.').waitFor();
    server.guard = () => null;
  });

  it('exports a report without tokens', async () => {
    const [download] = await Promise.all([page.waitForEvent('download'), button('Export report').click()]);
    const text = readFileSync(await download.path(), 'utf8');
    const report: { entities: { id: string; steps: unknown[] }[]; models: unknown[]; status: { isLeader: boolean } } =
      JSON.parse(text);
    assert.equal(report.entities.find(({ id }) => id === order)?.steps.length, 3);
    assert.equal(report.models.length, 2);
    assert.equal(report.status.isLeader, true);
    assert.doesNotMatch(text, /secret-token/);
  });

  it('closes to a small button, and opens again', async () => {
    await button('Close').click();
    await button('Open sync devtools').click();
    await tab('Status').click();
    await page.getByRole('row', { name: /models order v1, board v1/ }).waitFor();
  });

  it('is in no page that does not ask for it', async () => {
    const { metafile } = await build({
      stdin: {
        contents: "export { createSyncClient } from './src/client/sync.ts';",
        resolveDir: new URL('../..', import.meta.url).pathname,
        loader: 'ts',
      },
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
    });
    assert.deepEqual(
      Object.keys(metafile.inputs).filter((path) => /devtools|adapters\/(sql|worker)/.test(path)),
      [],
    );
  });
});
