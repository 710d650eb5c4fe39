/** Chromium on a profile of its own: a waiter's tablet. */
import { mkdirSync, mkdtempSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestContext } from 'node:test';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { Restaurant } from './restaurant.js';
import { until } from './until.js';

const artifacts = resolve(import.meta.dirname, '../artifacts');

export interface Look {
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: 'light' | 'dark';
  readonly scale?: number;
}

/** A browser with its profile; it can be killed and started again. */
export class Tablet {
  readonly name: string;
  readonly #profile = mkdtempSync(join(tmpdir(), 'pos-profile-'));
  readonly #url: string;
  readonly #look: Look;
  #context: BrowserContext | null = null;

  constructor(name: string, url: string, look: Look = {}) {
    this.name = name;
    this.#url = url;
    this.#look = look;
  }

  get context(): BrowserContext {
    if (this.#context === null) throw new Error(`${this.name} is not started`);
    return this.#context;
  }

  /** Starts the browser; what a page says on its console as an error goes to ours. */
  async start({ offline = false } = {}): Promise<void> {
    const { width = 1280, height = 800, colorScheme = 'light', scale = 1 } = this.#look;
    this.#context = await chromium.launchPersistentContext(this.#profile, {
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      headless: true,
      offline,
      locale: 'en-IE',
      colorScheme,
      reducedMotion: 'reduce',
      viewport: { width, height },
      deviceScaleFactor: scale,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
    this.#context.setDefaultTimeout(15_000);
    this.#context.on('weberror', (error) => console.error(`${this.name}: ${error.error()}`));
  }

  /** Opens the page in a tab and waits until it shows something. */
  async open(path = '/'): Promise<Page> {
    const [first] = this.context.pages();
    const page = first !== undefined && first.url() === 'about:blank' ? first : await this.context.newPage();
    await page.goto(this.#url + path);
    await page.getByRole('main').waitFor();
    return page;
  }

  /** Opens the page, and signs in there as a new waiter. */
  async signIn(role: 'Waiter' | 'Owner' = 'Waiter'): Promise<Page> {
    const page = await this.open();
    // Chromium writes localStorage some seconds late: after a kill it may still know who was there, or not.
    const known = page.getByRole('button', { name: /^Sync:/ });
    await known.or(page.getByLabel('Your name')).waitFor();
    if (await known.isVisible()) return page;
    await page.getByLabel('Your name').fill(this.name);
    await page.getByRole('radio', { name: role }).check({ force: true });
    await page.getByRole('button', { name: 'Start the shift' }).click();
    await page.getByRole('link', { name: /^Table 1,/ }).waitFor();
    return page;
  }

  /** Kills the browser as a dead battery does. Its pid stands in the lock that it holds on its profile. */
  async kill(): Promise<void> {
    const pid = Number(readlinkSync(join(this.#profile, 'SingletonLock')).split('-').at(-1));
    const closed = new Promise((done) => this.context.once('close', done));
    process.kill(pid, 'SIGKILL');
    await closed;
    this.#context = null;
    await until('the browser is gone', () => !isAlive(pid));
  }

  async close(): Promise<void> {
    await this.#context?.close();
    this.#context = null;
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  /** What every tab shows, for whoever looks into a failure. */
  async picture(name: string): Promise<void> {
    mkdirSync(artifacts, { recursive: true });
    for (const [index, page] of (this.#context?.pages() ?? []).entries()) {
      const path = join(artifacts, `${name}-${this.name}-${index}.png`.replaceAll(/[^A-Za-z0-9.-]+/g, '-'));
      await page.screenshot({ path, timeout: 5000 }).catch(() => {});
      console.error(`see ${path}`);
    }
  }
}

/** A restaurant with tablets, cleared away after the test, with pictures if it failed. */
export async function stage(
  t: TestContext,
  names: readonly string[],
): Promise<{ readonly restaurant: Restaurant; readonly tablets: readonly Tablet[] }> {
  const restaurant = await Restaurant.open({ web: true });
  const tablets = names.map((name) => new Tablet(name, restaurant.url));
  t.after(async () => {
    await Promise.all(tablets.map((tablet) => tablet.close()));
    await restaurant.close();
  });
  await Promise.all(tablets.map((tablet) => tablet.start()));
  return { restaurant, tablets };
}

/** Runs a test's body; where it fails, pictures are kept. */
export async function pictured(t: TestContext, tablets: readonly Tablet[], body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    await Promise.all(tablets.map((tablet) => tablet.picture(t.name)));
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
