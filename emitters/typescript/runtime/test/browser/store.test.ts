import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { until } from '../helpers.js';
import type { FakeServer } from '../server.js';
import { Chromium, servePage } from './chromium.js';

let server: FakeServer;
let browser: Chromium;

before(async () => {
  const served = await servePage();
  server = served.server;
  browser = new Chromium(served.origin);
  await browser.launch();
});

after(async () => {
  await browser.dispose();
  await server.stop();
});

describe('a store that goes wrong', () => {
  it('gives up a chunk that it cannot read, keeps what is unsynced, and fetches the rest', async () => {
    const page = await browser.open();
    await page.evaluate(() => window.harness.start());
    const theirs = await page.evaluate(() => window.harness.create(1));
    await until('it is sent', () => server.log.some(({ entity_id }) => entity_id === theirs));
    server.fault = (path) => (path === '/batch' ? { status: 500 } : null);
    const ours = await page.evaluate(() => window.harness.create(2));
    const name = await page.evaluate(() => window.harness.database());
    await page.evaluate(() => window.harness.close());
    await page.evaluate((given) => window.harness.corrupt(given), name);
    await page.reload();
    await page.evaluate(() => window.harness.start());
    const { problem, pendingCount } = await page.evaluate(() => window.harness.status());
    assert.equal(problem?.code, 'store_corrupt');
    assert.equal(pendingCount, 1);
    assert.equal((await page.evaluate((id) => window.harness.order(id), ours))?.table_number, 2);
    await page.waitForFunction((id) => window.harness.order(id) !== null, theirs);
    server.fault = () => null;
    await until('the unsynced one is sent', () => server.log.some(({ entity_id }) => entity_id === ours));
    await page.close();
  });

  it('was removed by another tab: goes on in memory and says so', async () => {
    const [page, other] = [await browser.open(), await browser.open()];
    for (const tab of [page, other]) await tab.evaluate(() => window.harness.start());
    const before = await page.evaluate(() => window.harness.create(5));
    const third = await browser.open();
    const name = await third.evaluate(() => window.harness.database());
    await third.evaluate((given) => window.harness.removeDatabase(given), name);
    for (const tab of [page, other]) {
      await tab.waitForFunction(() => window.harness.status().problem?.code === 'storage_lost');
      const { problem } = await tab.evaluate(() => window.harness.status());
      assert.match(problem?.message ?? '', /no longer saved/);
      await tab.evaluate((id) => window.harness.tip(id, 7), before);
      const id = await tab.evaluate(() => window.harness.create(6));
      await until('each is a device of its own', () => server.log.some(({ entity_id }) => entity_id === id));
    }
    await page.waitForFunction((id) => window.harness.order(id)?.tip_cents === 14, before);
    for (const tab of [page, other, third]) await tab.close();
  });

  const without: readonly (readonly [what: string, hide: () => void])[] = [
    [
      'cannot be opened',
      () => {
        IDBFactory.prototype.open = () => {
          throw new DOMException('denied', 'SecurityError');
        };
      },
    ],
    ['is none at all', () => void Object.defineProperty(window, 'indexedDB', { value: undefined })],
  ];
  for (const [what, hide] of without)
    it(`${what}: the application works all the same, and says that nothing is saved`, async () => {
      const page = await browser.open((fresh) => fresh.addInitScript(hide));
      await page.evaluate(() => window.harness.start());
      const id = await page.evaluate(() => window.harness.create(9));
      const { problem } = await page.evaluate(() => window.harness.status());
      assert.match(problem?.message ?? '', /no longer saved/);
      await page.waitForFunction(() => window.harness.status().isLeader);
      await until('it is sent', () => server.log.some(({ entity_id }) => entity_id === id));
      await page.close();
    });

  for (const adapter of ['indexeddb', 'sqlite', 'pglite'] as const) {
    it(`is ${adapter} in a private window: works as everywhere, and is not promised to be kept`, async () => {
      const page = await browser.openPrivate();
      await page.evaluate((name) => window.harness.start(name), adapter);
      const id = await page.evaluate(() => window.harness.create(8));
      await until('it is sent', () => server.log.some(({ entity_id }) => entity_id === id));
      await page.waitForFunction(() => window.harness.status().storagePersisted === false);
      assert.equal((await page.evaluate(() => window.harness.status())).problem, null);
      await page.reload();
      await page.waitForFunction(() => 'harness' in window);
      await page.evaluate((name) => window.harness.start(name), adapter);
      assert.equal(
        (await page.evaluate((one) => window.harness.order(one), id))?.table_number,
        8,
        'as long as it is open',
      );
      await page.context().close();
    });
  }

  it('asks the browser to be kept, and says what it was told', async () => {
    const page = await browser.open();
    const session = await page.context().newCDPSession(page);
    const { origin } = new URL(page.url());
    for (const setting of ['denied', 'granted'] as const) {
      await session.send('Browser.setPermission', { origin, permission: { name: 'persistent-storage' }, setting });
      await page.reload();
      await page.waitForFunction(() => 'harness' in window);
      await page.evaluate(() => window.harness.start());
      await page.waitForFunction((kept) => window.harness.status().storagePersisted === kept, setting === 'granted');
    }
    await page.close();
  });

  it('cannot load what talks to others: works on what it holds, says so, and syncs once it can', async () => {
    const part = '**/session-*.js';
    const page = await browser.open((fresh) => fresh.route(part, (route) => route.abort()));
    await page.evaluate(() => window.harness.start());
    const id = await page.evaluate(() => window.harness.create(4));
    await page.waitForFunction(() => window.harness.status().problem?.code === 'not_loaded');
    assert.equal((await page.evaluate((one) => window.harness.order(one), id))?.table_number, 4);
    await page.unroute(part);
    await until('it is sent', () => server.log.some(({ entity_id }) => entity_id === id));
    await page.waitForFunction(() => window.harness.status().problem === null);
    await page.close();
  });

  it('was killed in the middle of a write: what is saved after that stays, too', async () => {
    const name = `torn-${crypto.randomUUID()}`;
    const write = async (): Promise<readonly string[]> => {
      const page = await browser.open();
      await page.evaluate((store) => window.harness.hold('indexeddb', store), name);
      const { saved } = await page.evaluate((store) => window.harness.write(store, 20), name);
      await browser.kill();
      return saved;
    };
    const first = await write();
    browser.appendToLog(recordHeader); // and the record itself never came
    await browser.launch();
    const second = await write();
    await browser.launch();
    const page = await browser.open();
    const { ids, damaged } = await page.evaluate((store) => window.harness.held('indexeddb', store), name);
    assert.deepEqual(ids, [...first, ...second]);
    assert.equal(damaged, false);
    await page.close();
  });

  it('is given up by the browser as damaged: the status says so, and what the server has comes again', async () => {
    const page = await browser.open();
    await page.evaluate(() => window.harness.start());
    const id = await page.evaluate(() => window.harness.create(3));
    await until('it is sent', () => server.log.some(({ entity_id }) => entity_id === id));
    await browser.kill();
    // A whole record that is not what its checksum says.
    browser.appendToLog(new Uint8Array([...recordHeader, ...new Uint8Array(600)]));
    await browser.launch();
    const again = await browser.open();
    await again.evaluate(() => window.harness.start());
    const { problem } = await again.evaluate(() => window.harness.status());
    assert.equal(problem?.code, 'store_corrupt');
    await again.waitForFunction((one) => window.harness.order(one) !== null, id);
    await again.close();
  });
});

/** How a record of LevelDB's log begins: its checksum, 539 bytes to come, all of it in one piece. */
const recordHeader = new Uint8Array([0xfe, 0x51, 0x05, 0x04, 0x1b, 0x02, 0x01]);
