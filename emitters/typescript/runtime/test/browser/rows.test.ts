/** Rows in the databases of a browser: what a statement has been answered for outlives the browser, and every tab has it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { FakeServer } from '../server.js';
import { Chromium, servePage } from './chromium.js';
import type { DatabaseName } from './page.js';

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

const kinds: readonly DatabaseName[] = ['sqlite', 'pglite'];
const chosen = process.env['SYNC_ADAPTERS']?.split(',');
const kills = Number(process.env['SYNC_KILLS'] ?? 2);

for (const kind of kinds.filter((name) => chosen === undefined || chosen.includes(name))) {
  describe(`rows by SQL, on ${kind} in Chromium`, { timeout: 300_000 }, () => {
    it('reads and writes the view from every tab, whichever owns the database', async () => {
      const owner = await browser.open();
      const other = await browser.open();
      const sql = (page: typeof owner, text: string) =>
        page.evaluate(([name, statement]) => window.harness.sql(name, 'shared', statement), [kind, text] as const);
      await sql(owner, "INSERT INTO contact (id, first_name) VALUES ('a', 'Ada')");
      await sql(other, "UPDATE contact SET email = 'ada@b.c' WHERE id = 'a'");
      const shown = 'SELECT first_name, email FROM contact';
      assert.deepEqual(await sql(owner, shown), [{ first_name: 'Ada', email: 'ada@b.c' }]);
      await owner.close();
      // Whoever comes next has what the first one had.
      assert.deepEqual(await sql(other, shown), [{ first_name: 'Ada', email: 'ada@b.c' }]);
      await assert.rejects(sql(other, "INSERT INTO contact (id, first_name) VALUES ('a', 'Bea')"), /UNIQUE/);
      assert.deepEqual(await sql(other, "SELECT count(*) AS n FROM _changes WHERE status = 'pending'"), [{ n: 2 }]);
      await other.close();
    });

    for (let round = 0; round < kills; round++) {
      const delay = (round * 7) % 31;
      it(`has each row whose statement was answered, killed ${delay} ms after the last`, async () => {
        const told: string[] = [];
        let dead: Promise<void> | null = null;
        const page = await browser.open((fresh) =>
          fresh.exposeFunction('told', (id: string) => {
            told.push(id);
            if (told.length === 60)
              dead = new Promise((resolve) => setTimeout(resolve, delay)).then(() => browser.kill());
          }),
        );
        await page.evaluate((name) => window.harness.insertForever(name, 'kill'), kind).catch(() => {});
        assert.ok(dead !== null, 'killed');
        await dead;
        await browser.launch();
        const again = await browser.open();
        const rows = await again.evaluate((name) => window.harness.sql(name, 'kill', 'SELECT id FROM contact'), kind);
        const journal = await again.evaluate((name) => window.harness.createdInJournal(name, 'kill'), kind);
        const shown = new Set(rows.map(({ id }) => id));
        assert.deepEqual(
          told.filter((id) => !shown.has(id)),
          [],
        );
        // In the tables and in the journal, or in neither.
        assert.deepEqual(new Set(journal), shown);
        await again.close();
      });
    }
  });
}
