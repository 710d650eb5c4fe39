/** A device as a process of its own, so that it can be killed. */
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { dishes, type TabletOptions, tablet } from '../lib/tablet.js';

interface Taken {
  readonly id: string;
  readonly times: readonly number[];
}

/** Starts a device; its parent tells it what to do. */
export async function startChild(options: TabletOptions): Promise<{
  takeOrder: (table: number) => Promise<Taken>;
  kill: () => Promise<void>;
}> {
  const child: ChildProcess = fork(fileURLToPath(import.meta.url), { execArgv: ['--import', 'tsx'] });
  const answer = async (message: unknown): Promise<unknown> => {
    const [reply] = await Promise.all([
      Promise.race([once(child, 'message').then(([value]) => value as unknown), died(child)]),
      new Promise((resolve) => child.send(message as object, resolve)),
    ]);
    return reply;
  };
  await answer({ start: options });
  return {
    takeOrder: async (table) => (await answer({ table })) as Taken,
    kill: async () => {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

async function died(child: ChildProcess): Promise<never> {
  const [code] = await once(child, 'exit');
  throw new Error(`the device ended with ${code}`);
}

/** The child itself. */
function run(): void {
  let sync: ReturnType<typeof tablet> | null = null;
  const act = async (message: { start?: TabletOptions; table?: number }): Promise<unknown> => {
    if (message.start !== undefined) {
      sync = tablet(message.start);
      await sync.start();
      return 'started';
    }
    if (sync === null || message.table === undefined) throw new Error('not started');
    const times = [Date.now()];
    const created = sync.orders.create({ table_number: message.table });
    let last = created;
    for (const dish of Object.values(dishes)) {
      await new Promise((resolve) => setTimeout(resolve, 40));
      times.push(Date.now());
      last = sync.orders.addItem(created.entityId, { item: { id: randomUUID(), ...dish } });
    }
    await last; // saved: from here on a kill must not lose it
    return { id: created.entityId, times };
  };
  process.on(
    'message',
    (message) => void act(message as { start?: TabletOptions }).then((reply) => process.send?.(reply)),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.send !== undefined) run();
