/** Tabs of a store whose files one of them owns: who owns them, and what becomes of writes when he goes. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { until } from '../helpers.js';
import type { FakeServer } from '../server.js';
import { Chromium, servePage } from './chromium.js';
import { DevTools } from './devtools.js';

let server: FakeServer;
let origin: string;
let browser: Chromium;

before(async () => {
  ({ server, origin } = await servePage());
  browser = new Chromium(origin);
  await browser.launch();
});

after(async () => {
  await browser.dispose();
  await server.stop();
});

const timeout = 300_000;

for (const adapter of ['sqlite', 'pglite'] as const) {
  /** The first tab owns the files, the second writes through it and tells of each event. */
  async function pair(store: string): Promise<{ readonly owner: Page; readonly other: Page; readonly told: string[] }> {
    const told: string[] = [];
    const owner = await browser.open();
    await owner.evaluate(([name, given]) => window.harness.hold(name, given), [adapter, store] as const);
    const other = await browser.open((fresh) => fresh.exposeFunction('told', (id: string) => told.push(id)));
    await other.evaluate(([name, given]) => window.harness.hold(name, given), [adapter, store] as const);
    return { owner, other, told };
  }

  async function writesOn(store: string, ending: (owner: Page) => Promise<unknown>): Promise<void> {
    const { owner, other, told } = await pair(store);
    const writing = other.evaluate((name) => window.harness.write(name, 150), store);
    await until('it is well under way', () => told.length >= 40, 60_000);
    await ending(owner);
    const { saved, lost } = await writing;
    assert.deepEqual(lost, []);
    const disk = await other.evaluate(([name, given]) => window.harness.onDisk(name, given), [adapter, store] as const);
    assert.deepEqual([...disk].sort(), [...saved].sort(), 'each on the disk, and once');
    await other.close();
  }

  describe(`the files of ${adapter}`, () => {
    it(
      'are taken over when their owner closes, and writes on their way are neither lost nor doubled',
      { timeout },
      () => writesOn('closed', (owner) => owner.close()),
    );

    it('are taken over when their owner navigates away', { timeout }, () =>
      writesOn('left', (owner) => owner.goto('about:blank')),
    );

    it('are taken over when their owner crashes', { timeout }, () =>
      writesOn('crashed', async (owner) => {
        // The tab's process ends; Chromium says so by never answering.
        void owner.goto('chrome://crash').catch(() => {});
        await new Promise((resolve) => owner.once('crash', resolve));
      }),
    );

    it('are given up by a frozen owner, who reads and writes through the next when it wakes', { timeout }, async () => {
      const own = new Chromium(origin);
      try {
        const devtools = await DevTools.connect(await own.start());
        const [owner, other] = [await devtools.open(origin), await devtools.open(origin)];
        for (const tab of [owner, other]) await tab.evaluate(`harness.hold('${adapter}', 'frozen')`);
        assert.deepEqual(Object(await owner.evaluate("harness.write('frozen', 3)")).lost, []);
        await owner.send('Page.setWebLifecycleState', { state: 'frozen' });
        assert.deepEqual(Object(await other.evaluate("harness.write('frozen', 3)")).lost, []);
        await owner.send('Page.setWebLifecycleState', { state: 'active' });
        assert.deepEqual(Object(await owner.evaluate("harness.write('frozen', 3)")).lost, []);
        assert.equal(Object(await owner.evaluate(`harness.onDisk('${adapter}', 'frozen')`)).length, 9);
        devtools.close();
      } finally {
        await own.dispose();
      }
    });

    it('serve a whole client: two tabs show each other what they do, and the leader sends it', {
      timeout,
    }, async () => {
      const tabs = [await browser.open(), await browser.open()];
      for (const tab of tabs) await tab.evaluate((name) => window.harness.start(name), adapter);
      const ids = [];
      for (const tab of tabs) ids.push(await tab.evaluate(() => window.harness.create(1)));
      for (const tab of tabs) {
        for (const id of ids) await tab.waitForFunction((given) => window.harness.order(given) !== null, id);
        await tab.waitForFunction(() => window.harness.status().pendingCount === 0);
      }
      for (const id of ids) assert.equal(server.log.filter(({ entity_id }) => entity_id === id).length, 1);
      for (const tab of tabs) await tab.close();
    });
  });
}

describe('files that go wrong', () => {
  it('are no database any more: the application is told, and may ask again', { timeout }, async () => {
    const page = await browser.open();
    await page.evaluate(() => window.harness.start('sqlite'));
    await page.evaluate(() => window.harness.create(1));
    await page.evaluate(() => window.harness.close());
    await page.evaluate(() => window.harness.corruptFiles('syncable/sqlite'));
    for (let attempt = 0; attempt < 2; attempt++) {
      assert.equal(await page.evaluate(() => window.harness.startFails('sqlite')), 'store_corrupt');
      const { problem } = await page.evaluate(() => window.harness.status());
      assert.equal(problem?.code, 'store_corrupt');
    }
    await page.close();
  });

  it('are not another tab’s to remove while one has them open', { timeout }, async () => {
    // The shared browser's files are no database any more.
    const own = new Chromium(origin);
    try {
      await own.launch();
      for (const adapter of ['sqlite', 'pglite'] as const) {
        const [page, other] = [await own.open(), await own.open()];
        await page.evaluate((name) => window.harness.start(name), adapter);
        const id = await page.evaluate(() => window.harness.create(1));
        assert.equal(await other.evaluate(() => window.harness.removeFiles()), 'NoModificationAllowedError');
        const next = await page.evaluate(() => window.harness.create(2));
        await until('both are sent', () =>
          [id, next].every((one) => server.log.some(({ entity_id }) => entity_id === one)),
        );
        assert.equal((await page.evaluate(() => window.harness.status())).problem, null);
        for (const tab of [page, other]) await tab.close();
      }
    } finally {
      await own.dispose();
    }
  });

  it('have no room: the change leaves the fold, and the status says why', { timeout }, async () => {
    const own = new Chromium(origin);
    try {
      await own.launch();
      const page = await own.open();
      await page.evaluate(() => window.harness.start('sqlite'));
      const session = await page.context().newCDPSession(page);
      await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 });
      const refused = await page.evaluate(async () => {
        for (let i = 0; i < 400; i++) {
          const before = window.harness.orders();
          const id = await window.harness.create(i).catch(() => null);
          if (id === null)
            return { code: window.harness.status().problem?.code, left: window.harness.orders() === before };
          await window.harness.note(id, 'x'.repeat(20_000)).catch(() => {});
        }
        return null;
      });
      // SQLite tells nobody why a write failed, and browsers no longer how much room there is.
      assert.deepEqual(refused, { code: 'storage_failed', left: true });
      await session.send('Storage.overrideQuotaForOrigin', { origin });
      await page.evaluate(() => window.harness.create(1));
      assert.equal((await page.evaluate(() => window.harness.status())).problem, null);
    } finally {
      await own.dispose();
    }
  });
});
