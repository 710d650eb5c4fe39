import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { nodeStore } from '../src/store/adapters/node.js';
import { EventStore } from '../src/store/eventStore.js';
import { platformTimers } from '../src/store/timing.js';
import { orderModel } from './models/order.js';

const folder = mkdtempSync(join(tmpdir(), 'syncable-kill-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const writer = fileURLToPath(new URL('./kill.writer.ts', import.meta.url));

describe('a process killed while it writes', () => {
  for (let round = 0; round < 3; round++) {
    it(`loses nothing that was saved (round ${round})`, { timeout: 30_000 }, async () => {
      const name = `round-${round}`;
      const child = spawn(process.execPath, ['--import', 'tsx', writer, folder, name], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const gone = once(child, 'exit');
      const saved: string[] = [];
      for await (const line of createInterface({ input: child.stdout })) {
        saved.push(line);
        if (saved.length === 120 + round * 37) child.kill('SIGKILL');
      }
      await gone;
      const store = new EventStore({
        models: [orderModel],
        adapter: nodeStore({ fs, folder })(name),
        timers: platformTimers,
      });
      await store.open();
      const held = new Set([...store.ledger.outbox.keys()]);
      assert.deepEqual(
        saved.filter((id) => !held.has(id)),
        [],
      );
      assert.equal(store.damage, null);
      await store.close();
    });
  }
});
