import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { seeded, until } from '../helpers.js';
import type { FakeServer } from '../server.js';
import { Chromium, servePage } from './chromium.js';
import { DevTools } from './devtools.js';

let server: FakeServer;
let origin: string;
let browser: Chromium;

before(async () => {
  const served = await servePage();
  ({ server, origin } = served);
  browser = new Chromium(origin);
  await browser.launch();
});

after(async () => {
  await browser.dispose();
  await server.stop();
});

const seed = Number(process.env['SYNC_SEED'] ?? Date.now() % 1_000_000);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function pair(): Promise<readonly [leader: Page, other: Page]> {
  const leader = await browser.open();
  await leader.evaluate(() => window.harness.start());
  await leader.waitForFunction(() => window.harness.status().isLeader);
  const other = await browser.open();
  await other.evaluate(() => window.harness.start());
  assert.equal((await other.evaluate(() => window.harness.status())).isLeader, false);
  return [leader, other];
}

function sent(id: string): () => boolean {
  return () => server.log.some(({ entity_id }) => entity_id === id);
}

describe('two tabs', () => {
  it('show each other what they do, and the leader sends it', async () => {
    const [leader, other] = await pair();
    const id = await other.evaluate(() => window.harness.create(1));
    await leader.waitForFunction((given) => window.harness.order(given) !== null, id);
    await until('it is sent', sent(id));
    await other.waitForFunction(() => window.harness.status().pendingCount === 0);
    for (const tab of [leader, other]) await tab.close();
  });

  it('the leader is closed in mid-batch: the other takes over and sends all of it once', async () => {
    const [leader, other] = await pair();
    server.fault = (path) => (path === '/batch' ? 'lose' : null);
    const ids = [
      await leader.evaluate(() => window.harness.create(1)),
      await other.evaluate(() => window.harness.create(2)),
    ];
    await until('the batch whose answer is lost', () => ids.every((id) => sent(id)()));
    await leader.close();
    server.fault = () => null;
    await other.waitForFunction(() => window.harness.status().isLeader && window.harness.status().pendingCount === 0);
    for (const id of ids) assert.equal(server.log.filter(({ entity_id }) => entity_id === id).length, 1);
    await other.close();
  });

  it('the one that the user looks at leads', async () => {
    const own = new Chromium(origin);
    try {
      const devtools = await DevTools.connect(await own.start());
      const tabs = [await devtools.open(origin), await devtools.open(origin), await devtools.open(origin)];
      for (const tab of tabs) await tab.evaluate('harness.start()');
      for (const tab of [...tabs, ...[...tabs].reverse()]) {
        await tab.activate();
        await tab.until("document.visibilityState === 'visible'");
        await tab.until('harness.status().isLeader');
        const id = String(await tab.evaluate('harness.create(3)'));
        await until('it is sent', sent(id));
        for (const other of tabs) await other.until(`harness.order('${id}') !== null`);
        const leaders = await Promise.all(tabs.map((one) => one.evaluate('harness.status().isLeader')));
        assert.equal(leaders.filter((leads) => leads).length, 1);
      }
      devtools.close();
    } finally {
      await own.dispose();
    }
  });

  it('pain 9: the leader is frozen: the other takes over, and both agree when it wakes', async () => {
    const own = new Chromium(origin);
    try {
      const devtools = await DevTools.connect(await own.start());
      const tabs = [await devtools.open(origin), await devtools.open(origin)];
      for (const tab of tabs) await tab.evaluate('harness.start()');
      // The user turns to something else: both are hidden, and which of them leads stays as it is.
      await devtools.send('Target.createTarget', { url: 'about:blank' });
      for (const tab of tabs) await tab.until("document.visibilityState === 'hidden'");
      await new Promise((resolve) => setTimeout(resolve, 300));
      const leading = await Promise.all(tabs.map((tab) => tab.evaluate('harness.status().isLeader')));
      const [leader, other] = leading[0] === true ? tabs : [...tabs].reverse();
      assert.ok(leader && other);
      await leader.send('Page.setWebLifecycleState', { state: 'frozen' });
      await other.until('harness.status().isLeader');
      const id = String(await other.evaluate('harness.create(3)'));
      await until('it is sent', sent(id));
      await leader.send('Page.setWebLifecycleState', { state: 'active' });
      await leader.until(`harness.order('${id}') !== null`);
      assert.equal(await leader.evaluate('harness.status().isLeader'), false);
      await other.close();
      await leader.until('harness.status().isLeader');
      await until('the woken tab sends again', sent(String(await leader.evaluate('harness.create(4)'))));
      devtools.close();
    } finally {
      await own.dispose();
    }
  });

  it(`pain 9: is frozen in the middle of whatever it does with the store: the others read and write at once (seed ${seed})`, async () => {
    const random = seeded(seed);
    const own = new Chromium(origin);
    try {
      const devtools = await DevTools.connect(await own.start());
      const [busy, other] = [await devtools.open(origin), await devtools.open(origin)];
      await devtools.send('Target.createTarget', { url: 'about:blank' });
      await busy.until("document.visibilityState === 'hidden'");
      await busy.evaluate('harness.start()');
      await other.evaluate('harness.start()');
      const database = String(await other.evaluate('harness.storeName()'));
      await busy.evaluate('void harness.workWithStore().catch((error) => { window.failed = String(error) })');
      for (let round = 0; round < 30; round++) {
        await pause(random() * 40);
        await busy.send('Page.setWebLifecycleState', { state: 'frozen' });
        // One that was open already, and one that starts.
        const since = performance.now();
        await other.evaluate('harness.create(1)');
        const held = await other.evaluate(`harness.held('indexeddb', '${database}')`);
        assert.equal(Object(held).damaged, false);
        // Whom a frozen page holds up, Chromium lets go on after a minute; all else here takes some milliseconds.
        assert.ok(performance.now() - since < 30_000, `held up in round ${round}`);
        await busy.send('Page.setWebLifecycleState', { state: 'active' });
      }
      assert.equal(await busy.evaluate('String(window.failed)'), 'undefined');
      const before = Number(await busy.evaluate('harness.worked()'));
      await busy.until(`harness.worked() > ${before}`);
      assert.equal(await busy.evaluate('harness.status().problem'), null);
      devtools.close();
    } finally {
      await own.dispose();
    }
  });
});
