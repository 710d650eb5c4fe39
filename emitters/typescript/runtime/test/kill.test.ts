import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EventStore } from '../src/store/eventStore.js';
import { platformTimers } from '../src/store/timing.js';
import { durableInNode } from './databases.js';
import { orderModel } from './models/order.js';

const folder = mkdtempSync(join(tmpdir(), 'syncable-kill-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const writer = fileURLToPath(new URL('./kill.writer.ts', import.meta.url));

for (const kind of ['node', 'pglite'] as const) {
  describe(`a process killed while it writes, on ${kind}`, () => {
    for (let round = 0; round < (kind === 'node' ? 3 : 1); round++) {
      it(`loses nothing that was saved (round ${round})`, { timeout: 60_000 }, async () => {
        const name = `${kind}-${round}`;
        const child = spawn(process.execPath, ['--import', 'tsx', writer, kind, folder, name], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        const gone = once(child, 'exit');
        const saved: string[] = [];
        for await (const line of createInterface({ input: child.stdout })) {
          saved.push(line);
          if (saved.length === 120 + round * 37) child.kill('SIGKILL');
        }
        await gone;
        const adapter = durableInNode(folder)[kind](name);
        const store = new EventStore({ models: [orderModel], adapter, timers: platformTimers });
        await store.open();
        const held = new Set([...store.ledger.outbox.keys()]);
        assert.deepEqual(
          saved.filter((id) => !held.has(id)),
          [],
        );
        assert.ok(saved.length >= 120);
        assert.equal(store.damage, null);
        await store.close();
      });
    }
  });
}
