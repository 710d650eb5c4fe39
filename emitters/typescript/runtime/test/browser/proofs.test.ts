/** What happens to a device, in Chromium: afterwards its states are those of the server. */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { event, seeded, until } from '../helpers.js';
import type { FakeServer } from '../server.js';
import { Chromium, servePage } from './chromium.js';

let server: FakeServer;
let browser: Chromium;
let pages: Page[] = [];
let user = '';

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

// A log and a local store of its own for each.
beforeEach(() => {
  server.log.length = 0;
  server.fault = () => null;
  user = crypto.randomUUID();
});

afterEach(async () => {
  for (const page of pages) await page.close().catch(() => {}); // the test may have closed it
  pages = [];
});

async function start(page: Page, userId = user): Promise<void> {
  await page.evaluate((id) => window.harness.start(null, null, id), userId);
}

async function opened(prepare?: (page: Page) => Promise<unknown>, userId = user): Promise<Page> {
  const page = await browser.open(prepare);
  pages.push(page);
  await start(page, userId);
  return page;
}

/** Waits until nothing is unsynced and every page shows what the server's log folds to. */
async function agree(...those: readonly Page[]): Promise<void> {
  for (const page of those) {
    await page.waitForFunction(() => window.harness.status().pendingCount === 0, null, { timeout: 60_000 });
    assert.deepEqual((await page.evaluate(() => window.harness.status())).rejections, []);
  }
  const folded = await server.fold();
  const expected = JSON.stringify([...folded.states('order')].sort((a, b) => (a.id < b.id ? -1 : 1)));
  for (const page of those) {
    await page.waitForFunction((text) => window.harness.states() === text, expected, { timeout: 30_000 });
  }
}

function once(ids: readonly string[]): void {
  const times = new Map<string, number>();
  for (const { id } of server.log) times.set(id, (times.get(id) ?? 0) + 1);
  assert.deepEqual(
    ids.filter((id) => times.get(id) !== 1),
    [],
    'the server has each acknowledged event exactly once',
  );
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a device', () => {
  it('writes three thousand events offline, is reloaded, and brings all of them', async () => {
    const page = await opened();
    server.fault = () => 'drop';
    await page.context().setOffline(true);
    const id = await page.evaluate(() => window.harness.create(1));
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.push(...(await page.evaluate((one) => window.harness.tipOften(one, 1000), id)));
    await page.context().setOffline(false);
    await page.reload();
    await page.waitForFunction(() => 'harness' in window);
    await start(page);
    assert.equal((await page.evaluate((one) => window.harness.order(one), id))?.tip_cents, 3000);
    server.fault = () => null;
    await agree(page);
    once(ids);
  });

  it('is reloaded and killed at random moments, over and over', async () => {
    const seed = Number(process.env['SYNC_SEED'] ?? Date.now() % 1_000_000);
    console.log(`# seed ${seed}`);
    const random = seeded(seed);
    const saved: string[] = [];
    for (let round = 0; round < 6; round++) {
      let gone = false;
      const page = await opened((fresh) =>
        fresh.exposeFunction('told', (id: string) => {
          if (!gone) saved.push(id);
        }),
      );
      server.fault = (path) => (path === '/batch' && random() < 0.3 ? (random() < 0.5 ? 'lose' : 'drop') : null);
      page.evaluate(() => window.harness.workForever()).catch(() => {});
      await pause(100 + random() * 900);
      gone = true;
      if (random() < 0.4) await page.close();
      else {
        await browser.kill();
        await browser.launch();
      }
    }
    server.fault = () => null;
    const page = await opened();
    await agree(page);
    assert.ok(saved.length > 20, `${saved.length} events`);
    once(saved);
  });

  for (const hours of [1, -1]) {
    it(`has a clock ${hours} h off`, async () => {
      server.fault = () => 'drop'; // it cannot know
      const page = await opened((fresh) =>
        fresh.addInitScript((off) => {
          const { now } = Date;
          Date.now = () => now() + off;
        }, hours * 3_600_000),
      );
      const id = await page.evaluate(() => window.harness.create(1));
      await page.evaluate((one) => window.harness.tipOften(one, 20), id);
      server.fault = () => null;
      await agree(page);
      for (const { timestamp } of server.log) {
        assert.ok(Math.abs(Number(timestamp.slice(0, 15)) - Date.now()) < 30_000, timestamp);
      }
    });
  }

  it('has a clock that is set an hour ahead and back while it is used, with a network and without', async () => {
    const page = await opened((fresh) =>
      fresh.addInitScript(() => {
        const { now } = Date;
        Date.now = () => now() + (Number(Reflect.get(window, 'off')) || 0);
      }),
    );
    await page.waitForFunction(() => window.harness.status().connection === 'live');
    const id = await page.evaluate(() => window.harness.create(1));
    const ids: string[] = [];
    for (const hours of [1, 0, -1, 0, 1, -1, 0]) {
      const offline = hours !== 0 && ids.length % 2 === 0;
      await page.context().setOffline(offline);
      await page.evaluate((off) => Reflect.set(window, 'off', off), hours * 3_600_000);
      ids.push(...(await page.evaluate((one) => window.harness.tipOften(one, 7), id)));
      await page.context().setOffline(false);
      await agree(page);
    }
    once(ids);
    assert.equal((await page.evaluate((one) => window.harness.order(one), id))?.tip_cents, ids.length);
  });

  it('lists ten thousand orders, over a reload too, and those that match', async () => {
    const page = await opened();
    await page.waitForFunction(() => window.harness.status().connection === 'live');
    const at = Date.now() - 100_000;
    for (let i = 0; i < 10_000; i++) {
      server.append(event('order.created', crypto.randomUUID(), { table_number: i }, at + i));
    }
    await page.waitForFunction(() => window.harness.orders() === 10_000, null, { timeout: 120_000 });
    await agree(page);
    await page.reload();
    await page.waitForFunction(() => 'harness' in window);
    await start(page);
    assert.equal(await page.evaluate(() => window.harness.orders()), 10_000);
    assert.deepEqual(await page.evaluate(() => window.harness.latest(3)), [9999, 9998, 9997]);
    await agree(page);
  });

  it('follows a server that is restarted in the middle of the stream', async () => {
    const page = await opened();
    await page.waitForFunction(() => window.harness.status().connection === 'live');
    const ids: string[] = [];
    for (let round = 0; round < 3; round++) {
      ids.push(await page.evaluate(() => window.harness.create(1)));
      await server.restart(async () => {
        ids.push(await page.evaluate(() => window.harness.create(2)));
        await pause(200);
      });
    }
    await agree(page);
    assert.equal(await page.evaluate(() => window.harness.orders()), ids.length);
  });

  it('waits as long as the server says, though it was offline meanwhile', async () => {
    const page = await opened();
    await page.waitForFunction(() => window.harness.status().connection === 'live');
    let told = 0;
    server.fault = (path) => {
      if (path !== '/batch' || told > 0) return null;
      told = Date.now();
      return { status: 503, body: { code: 'storage_unavailable' }, headers: { 'retry-after': '2' } };
    };
    await page.evaluate(() => window.harness.create(1));
    await until('the refusal', () => told > 0);
    await page.context().setOffline(true);
    await pause(100);
    await page.context().setOffline(false);
    const before = server.batches.length;
    await agree(page);
    assert.ok(server.batches.length > before);
    assert.ok(Date.now() - told >= 1900, 'not before its time');
  });
});

describe('the tabs of a browser', () => {
  it('pain 14: are eight, all work, and have one stream between them', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => opened()));
    await all[0]?.waitForFunction(() => window.harness.status().connection === 'live');
    const ids = await Promise.all(all.map((page) => page.evaluate(() => window.harness.create(1))));
    await agree(...all);
    assert.equal(server.log.length, ids.length);
    const leaders = await Promise.all(all.map((page) => page.evaluate(() => window.harness.status().isLeader)));
    assert.equal(leaders.filter((leads) => leads).length, 1);
    assert.equal(server.streams, 1);
    // And they still do as they go, whoever leads.
    for (const page of all.slice(0, 7)) {
      await page.close();
      const last = all[7];
      assert.ok(last);
      await last.evaluate(() => window.harness.create(2));
    }
    await agree(...all.slice(7));
    await until('one stream', () => server.streams === 1);
    assert.equal(server.log.length, ids.length + 7);
  });

  it('write one entity at once', async () => {
    const [one, two] = [await opened(), await opened()];
    const id = await one.evaluate(() => window.harness.create(1));
    await two.waitForFunction((given) => window.harness.order(given) !== null, id);
    const ids = await Promise.all(
      [one, two].map((page) => page.evaluate((given) => window.harness.tipOften(given, 200), id)),
    );
    await agree(one, two);
    once(ids.flat());
    assert.equal((await one.evaluate((given) => window.harness.order(given), id))?.tip_cents, 400);
  });

  it('of different users do not mix', async () => {
    const [one, two] = [await opened(), await opened(undefined, crypto.randomUUID())];
    for (const page of [one, two]) await page.waitForFunction(() => window.harness.status().isLeader);
    server.fault = () => 'drop';
    await one.evaluate(() => window.harness.create(1));
    await pause(200);
    assert.equal(await two.evaluate(() => window.harness.orders()), 0);
    server.fault = () => null;
    await two.waitForFunction(() => window.harness.orders() === 1, null, { timeout: 30_000 }); // by the server
    await agree(one, two);
  });
});
