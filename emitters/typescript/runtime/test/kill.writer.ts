/** Writes until it is killed, and tells each id once it is saved; compacts now and then, as a leader does. */

import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { nodeStore } from '../src/store/adapters/node.js';
import { EventStore } from '../src/store/eventStore.js';
import { platformTimers } from '../src/store/timing.js';
import { orderModel } from './models/order.js';

const [folder = '', name = ''] = process.argv.slice(2);
const store = new EventStore({
  models: [orderModel],
  adapter: nodeStore({ fs, folder })(name),
  timers: platformTimers,
});
await store.open();
for (let i = 0; ; i++) {
  const { event, saved } = store.record(orderModel, 'order.created', randomUUID(), { table_number: i });
  await saved;
  process.stdout.write(`${event.id}\n`);
  if (i % 25 === 24) await store.compact({ force: true });
}
