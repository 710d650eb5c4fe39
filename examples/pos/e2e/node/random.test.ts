/**
 * The law: whatever three devices do, and whenever each of them and the server come and go, once all are back they hold the same, and
 * nothing is lost or doubled.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, describe, test } from 'node:test';
import { type OrderStatus, RefusedLocally, type Sync } from '../../web/src/sync/index.js';
import { agreed } from '../lib/agreed.js';
import { Link } from '../lib/link.js';
import { Restaurant } from '../lib/restaurant.js';
import { cleanFolders, dishes, folder, tablet } from '../lib/tablet.js';
import { pause, until } from '../lib/until.js';

after(cleanFolders);

const given = process.env['SEED'];
const seeds = given === undefined ? [1, 2, Math.floor(Math.random() * 1_000_000)] : [Number(given)];
const STEPS = Number(process.env['STEPS'] ?? 300);
/** Few, so that devices meet at the same ones, and logs grow past snapshots where there are many steps. */
const ORDERS = Number(process.env['ORDERS'] ?? 4);

describe('three devices that come and go', () => {
  for (const seed of seeds) {
    test(`agree in the end (SEED=${seed})`, async (t) => {
      const random = seeded(seed);
      const restaurant = await Restaurant.open();
      const devices = await Promise.all(['anna', 'ben', 'chloe'].map((user) => Device.open(restaurant, user)));
      t.after(async () => {
        await Promise.all(devices.map((device) => device.close()));
        await restaurant.close();
      });

      let up = true;
      for (let step = 0; step < STEPS; step += 1) {
        const device = pick(random, devices);
        const dice = random();
        if (dice < 0.06) device.link.isCut ? device.link.mend() : device.link.cut();
        else if (dice < 0.08) device.link.loseAnswers(1);
        else if (dice < 0.1) await device.restart();
        else if (dice < 0.12) {
          await (up ? restaurant.kill() : restaurant.start());
          up = !up;
        } else await device.act(random);
        if (random() < 0.3) await pause(random() * 60);
      }

      if (!up) await restaurant.start();
      for (const device of devices) {
        device.link.loseAnswers(0);
        device.link.mend();
        device.sync.syncNow();
      }
      for (const { sync, user } of devices) {
        await until(`all of ${user} is sent`, () => sync.status.getSnapshot().pendingCount === 0, 40_000);
      }
      await agreed(restaurant, ...devices.map(({ sync }) => sync));

      const log = (await restaurant.events()).map(({ id }) => id);
      assert.equal(new Set(log).size, log.length, 'nothing is doubled');
      const known = new Set(log);
      for (const { sync, recorded, user } of devices) {
        for (const { event } of sync.status.getSnapshot().rejections) known.add(event.id);
        for (const id of blockedOf(sync)) known.add(id);
        for (const id of recorded) assert.ok(known.has(id), `${user}'s event ${id} is in the log or on his list`);
      }
      t.diagnostic(`${log.length} events, ${restaurantSummary(devices)}`);
    });
  }
});

/** Events that wait under a rejected `create`. */
function* blockedOf(sync: Sync): Iterable<string> {
  for (const { event } of sync.status.getSnapshot().rejections) {
    for (const entry of sync.orders.history(event.entity_id)) if (entry.status === 'blocked') yield entry.event.id;
  }
}

function restaurantSummary(devices: readonly Device[]): string {
  const sum = (read: (sync: Sync) => number): number => devices.reduce((total, { sync }) => total + read(sync), 0);
  const rejected = sum((sync) => sync.status.getSnapshot().rejections.length);
  const overtaken = sum((sync) => sync.status.getSnapshot().overtaken.length);
  return `${rejected} rejected, ${overtaken} overtaken, ${devices[0]?.sync.orders.list().length} orders alive`;
}

class Device {
  readonly user: string;
  readonly link: Link;
  readonly recorded: string[] = [];
  readonly #folder = folder();
  sync: Sync;

  private constructor(user: string, link: Link) {
    this.user = user;
    this.link = link;
    this.sync = this.#make();
  }

  static async open(restaurant: Restaurant, user: string): Promise<Device> {
    const device = new Device(user, await Link.to(restaurant.port));
    await device.sync.start();
    return device;
  }

  #make(): Sync {
    return tablet({ api: this.link.api, user: this.user, folder: this.#folder });
  }

  /** Closes the app and opens it again. */
  async restart(): Promise<void> {
    await this.sync.close();
    this.sync = this.#make();
    await this.sync.start();
  }

  async close(): Promise<void> {
    await this.sync.close();
    this.link.close();
  }

  /** Does something that a waiter might do; what the device itself refuses was not done. */
  async act(random: () => number): Promise<void> {
    try {
      const mutation = this.#change(random);
      await mutation;
      this.recorded.push(mutation.eventId);
    } catch (error) {
      if (!(error instanceof RefusedLocally)) throw error;
    }
  }

  #change(random: () => number): ReturnType<Sync['orders']['create']> {
    const { orders } = this.sync;
    const all = orders.list({ orderBy: 'id' });
    const dice = random();
    if (all.length === 0 || (all.length < ORDERS && dice < 0.12))
      return orders.create({ table_number: 1 + Math.floor(random() * 20) });
    const order = pick(random, all);
    const item = order.items.length === 0 ? null : pick(random, order.items);
    if (dice < 0.5 || (dice < 0.7 && item === null)) {
      return orders.addItem(order.id, { item: { id: randomUUID(), ...pick(random, Object.values(dishes)) } });
    }
    if (dice < 0.62 && item !== null) {
      return orders.updateItem(order.id, { item_id: item.id, item: { quantity: 1 + Math.floor(random() * 9) } });
    }
    if (dice < 0.7 && item !== null) return orders.removeItem(order.id, { item_id: item.id });
    if (dice < 0.78) return orders.addTip(order.id, { by: Math.floor(random() * 500) });
    if (dice < 0.86) {
      return orders.changeNote(order.id, { note: random() < 0.3 ? null : `note ${Math.floor(random() * 100)}` });
    }
    if (dice < 0.97) return orders.changeState(order.id, { new_status: pick(random, statuses) });
    if (dice < 0.99) return orders.update(order.id, { table_number: 1 + Math.floor(random() * 20) });
    return orders.archive(order.id);
  }
}

const statuses: readonly OrderStatus[] = ['sent', 'paid', 'cancelled'];

function pick<T>(random: () => number, list: readonly T[]): T {
  const found = list[Math.floor(random() * list.length)];
  assert.ok(found !== undefined);
  return found;
}

/** A random number generator that a seed repeats. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
