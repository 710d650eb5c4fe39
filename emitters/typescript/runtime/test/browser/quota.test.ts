/** A browser that gives the origin no more room: its own refusal, while the application writes. */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { CDPSession, Page } from 'playwright-core';
import { event, until, uuid } from '../helpers.js';
import type { FakeServer } from '../server.js';
import { Chromium, servePage } from './chromium.js';

let server: FakeServer;
let origin: string;
let browser: Chromium;

before(async () => {
  ({ server, origin } = await servePage());
});

// Chromium asks its quota manager before the origin's first write, and then again when what it was told is used up.
beforeEach(async () => {
  browser = new Chromium(origin);
  await browser.launch();
});

afterEach(() => browser.dispose());

after(() => server.stop());

/** Has Chromium's quota manager give the origin so many bytes; null: what it would give of itself. */
function grant(session: CDPSession, quotaSize: number | null): Promise<unknown> {
  return session.send('Storage.overrideQuotaForOrigin', { origin, ...(quotaSize === null ? {} : { quotaSize }) });
}

/** A page without much room, and without a network once it follows the server. */
async function cramped(): Promise<{ readonly page: Page; readonly session: CDPSession }> {
  const page = await browser.open();
  const session = await page.context().newCDPSession(page);
  await grant(session, 4_000_000);
  await page.evaluate(() => window.harness.start());
  await page.waitForFunction(() => window.harness.status().connection === 'live');
  await page.context().setOffline(true);
  return { page, session };
}

/** Notes that cannot be made small by compression, until one is refused. */
async function fill(page: Page): Promise<{ readonly saved: readonly string[]; readonly refused: string }> {
  const filled = await page.evaluate(() => window.harness.fillUp());
  assert.ok(filled.refused !== null, 'never refused');
  return { saved: filled.saved, refused: filled.refused };
}

describe('the quota is reached', { timeout: 300_000 }, () => {
  it('on IndexedDB: the change is refused and the status says so; what is saved stays and is sent; with room all is well', async () => {
    const { page, session } = await cramped();
    const { saved, refused } = await fill(page);
    assert.equal(refused, 'QuotaExceededError', 'the browser’s own');
    assert.ok(saved.length > 5, `${saved.length} were saved before`);
    const full = await page.evaluate(() => window.harness.status());
    assert.equal(full.problem?.code, 'storage_full');
    assert.equal(full.pendingCount, saved.length, 'what was refused has left the fold and the queue');
    assert.equal(await page.evaluate(() => window.harness.orders()), saved.length);

    // The application goes on: what others do is shown, and what was saved goes out, though nothing of either can be written.
    const theirs = uuid();
    server.append(event('order.created', theirs, { table_number: 99 }));
    await page.context().setOffline(false);
    await page.waitForFunction((id) => window.harness.order(id) !== null, theirs);
    await until(
      'all that was saved is sent',
      () => saved.every((id) => server.log.some((one) => one.entity_id === id)),
      60_000,
    );
    await page.waitForFunction(() => window.harness.status().pendingCount === 0);

    // With room again the next change is saved, and what could not be written meanwhile.
    await grant(session, null);
    const next = await page.evaluate(() => window.harness.create(7));
    await page.waitForFunction(() => window.harness.status().problem === null);
    await until('it is sent', () => server.log.some(({ entity_id }) => entity_id === next));
    await page.evaluate(() => window.harness.close());
    await browser.kill();
    await browser.launch();
    const again = await browser.open((fresh) => fresh.route('**/events/**', (route) => route.abort()));
    await again.evaluate(() => window.harness.start());
    const { problem } = await again.evaluate(() => window.harness.status());
    assert.notEqual(problem?.code, 'store_corrupt');
    for (const id of [...saved, theirs, next]) {
      assert.notEqual(
        await again.evaluate((one) => window.harness.order(one), id),
        null,
        'on the disk of a device without a network',
      );
    }
    assert.equal(server.log.length, new Set(server.log.map(({ id }) => id)).size);
    await again.close();
  });

  it('on IndexedDB, and the browser is killed in the middle of it: each acknowledged event is there, and sent', async () => {
    const { page } = await cramped();
    const { saved } = await fill(page);
    await browser.kill();
    await browser.launch();
    const again = await browser.open();
    await again.evaluate(() => window.harness.start());
    for (const id of saved) assert.notEqual(await again.evaluate((one) => window.harness.order(one), id), null);
    await until('all are sent', () => saved.every((id) => server.log.some((one) => one.entity_id === id)), 60_000);
    await again.close();
  });
});
