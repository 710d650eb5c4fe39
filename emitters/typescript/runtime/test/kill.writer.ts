/** Writes until it is killed, and tells each id once it is saved; compacts now and then, as a leader does. */

import { randomUUID } from 'node:crypto';
import { EventStore } from '../src/store/eventStore.js';
import { platformTimers } from '../src/store/timing.js';
import { compact } from '../src/store/upkeep.js';
import { durableInNode } from './databases.js';
import { orderModel } from './models/order.js';

const [kind = '', folder = '', name = ''] = process.argv.slice(2);
const make = new Map(Object.entries(durableInNode(folder))).get(kind);
if (make === undefined) throw new Error(`no ${kind}`);
const store = new EventStore({ models: [orderModel], adapter: make(name), timers: platformTimers });
await store.open();
for (let i = 0; ; i++) {
  const { event, saved } = store.record(orderModel, 'order.created', randomUUID(), { table_number: i });
  await saved;
  process.stdout.write(`${event.id}\n`);
  if (i % 25 === 24) await compact(store);
}
