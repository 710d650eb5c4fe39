/** Chromium on a profile of its own, and a server that gives it the test page. */
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { RowServer } from '../rowServer.js';
import { FakeServer } from '../server.js';

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** What the libraries of the workers fetch from beside them. */
const assets = [
  '@sqlite.org/sqlite-wasm/dist/sqlite3.wasm',
  '@electric-sql/pglite/dist/pglite.wasm',
  '@electric-sql/pglite/dist/pglite.data',
  '@electric-sql/pglite/dist/initdb.wasm',
];

/** What a library imports where it finds itself in Node is empty in a browser, as with every bundler for one. */
const nothingOfNode: Plugin = {
  name: 'nothing-of-node',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^(node:)?(${builtinModules.join('|')})$`) }, ({ path }) =>
      path === 'node:assert/strict' ? null : { path, namespace: 'node' },
    );
    onLoad({ filter: /.*/, namespace: 'node' }, () => ({ contents: 'module.exports = {}' }));
  },
};

/** A server of the contract, with the page of `page.ts` at `/`, and one of rows for a user below `/rows/{user}`. */
export async function servePage(): Promise<{
  readonly server: FakeServer;
  readonly origin: string;
  readonly rowsOf: (user: string) => RowServer;
}> {
  const { outputFiles } = await build({
    entryPoints: ['page', 'sqlite.worker', 'pglite.worker', 'rows.sqlite.worker', 'rows.pglite.worker'].map((name) =>
      here(`./${name}.ts`),
    ),
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    outdir: '/',
    write: false,
    alias: { 'node:assert/strict': here('./assert.ts') },
    plugins: [nothingOfNode],
    logLevel: 'error',
  });
  const server = new FakeServer();
  server.files.set('/', { type: 'text/html', body: '<!doctype html><script type="module" src="/page.js"></script>' });
  for (const { path, text } of outputFiles) {
    server.files.set(`/${basename(path)}`, { type: 'text/javascript', body: text });
  }
  for (const asset of assets) {
    const type = asset.endsWith('.wasm') ? 'application/wasm' : 'application/octet-stream';
    const body = readFileSync(here(`../../node_modules/${asset}`));
    server.files.set(`/${basename(asset)}`, { type, body });
  }
  const rowsOf = (user: string): RowServer => {
    const made = new RowServer();
    server.beside.set(`/rows/${user}`, made.fetchOf(user));
    return made;
  };
  return { server, origin: new URL(await server.start()).origin, rowsOf };
}

/** A browser whose profile outlives it. */
export class Chromium {
  readonly #profile = mkdtempSync(join(tmpdir(), 'syncable-chromium-'));
  readonly #origin: string;
  #process: ChildProcess | null = null;
  #context: BrowserContext | null = null;

  constructor(origin: string) {
    this.#origin = origin;
  }

  /** Where its DevTools listen. */
  async start(): Promise<string> {
    const flags = [
      '--no-sandbox --headless --disable-gpu --disable-quic --no-first-run --disable-background-networking',
      '--disable-component-update --disable-sync --remote-debugging-port=0',
    ];
    const args = [...flags.join(' ').split(' '), `--user-data-dir=${this.#profile}`, 'about:blank'];
    // A process group of its own: to kill the browser is to kill all of it at once.
    const child = spawn(process.env['CHROMIUM'] ?? '/usr/bin/chromium', args, {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process = child;
    return endpointOf(child);
  }

  async launch(): Promise<void> {
    const browser = await chromium.connectOverCDP(await this.start());
    this.#context = browser.contexts()[0] ?? null;
  }

  /** A new tab with the page in it. */
  async open(before?: (page: Page) => Promise<unknown>): Promise<Page> {
    return this.#show(this.#launched, before);
  }

  /** The same in a private window of its own. */
  async openPrivate(): Promise<Page> {
    const context = await this.#launched.browser()?.newContext();
    if (context === undefined) throw new Error('no private windows');
    return this.#show(context);
  }

  get #launched(): BrowserContext {
    if (this.#context === null) throw new Error('not launched');
    return this.#context;
  }

  async #show(context: BrowserContext, before?: (page: Page) => Promise<unknown>): Promise<Page> {
    const page = await context.newPage();
    page.on('pageerror', (error) => console.error(error));
    await before?.(page);
    await page.goto(this.#origin);
    await page.waitForFunction(() => 'harness' in window);
    return page;
  }

  /** SIGKILL, to every process of it. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    this.#context = null;
    if (child?.pid === undefined || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    process.kill(-child.pid, 'SIGKILL');
    await gone;
  }

  /** Puts bytes at the end of the log of its IndexedDB, where a browser that was killed left off. */
  appendToLog(bytes: Uint8Array): void {
    const databases = join(this.#profile, 'Default/IndexedDB');
    for (const folder of readdirSync(databases).filter((name) => name.endsWith('.leveldb'))) {
      const last = readdirSync(join(databases, folder))
        .filter((name) => name.endsWith('.log'))
        .sort()
        .at(-1);
      if (last !== undefined) appendFileSync(join(databases, folder, last), bytes);
    }
  }

  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 10 });
  }
}

async function endpointOf(child: ChildProcess): Promise<string> {
  if (child.stderr === null) throw new Error('no stderr');
  const lines = createInterface({ input: child.stderr });
  return new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      const endpoint = /DevTools listening on (ws:\S+)/.exec(line)?.[1];
      if (endpoint !== undefined) resolve(endpoint);
    });
    child.once('exit', () => reject(new Error('the browser ended before it listened')));
  });
}
