/**
 * The TypeScript client in Node, for the Swift client to be held against: `cargo xtask bench swift`.
 *
 *   node.ts fold PAGES           from the text of a feed's pages, an array a line, to states; and the fold alone
 *   node.ts fill PAGES FOLDER    takes the pages into a store, and prints how long that took
 *   node.ts open FOLDER          opens it and lists all orders
 */
import { readFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import type { OrderEvent } from '../generated/fixtures/src/events/order.events.js';
import { orderModel } from '../generated/fixtures/src/materializers/order.js';
import { absent, deleted, type EventEnvelope, type Folded } from '../generated/fixtures/src/model.js';
import type { Order } from '../generated/fixtures/src/schemas/order.js';
import { asRecorded } from '../generated/fixtures/src/schemas/validate.js';
import { nodeStore } from '../generated/fixtures/src/store/adapters/node.js';
import type { FeedEvent } from '../generated/fixtures/src/store/db.js';
import { EventStore } from '../generated/fixtures/src/store/eventStore.js';
import { receive } from '../generated/fixtures/src/store/receiving.js';
import { platformTimers } from '../generated/fixtures/src/store/timing.js';
import { compact } from '../generated/fixtures/src/store/upkeep.js';

const ROUNDS = 5;
const [what = '', ...rest] = process.argv.slice(2);

function pages(path: string): readonly string[] {
  return readFileSync(path, 'utf8').trimEnd().split('\n');
}

/** An event as the fold takes it, as the store reads one of the feed. */
function read(event: FeedEvent): EventEnvelope {
  const definition = orderModel.events[event.event_type as OrderEvent['event_type']];
  return { ...event, payload: asRecorded(() => (definition.read ?? definition.parse)(event.payload)) };
}

function foldAll(events: readonly EventEnvelope[]): Map<string, Folded<Order>> {
  const states = new Map<string, Folded<Order>>();
  for (const event of events) {
    const { entity_id: id } = event;
    states.set(id, orderModel.reduce(states.get(id) ?? absent, event as OrderEvent));
  }
  return states;
}

/** What all runtimes have to come to. */
function cameOf(states: Iterable<Folded<Order>>): object {
  const came = { orders: 0, items: 0, tips: 0 };
  for (const state of states) {
    if (state === absent || state === deleted) continue;
    came.orders += 1;
    came.items += state.items.length;
    came.tips += state.tip_cents;
  }
  return came;
}

function fold(path: string): object {
  const texts = pages(path);
  const [textMs, foldMs]: [number[], number[]] = [[], []];
  let states = new Map<string, Folded<Order>>();
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    const events = texts.flatMap((text) => (JSON.parse(text) as FeedEvent[]).map(read));
    const middle = performance.now();
    states = foldAll(events);
    const end = performance.now();
    textMs.push(end - start);
    foldMs.push(end - middle);
  }
  return { text_ms: textMs, fold_ms: foldMs, came: cameOf(states.values()) };
}

function store(folder: string): EventStore {
  return new EventStore({ models: [orderModel], adapter: nodeStore({ fs, folder })('bench'), timers: platformTimers });
}

async function fill(path: string, folder: string): Promise<object> {
  const texts = pages(path);
  const filled = store(folder);
  await filled.open();
  const start = performance.now();
  for (const text of texts) {
    const page = JSON.parse(text) as FeedEvent[];
    const seq = page.at(-1)?.seq ?? 0;
    await receive(filled, page, { cursor: String(seq), seq, types: [orderModel.entity], at: 0 });
  }
  await filled.settle();
  const ms = performance.now() - start;
  // As its owner leaves it in idle time.
  await compact(filled);
  await filled.close();
  return { ms };
}

async function open(folder: string): Promise<object> {
  const start = performance.now();
  const opened = store(folder);
  await opened.open();
  const states = [...opened.states(orderModel.entity)] as Order[];
  const ms = performance.now() - start;
  await opened.close();
  return { ms, came: cameOf(states) };
}

const [first = '', second = ''] = rest;
const measured =
  what === 'fold'
    ? fold(first)
    : what === 'fill'
      ? await fill(first, second)
      : what === 'open'
        ? await open(first)
        : null;
if (measured === null) throw new Error('usage: node.ts fold PAGES | fill PAGES FOLDER | open FOLDER');
console.log(JSON.stringify(measured));
