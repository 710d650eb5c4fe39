/** The backend of the fixture models, as a process of its own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));

/** A running backend, on a database of its own. */
export interface Backend {
  readonly baseUrl: string;
  readonly stop: () => Promise<void>;
}

/** Builds the backend, if need be, and starts it on a free port. */
export async function startBackend(): Promise<Backend> {
  const folder = mkdtempSync(join(tmpdir(), 'syncable-backend-'));
  const server = spawn(program(), {
    cwd: folder,
    env: { ...process.env, SYNC_BIND: '127.0.0.1:0', SYNC_DEV_AUTH: '1', SYNC_DATABASE_URL: 'sqlite://backend.db' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const baseUrl = `${await addressOf(server)}/api/v1`;
  return {
    baseUrl,
    async stop() {
      const gone = once(server, 'exit');
      server.kill('SIGTERM');
      await gone;
      rmSync(folder, { recursive: true });
    },
  };
}

/** Where cargo puts the program. */
function program(): string {
  const command = ['build', '--quiet', '-p', 'sync-fixtures', '--bin', 'fixture-server', '--message-format=json'];
  const lines = execFileSync('cargo', command, { cwd: here, encoding: 'utf8', maxBuffer: 2 ** 28 }).split('\n');
  for (const line of lines) {
    const path = /"executable":"([^"]*fixture-server[^"]*)"/.exec(line)?.[1];
    if (path !== undefined) return path;
  }
  throw new Error('cargo built no fixture-server');
}

async function addressOf(server: ChildProcess): Promise<string> {
  if (server.stdout === null) throw new Error('the backend has no output');
  for await (const line of createInterface(server.stdout)) {
    const address = /listening on (http:\/\/\S+)/.exec(line)?.[1];
    if (address !== undefined) return address;
  }
  throw new Error('the backend ended before it listened');
}
