/** Measures the generated client in Chromium, in ratios against a baseline in the same run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { launch, load, serve, withPage } from './lib/browser.js';
import { Measure, timed } from './lib/measure.js';
import { peers } from './lib/peers.js';
import { type Line, print, spread } from './lib/table.js';
import type {} from './page/index.js';
import type {} from './peers/window.js';

const ROUNDS = Number(process.env['ROUNDS'] ?? 5);
const EVENTS = 10_000;
/** The seeds' design is too slow for all of them. */
const SEED_EVENTS = 300;
const LIVESTORE = 'livestore';
const SEED = 'seed';
const here = import.meta.dirname;

/** One React, whoever imports it. */
const react = { react: join(here, 'node_modules/react'), 'react-dom': join(here, 'node_modules/react-dom') };

async function bundle(contents: string, external: readonly string[] = []): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: here, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    external: [...external],
    ...(external.length === 0 ? { alias: react } : {}),
  });
  return outputFiles[0]?.text ?? '';
}

async function kilobytes(contents: string, without: readonly string[]): Promise<number> {
  return gzipSync(await bundle(contents, ['react', 'react-dom', ...without]), { level: 9 }).length / 1024;
}

const before = load();
const profile = mkdtempSync(join(tmpdir(), 'pos-bench-'));
const { origin, stop } = await serve(
  new Map([['/bench.js', await bundle("import './page/index.js';")], ...(await peers())]),
);
const measures = {
  saved: new Measure(),
  detail: new Measure(),
  list: new Measure(),
  dexieDetail: new Measure(),
  dexieList: new Measure(),
  livestoreDetail: new Measure(),
  livestoreList: new Measure(),
  livestoreOpen: new Measure(),
  seedDetail: new Measure(),
  seedRemote: new Measure(),
  burst: new Measure(),
  batch: new Measure(),
  remote: new Measure(),
  latest: new Measure(),
  settled: new Measure(),
  fresh: new Measure(),
};
const firstLists: number[] = [];
const stored: number[] = [];
const held: Record<string, string> = {};
try {
  let context = await launch(profile);
  for (const filling of ['settled', 'fresh'] as const) {
    const bytes = await withPage(context, origin, (page) =>
      page.evaluate(([how, events]) => window.bench.fill(how, events, how), [filling, EVENTS] as const),
    );
    stored.push(bytes / EVENTS / 1000);
  }
  await withPage(
    context,
    origin,
    (page) => page.evaluate((events) => window.livestore.fill('filled', events), EVENTS),
    LIVESTORE,
  );
  for (let round = 0; round < ROUNDS; round++) {
    const saved = await withPage(context, origin, (page) => page.evaluate(() => window.bench.saved(200)));
    measures.saved.add(saved.ours, saved.bare);
    for (const view of ['detail', 'list'] as const) {
      const shown = await withPage(context, origin, (page) =>
        page.evaluate((given) => window.bench.toDom(given, 100), view),
      );
      measures[view].add(shown.ours, shown.tanstack);
      measures[view === 'detail' ? 'dexieDetail' : 'dexieList'].add(shown.ours, shown.dexie);
      const peer = await withPage(
        context,
        origin,
        (page) => page.evaluate((given) => window.livestore.toDom(given, 100), view),
        LIVESTORE,
      );
      measures[view === 'detail' ? 'livestoreDetail' : 'livestoreList'].add(shown.ours, peer);
      if (view === 'list') continue;
      const seed = await withPage(context, origin, (page) => page.evaluate(() => window.seed.toDom(20)), SEED);
      measures.seedDetail.add(shown.ours, seed);
    }
    const burst = await withPage(context, origin, (page) => page.evaluate(() => window.bench.burst(500)));
    measures.burst.add(burst.ours, burst.bare);
    const batch = await withPage(context, origin, (page) => page.evaluate((n) => window.bench.batch(n), EVENTS));
    measures.batch.add(batch.ours, batch.bare);
    const remote = await withPage(context, origin, (page) => page.evaluate((n) => window.bench.remote(n), EVENTS));
    measures.remote.add(remote.ours, remote.bare);
    const slow = await withPage(
      context,
      origin,
      (page) => page.evaluate((n) => window.seed.remote(n), SEED_EVENTS),
      SEED,
    );
    measures.seedRemote.add(remote.ours, [(slow * EVENTS) / SEED_EVENTS]);
    const listed = await withPage(context, origin, (page) => page.evaluate((n) => window.bench.list(n, 50), EVENTS));
    measures.latest.add(listed.ours, listed.bare);
    firstLists.push(listed.first);
    for (const filling of ['settled', 'fresh'] as const) {
      // In a browser of its own each, so that neither finds anything warm.
      await context.close();
      context = await launch(profile);
      const ours = await withPage(context, origin, (page) => page.evaluate((user) => window.bench.open(user), filling));
      await context.close();
      context = await launch(profile);
      const bare = await withPage(context, origin, (page) =>
        page.evaluate((user) => window.bench.openBare(user), filling),
      );
      measures[filling].add([ours], [bare.ms]);
      if (filling === 'settled') {
        await context.close();
        context = await launch(profile);
        const theirs = await withPage(
          context,
          origin,
          (page) => page.evaluate(() => window.livestore.reopen('filled')),
          LIVESTORE,
        );
        measures.livestoreOpen.add([ours], [theirs]);
      }
      held[filling] = `${Math.round(bare.journal / 1000)} KB of journal, ${Math.round(bare.pages / 1000)} KB of pages`;
    }
  }
  await context.close();
} finally {
  stop();
  rmSync(profile, { recursive: true, force: true, maxRetries: 10 });
}

const weighed = async (
  what: string,
  contents: string,
  aim: string,
  without: readonly string[] = [],
): Promise<Line> => ({
  what,
  ours: spread([await kilobytes(contents, without)]),
  unit: 'KB',
  against: '',
  ratio: null,
  aim,
});

const sync = '../web/src/sync';
print(
  [
    timed('one change, until it is saved', measures.saved, 'bare IndexedDB transaction', 1.25),
    timed('a change to the DOM, one order', measures.detail, 'TanStack DB in memory', 0.8),
    timed('a change to the DOM, list of 100', measures.list, 'TanStack DB in memory', 0.8),
    timed('a change to the DOM, one order', measures.dexieDetail, 'Dexie, useLiveQuery', 0.15),
    timed('a change to the DOM, list of 100', measures.dexieList, 'Dexie, useLiveQuery', 0.25),
    timed('a change to the DOM, one order', measures.livestoreDetail, 'LiveStore, useQuery', 0.25),
    timed('a change to the DOM, list of 100', measures.livestoreList, 'LiveStore, useQuery', 0.25),
    timed('a change to the DOM, one order', measures.seedDetail, 'the seeds’ design on PGlite', 1),
    timed('500 changes at once, until all are saved', measures.burst, 'bare transactions', 0.25),
    timed(
      '10,000 changes at once, until all are saved',
      measures.batch,
      'rows with two indexes, one transaction',
      0.15,
    ),
    timed(
      '10,000 events of the server, folded and saved',
      measures.remote,
      'rows and a projection, 100 a transaction',
      0.33,
    ),
    timed('100 latest of 10,000 after a change', measures.latest, 'by an index of IndexedDB', 0.1),
    timed(
      `open with 10,000 events (${held['settled']}), list all`,
      measures.settled,
      'bare read of the same records',
      2,
    ),
    timed('open with 10,000 events, settled, list all', measures.livestoreOpen, 'LiveStore with the same events', 0.25),
    timed(`the same, fresh (${held['fresh']})`, measures.fresh, 'bare read of the same records', 2),
    {
      what: 'storage for 1,000 events, settled and fresh, of 10,000',
      ours: spread(stored),
      unit: 'MB',
      against: '',
      ratio: null,
      aim: '<= 0.6 MB',
    },
    {
      what: 'events of the server, folded and saved, a second',
      ours: measures.remote.perSecond(EVENTS),
      unit: '/s',
      against: '',
      ratio: null,
      aim: '>= 15,000/s',
    },
    {
      what: 'the same by the seeds’ design on PGlite',
      ours: measures.seedRemote.baselinePerSecond(EVENTS),
      unit: '/s',
      against: '',
      ratio: null,
      aim: '',
    },
    {
      what: 'first list of 10,000 after opening',
      ours: spread(firstLists),
      unit: 'ms',
      against: '',
      ratio: null,
      aim: '',
    },
    await weighed(
      'runtime and IndexedDB, before a page shows what it holds, min + gzip',
      `export { SyncClient } from '${sync}/client/sync.js'`,
      '< 15 KB',
      ['./session.js'],
    ),
    await weighed('… with all that follows', `export { SyncClient } from '${sync}/client/sync.js'`, ''),
    await weighed(
      'the whole generated client with hooks, no React',
      `export * from '${sync}/index.js'; export * from '${sync}/hooks/index.js'`,
      '',
    ),
  ],
  `client in Chromium, ${ROUNDS} rounds in turns; medians of rounds (smallest to largest); load average ${before} before, ${load()} after`,
);
