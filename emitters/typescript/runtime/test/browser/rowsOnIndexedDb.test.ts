/** Rows in a browser's IndexedDB: reloaded, killed, and written by several tabs, with a server that somebody else writes to. */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { event, until } from '../helpers.js';
import type { ContactUpdate } from '../models/contact.js';
import type { RowServer } from '../rowServer.js';
import { Chromium, servePage } from './chromium.js';

let served: Awaited<ReturnType<typeof servePage>>;
let browser: Chromium;
let server: RowServer;
let user = '';
let pages: Page[] = [];

before(async () => {
  served = await servePage();
  browser = new Chromium(served.origin);
  await browser.launch();
});

after(async () => {
  await browser.dispose();
  await served.server.stop();
});

// A server and a store of its own for each.
beforeEach(() => {
  user = crypto.randomUUID();
  server = served.rowsOf(user);
});

afterEach(async () => {
  for (const page of pages) await page.close().catch(() => {}); // the test may have closed it
  pages = [];
});

async function start(page: Page): Promise<void> {
  await page.evaluate((id) => window.rows.start(id), user);
}

async function opened(prepare?: (page: Page) => Promise<unknown>): Promise<Page> {
  const page = await browser.open(prepare);
  pages.push(page);
  await start(page);
  return page;
}

async function reloaded(page: Page): Promise<void> {
  await page.reload();
  await page.waitForFunction(() => 'rows' in window);
  await start(page);
}

async function pair(): Promise<readonly [leader: Page, other: Page]> {
  const leader = await opened();
  await leader.waitForFunction(() => window.rows.status().isLeader);
  const other = await opened();
  assert.equal((await other.evaluate(() => window.rows.status())).isLeader, false);
  return [leader, other];
}

/** Somebody else changes a row. */
function elsewhere(id: string, payload: ContactUpdate): void {
  const expected = Object.fromEntries(
    Object.keys(payload).map((name) => [name, server.rows.get(id)?.tx[name] ?? null]),
  );
  server.post([{ ...event('contact.updated', id, payload), expected, source_id: 'elsewhere' }]);
}

/** Nothing arrives at the server any more, and the leader has found out: it sends nothing before it has caught up. */
async function cut(leader: Page): Promise<void> {
  server.fault = () => 'down';
  await leader.waitForFunction(() => window.rows.status().connection === 'connecting');
}

const field = (page: Page, id: string, name: keyof ContactUpdate): Promise<unknown> =>
  page.evaluate(([one, key]) => window.rows.get(one)?.[key], [id, name] as const);

const shows = (page: Page, id: string, name: keyof ContactUpdate, value: string): Promise<unknown> =>
  page.waitForFunction(([one, key, text]) => window.rows.get(one)?.[key] === text, [id, name, value] as const);

const rested = (page: Page): Promise<unknown> => page.waitForFunction(() => window.rows.status().pendingCount === 0);

/** Nothing is unsynced or waits, and each page shows what the server has. */
async function agree(...those: readonly Page[]): Promise<void> {
  for (const page of those) await rested(page);
  for (const [id] of server.rows) {
    const theirs = server.get(id);
    for (const page of those) {
      for (const name of ['first_name', 'last_name'] as const) {
        if (theirs?.[name] != null) await shows(page, id, name, theirs[name]);
      }
    }
  }
  for (const page of those) {
    assert.deepEqual(await page.evaluate(() => window.rows.conflicts()), []);
    const { refused, lost } = await page.evaluate(() => window.rows.status());
    assert.deepEqual([refused, lost], [0, 0]);
  }
}

describe('rows on IndexedDB', { timeout: 300_000 }, () => {
  const steps = process.env['SYNC_STEPS'];
  const seed = Number(process.env['SYNC_SEED'] ?? Date.now() % 1_000_000);
  const budget = steps === undefined ? { all: 3, drawn: 50 } : { all: Number(steps), drawn: 0 };

  it(`agree with the model after every ${budget.all} steps of two devices, and ${budget.drawn} draws of four (seed ${seed})`, async () => {
    const page = await browser.open();
    pages.push(page);
    const taken = await page.evaluate(([all, draws]) => window.rows.takeAll(all, draws), [budget, seed] as const);
    assert.ok(taken > 400, `${taken} courses`);
  });

  it('are reloaded with what is unsynced, with what waits for the user, and with his decision', async () => {
    const page = await opened();
    const id = await page.evaluate(() => window.rows.create('Ada'));
    await agree(page);
    await cut(page);
    await page.evaluate((one) => window.rows.update(one, { first_name: 'Mine' }), id);
    await page.evaluate((one) => window.rows.update(one, { last_name: 'Lee' }), id);
    elsewhere(id, { first_name: 'Theirs' });
    await reloaded(page);
    assert.deepEqual([await field(page, id, 'first_name'), await field(page, id, 'last_name')], ['Mine', 'Lee']);
    server.fault = () => null;
    await page.waitForFunction(() => window.rows.conflicts().length === 1);
    await until('the rest goes on', () => server.get(id)?.last_name === 'Lee');
    for (let round = 0; round < 2; round++) {
      await reloaded(page);
      assert.deepEqual(await page.evaluate(() => window.rows.conflicts()), [
        { field: 'first_name', mine: 'Mine', theirs: 'Theirs' },
      ]);
      assert.equal(await field(page, id, 'first_name'), 'Mine', 'held, and still shown');
    }
    // Decided while there is no network, and reloaded before it is back.
    server.fault = () => 'down';
    await page.evaluate(() => window.rows.decide('first_name', 'mine'));
    await reloaded(page);
    assert.deepEqual(await page.evaluate(() => window.rows.conflicts()), []);
    assert.equal(server.get(id)?.first_name, 'Theirs');
    server.fault = () => null;
    await until('mine', () => server.get(id)?.first_name === 'Mine');
    await agree(page);
  });

  it('are written by the leader and by another tab at once: none conflicts with the other', async () => {
    const [leader, other] = await pair();
    const id = await other.evaluate(() => window.rows.create('Ada'));
    await shows(leader, id, 'first_name', 'Ada');
    await Promise.all([
      leader.evaluate((one) => window.rows.updateOften(one, 'first_name', 'leader', 100), id),
      other.evaluate((one) => window.rows.updateOften(one, 'last_name', 'other', 100), id),
    ]);
    await agree(leader, other);
    assert.deepEqual([server.get(id)?.first_name, server.get(id)?.last_name], ['leader 99', 'other 99']);
    // And the very same field.
    await Promise.all(
      [leader, other].map((page, at) =>
        page.evaluate(([one, text]) => window.rows.updateOften(one, 'first_name', text, 100), [
          id,
          `tab ${at}`,
        ] as const),
      ),
    );
    await agree(leader, other);
    assert.match(server.get(id)?.first_name ?? '', /^tab [01] 99$/);
  });

  it('come into a conflict in every tab, which each can end for all', async () => {
    const [leader, other] = await pair();
    const id = await leader.evaluate(() => window.rows.create('Ada'));
    await shows(other, id, 'first_name', 'Ada');
    await agree(leader, other);
    for (const [decider, keep] of [
      [other, 'mine'],
      [leader, 'server'],
    ] as const) {
      await cut(leader);
      await other.evaluate(([one, text]) => window.rows.update(one, { first_name: text }), [
        id,
        `mine ${keep}`,
      ] as const);
      elsewhere(id, { first_name: `theirs ${keep}` });
      server.fault = () => null;
      for (const page of [leader, other]) await page.waitForFunction(() => window.rows.conflicts().length === 1);
      await decider.evaluate((side) => window.rows.decide('first_name', side), keep);
      for (const page of [leader, other]) await page.waitForFunction(() => window.rows.conflicts().length === 0);
      await until(
        'the decision',
        () => server.get(id)?.first_name === `${keep === 'mine' ? 'mine' : 'theirs'} ${keep}`,
      );
      await agree(leader, other);
    }
  });

  it('outlive the leader that is closed before it heard what the server said of them', async () => {
    const [leader, other] = await pair();
    const id = await leader.evaluate(() => window.rows.create('Ada'));
    await shows(other, id, 'first_name', 'Ada');
    await agree(leader, other);
    server.fault = (_user, path) => (path === '/batch' ? 'lose' : null);
    await leader.evaluate((one) => window.rows.update(one, { first_name: 'sent' }), id);
    await until('the batch whose answer is lost', () => server.get(id)?.first_name === 'sent');
    // On top of what may have reached the server: nothing of it is squashed.
    await other.evaluate((one) => window.rows.update(one, { first_name: 'then' }), id);
    await leader.close();
    await other.waitForFunction(() => window.rows.status().isLeader);
    server.fault = () => null;
    await until('both', () => server.get(id)?.first_name === 'then');
    await agree(other);
    assert.equal(new Set(server.log.map((one) => one.id)).size, server.log.length);
  });

  it('are deleted in one tab and gone in all, a refusal brings them back in all', async () => {
    const [leader, other] = await pair();
    const id = await leader.evaluate(() => window.rows.create('Ada'));
    await shows(other, id, 'first_name', 'Ada');
    await agree(leader, other);
    await cut(leader);
    await other.evaluate((one) => window.rows.delete(one), id);
    for (const page of [leader, other]) {
      await page.waitForFunction((one) => window.rows.get(one) === null, id);
      await reloaded(page);
      assert.equal(await page.evaluate((one) => window.rows.get(one), id), null);
    }
    server.guard = () => 'not today';
    server.fault = () => null;
    for (const page of [leader, other]) {
      await shows(page, id, 'first_name', 'Ada');
      await page.waitForFunction(() => window.rows.status().refused === 1);
    }
  });

  for (const online of [true, false]) {
    it(`are killed ${online ? 'while they are sent' : 'offline'}: what was saved is shown, and comes to the server once`, async () => {
      const told: string[] = [];
      let dead: Promise<void> | null = null;
      const page = await browser.open((fresh) =>
        fresh.exposeFunction('told', (line: string) => {
          told.push(line);
          if (told.length === 60) dead = browser.kill();
        }),
      );
      let batches = 0;
      server.fault = (_user, path) => {
        if (!online) return 'down';
        batches += path === '/batch' ? 1 : 0;
        return path === '/batch' && batches % 2 === 0 ? 'lose' : null;
      };
      await start(page);
      await page.evaluate(() => window.rows.workForever()).catch(() => {});
      assert.ok(dead !== null, 'killed');
      await dead;
      await browser.launch();
      server.fault = () => 'down';
      const again = await opened();
      /** The last of each field that was told of; what was saved and not told of may be there as well. */
      const last = new Map(told.map((line) => [line.split(' ', 2).join(' '), line.split(' ').slice(2).join(' ')]));
      for (const [place, value] of last) {
        const [id = '', name] = place.split(' ');
        const shown = String(await field(again, id, name as keyof ContactUpdate)); // as it was told
        assert.ok(shown === value || shown === value.replace('first', 'again'), `${place}: ${shown}, not ${value}`);
      }
      server.fault = () => null;
      await agree(again);
      for (const [place] of last) assert.ok(server.get(place.split(' ')[0] ?? '') !== undefined, place);
      assert.equal(new Set(server.log.map((one) => one.id)).size, server.log.length);
    });
  }
});
