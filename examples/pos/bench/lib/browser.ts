/** Chromium, and a server that gives it one page. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

/** A file of the page, by its path. */
export type Files = ReadonlyMap<string, string | Uint8Array>;

const TYPES: Readonly<Record<string, string>> = { js: 'text/javascript', wasm: 'application/wasm' };

/** A server of these files, with a page at each path without a dot that runs the script of that name: `/bench.js` at `/bench`. */
export async function serve(files: Files): Promise<{ origin: string; stop: () => void }> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname;
    const isPage = !path.includes('.');
    const file = isPage ? `<!doctype html><body><script type="module" src="${path}.js"></script>` : files.get(path);
    response.writeHead(file === undefined ? 404 : 200, {
      'content-type': isPage ? 'text/html' : (TYPES[path.split('.').at(-1) ?? ''] ?? 'application/octet-stream'),
      // For timers of 5 µs.
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    });
    response.end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, stop: () => server.close() };
}

/** A browser on that profile. */
export function launch(profile: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(profile, {
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    headless: true,
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
}

/** A page of its own for it, which runs a script that gives the window something of its own name. */
export async function withPage<T>(
  context: BrowserContext,
  origin: string,
  action: (page: Page) => Promise<T>,
  script: 'bench' | 'livestore' | 'seed' = 'bench',
): Promise<T> {
  const page = await context.newPage();
  page.on('pageerror', (error) => console.error(error));
  await page.goto(`${origin}/${script}`);
  await page.waitForFunction((name) => name in window, script);
  const result = await action(page);
  await page.close();
  return result;
}

/** The machine's load average. */
export const load = (): string => readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).join(' ');
