/** One suite over every durable store of a browser: `SYNC_ADAPTERS=sqlite` for one of them, `SYNC_KILLS=100` for more. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { FakeServer } from '../server.js';
import { Chromium, servePage } from './chromium.js';
import type { AdapterName } from './page.js';

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

const seed = Number(process.env['SYNC_SEED'] ?? Date.now() % 1_000_000);
const adapters: readonly AdapterName[] = ['indexeddb', 'sqlite', 'pglite'];
const chosen = process.env['SYNC_ADAPTERS']?.split(',');
const kills = Number(process.env['SYNC_KILLS'] ?? 4);

for (const adapter of adapters.filter((name) => chosen === undefined || chosen.includes(name))) {
  describe(`the law of the store, on ${adapter} in Chromium`, { timeout: 300_000 }, () => {
    it(`any delivery, with snapshots, drops and restarts, ends in one state (seed ${seed})`, async () => {
      const page = await browser.open();
      await page.evaluate(([name, given]) => window.harness.anyDeliveryEndsInOneState(name, given), [
        adapter,
        seed,
      ] as const);
      await page.close();
    });

    it('keeps outbox, cursor and rejections over a restart, compacted or not', async () => {
      const page = await browser.open();
      await page.evaluate((name) => window.harness.keepsItsBooks(name), adapter);
      await page.close();
    });

    it('gives positions in order, and compacts only what it was told of', async () => {
      const page = await browser.open();
      await page.evaluate((name) => window.harness.refusesWhatCameBetween(name), adapter);
      await page.close();
    });
  });

  describe(`a browser killed right after it saved, on ${adapter}`, () => {
    const all: string[] = []; // every round's, for a later kill must not take what an earlier one left
    for (let round = 0; round < kills; round++) {
      const delay = (round * 7) % 31;
      it(`has each of 100 events, killed ${delay} ms after the last was acknowledged`, {
        timeout: 240_000,
      }, async () => {
        const { saved, held, damaged } = await killed(adapter, 'kill', delay, round % 2 === 0 ? 40 : 4);
        assert.ok(saved.length >= 100);
        all.push(...saved);
        const kept = new Set(held);
        const places = all.flatMap((id, place) => (kept.has(id) ? [] : [place]));
        assert.equal(damaged, false);
        assert.deepEqual(places, [], `of ${all.length} events, ${saved.length} of them in this round, these are gone`);
      });
    }
  });
}

/** What a browser acknowledged before it was killed, and what it holds when it is started again. */
async function killed(
  adapter: AdapterName,
  store: string,
  delay: number,
  compactEvery: number,
): Promise<{ readonly saved: readonly string[]; readonly held: readonly string[]; readonly damaged: boolean }> {
  const saved: string[] = [];
  let dead: Promise<void> | null = null;
  const page = await browser.open((fresh) =>
    fresh.exposeFunction('told', (id: string) => {
      saved.push(id);
      if (saved.length === 100) dead = new Promise((resolve) => setTimeout(resolve, delay)).then(() => browser.kill());
    }),
  );
  await page
    .evaluate(([name, given, every]) => window.harness.writeForever(name, given, every), [
      adapter,
      store,
      compactEvery,
    ] as const)
    .catch(() => {});
  assert.ok(dead !== null, 'killed');
  await dead;
  await browser.launch();
  const again = await browser.open();
  const { ids: held, damaged } = await again.evaluate(([name, given]) => window.harness.held(name, given), [
    adapter,
    store,
  ] as const);
  await again.close();
  return { saved, held, damaged };
}
