/** The real backend, started and killed as a test needs it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { until } from './until.js';

const here = import.meta.dirname;
const root = resolve(here, '../../../..');

/** Where the built backend is: `POS_BIN`, or where cargo puts it. */
function binary(): string {
  const target = process.env['CARGO_TARGET_DIR'] ?? join(root, 'target');
  const path = process.env['POS_BIN'] ?? join(target, 'debug/pos');
  if (!existsSync(path)) throw new Error(`${path} is not there: run \`cargo build --package pos\`, or set POS_BIN`);
  return path;
}

/** An order as `GET /orders` gives it. */
export interface RemoteOrder {
  readonly id: string;
  readonly table_number: number;
  readonly status: string;
  readonly items: readonly {
    readonly id: string;
    readonly name: string;
    readonly quantity: number;
    readonly added_at: string;
  }[];
  readonly note: string | null;
  readonly tip_cents: number;
  readonly created_at: string;
  readonly updated_at: string;
}

/** One restaurant with a log of its own. */
export class Restaurant {
  readonly port: number;
  readonly #folder: string;
  readonly #web: string | null;
  #process: ChildProcess | null = null;

  private constructor(port: number, web: string | null) {
    this.port = port;
    this.#web = web;
    this.#folder = mkdtempSync(join(tmpdir(), 'pos-e2e-'));
  }

  static async open({ web = false } = {}): Promise<Restaurant> {
    const page = resolve(here, '../../web/dist');
    if (web && !existsSync(join(page, 'index.html')))
      throw new Error(`${page} is not built: run \`npm run build\` there`);
    const restaurant = new Restaurant(await freePort(), web ? page : null);
    await restaurant.start();
    return restaurant;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get api(): string {
    return `${this.url}/api/v1`;
  }

  /** Starts it, on the log that is there. */
  async start(): Promise<void> {
    const child = spawn(binary(), {
      env: {
        ...process.env,
        POS_BIND: `127.0.0.1:${this.port}`,
        POS_DATABASE_URL: `sqlite://${join(this.#folder, 'pos.db')}`,
        ...(this.#web === null ? {} : { POS_WEB: this.#web }),
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    this.#process = child;
    process.once('exit', () => child.kill('SIGKILL'));
    await until('the server answers', async () => {
      if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
      return fetch(`${this.url}/health`).then(
        (answer) => answer.ok,
        () => false,
      );
    });
  }

  /** Pulls the plug. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child === null || child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** What anybody with a token gets. */
  async get(path: string, token = 'dev:bistro:inspector:waiter'): Promise<unknown> {
    const answer = await fetch(`${this.api}${path}`, { headers: { authorization: `Bearer ${token}` } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /** All orders, by id. */
  async orders(): Promise<readonly RemoteOrder[]> {
    const { data } = (await this.get('/orders?limit=1000')) as { data: RemoteOrder[] };
    return data.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** All events in the log. */
  async events(): Promise<readonly { readonly id: string; readonly event_type: string; readonly entity_id: string }[]> {
    const { events } = (await this.get('/events/since?limit=1000')) as {
      events: { id: string; event_type: string; entity_id: string }[];
    };
    return events;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
