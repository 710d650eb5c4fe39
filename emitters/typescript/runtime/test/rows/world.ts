/**
 * Two devices and a server whose time passes when a test says so, beside the model of what they come to. It runs wherever the client
 * does: in Node, and in a page.
 */
import assert from 'node:assert/strict';
import type { SyncClient } from '../../src/client/sync.js';
import { RefusedLocally } from '../../src/errors.js';
import { Rows } from '../../src/rows/rows.js';
import { sql } from '../../src/store/adapters/sql/rows/query.js';
import { client, seeded, uuid } from '../helpers.js';
import { type Contact, type ContactEvent, contactModel } from '../models/contact.js';
import { RowServer } from '../rowServer.js';
import { VirtualTime } from '../time.js';
import { type Course, type Step, told } from './courses.js';
import { type FieldName, RowModel } from './model.js';
import type { Stores } from './noTables.js';
import { Watch } from './watch.js';

const names = ['a', 'b'] as const;
type Name = (typeof names)[number];

/** Which side a conflict is decided for. */
type Side = 'mine' | 'server';

interface Device {
  readonly sync: SyncClient;
  readonly rows: Rows<Contact, ContactEvent, FieldName>;
  /** What is to befall its next write. */
  refuse: boolean;
  /** What is to befall the answer to its next batch. */
  lose: boolean;
}

/** Whether an application writes by the client, or by SQL of its own. */
export type Door = 'client' | 'sql';

class World {
  readonly #server = new RowServer();
  readonly #time = new VirtualTime(seeded(7));
  readonly #watch = new Watch();
  readonly #devices = new Map<Name, Device>();
  readonly #stores: Stores;
  readonly #door: Door;
  #model = new RowModel();
  #id = '';
  #written = 0;

  constructor(stores: Stores, door: Door) {
    this.#stores = stores;
    this.#door = door;
    this.#server.clock = () => this.#time.now();
    this.#server.guard = (_event, name) => (this.#befalls(name, 'refuse') ? 'refused' : null);
    this.#server.fault = (name, path) => (path === '/batch' && this.#befalls(name, 'lose') ? 'lose' : null);
  }

  async start(): Promise<void> {
    for (const name of names) {
      const sync = client('http://rows.test/api/v1', {
        models: { contacts: contactModel },
        adapter: this.#watch.over(this.#stores.deviceStore()),
        fetch: this.#server.fetchOf(name),
        webSocket: null,
        notification: 'polling',
        timers: this.#time.timers,
      });
      await sync.start();
      await sync.http(); // a part of the client is loaded, which takes real time
      this.#devices.set(name, { sync, rows: new Rows(sync, contactModel), refuse: false, lose: false });
    }
    await this.#rest();
  }

  /** Takes these steps with a row of their own; says whether anybody had to decide. */
  async run(steps: Course, keep: Side): Promise<boolean> {
    this.#model = new RowModel();
    this.#id = uuid();
    this.#device('a').rows.record('contact.created', this.#id, { first_name: 'Ada' });
    await this.#rest();
    for (const step of steps) await this.#take(step);
    return this.#finish(keep);
  }

  async close(): Promise<void> {
    for (const { sync } of this.#devices.values()) {
      const closing = sync.close();
      await this.#settle();
      await closing;
    }
  }

  async #take([name, act]: Step): Promise<void> {
    const device = this.#device(name);
    const model = this.#modelOf(name);
    switch (act) {
      case 'editFirst':
        await this.#edit(name, 'first_name');
        break;
      case 'editLast':
        await this.#edit(name, 'last_name');
        break;
      case 'delete':
        await this.#delete(name);
        break;
      case 'offline':
        device.sync.internals.unplug(model.online);
        this.#model.offline(name);
        break;
      case 'refusal':
        model.refusal = true;
        device.refuse = true;
        break;
      case 'lost':
        model.lost = true;
        device.lose = true;
        break;
      default:
        act satisfies never;
    }
    await this.#rest();
    await this.#check();
  }

  async #edit(name: Name, field: FieldName): Promise<void> {
    const value = `${name}${++this.#written}`;
    const { sync, rows } = this.#device(name);
    const may = this.#model.edit(name, field, value);
    if (this.#door === 'client') attempt(may, () => rows.record('contact.updated', this.#id, { [field]: value }));
    else await sql(sync, `UPDATE contact SET ${field} = $1 WHERE id = $2`, [value, this.#id]);
  }

  async #delete(name: Name): Promise<void> {
    const { sync, rows } = this.#device(name);
    const may = this.#model.delete(name);
    if (this.#door === 'client') attempt(may, () => rows.record('contact.deleted', this.#id, {}));
    else await sql(sync, 'DELETE FROM contact WHERE id = $1', [this.#id]);
  }

  /** All come together, and decide; then nothing is left of it but the row. */
  async #finish(keep: Side): Promise<boolean> {
    let decided = false;
    for (const name of names) if (!this.#modelOf(name).online) await this.#take([name, 'offline']);
    for (const name of names) {
      for (const conflict of this.#device(name).rows.conflicts(this.#id)) {
        decided = true;
        await (keep === 'mine' ? conflict.keepMine() : conflict.keepServer());
      }
      this.#model.decide(name, keep);
      await this.#rest();
      await this.#check();
    }
    assert.deepEqual(this.#shown('a'), this.#shown('b'), 'both show the same');
    const { log } = this.#server;
    assert.equal(new Set(log.map(({ id }) => id)).size, log.length, 'nothing is in the log twice');
    for (const device of this.#devices.values()) {
      Object.assign(device, { refuse: false, lose: false });
      const { status } = device.sync;
      for (const { event } of status.getSnapshot().rejections) await device.sync.discard(event.id);
      for (const loss of status.getSnapshot().losses) await loss.dismiss();
      const { pendingCount, conflicts, losses, rejections } = status.getSnapshot();
      assert.deepEqual([pendingCount, conflicts, losses, rejections], [0, [], [], []], 'nothing waits');
    }
    await this.#rest();
    return decided;
  }

  async #check(): Promise<void> {
    for (const name of names) {
      const { sync, rows } = this.#device(name);
      assert.deepEqual(this.#shown(name), this.#model.shown(name), `${name} shows`);
      const held = rows.conflicts(this.#id).map(({ field }) => field);
      assert.deepEqual(held.sort(), this.#model.held(name), `${name} waits for`);
      assert.equal(sync.status.getSnapshot().rejections.length, this.#modelOf(name).refused, `refused of ${name}`);
      await this.#stores.tablesAgree(sync, () => sync.collection(contactModel).list());
    }
    const there = this.#server.get(this.#id);
    const said = there === undefined ? null : { first_name: there.first_name, last_name: there.last_name };
    assert.deepEqual(said, this.#model.alive ? this.#model.values : null, 'the server has');
  }

  #shown(name: Name): { readonly first_name: string; readonly last_name: string | null } | null {
    const contact = this.#device(name).sync.collection(contactModel).get(this.#id);
    return contact === undefined ? null : { first_name: contact.first_name, last_name: contact.last_name };
  }

  #befalls(name: string, harm: 'refuse' | 'lose'): boolean {
    const device = this.#device(name as Name); // the server knows it by the name that `start` gave it
    const due = device[harm];
    device[harm] = false;
    return due;
  }

  #device(name: Name): Device {
    const device = this.#devices.get(name);
    if (device === undefined) throw new Error(`no device ${name}`);
    return device;
  }

  #modelOf(name: Name) {
    const device = this.#model.devices[name];
    if (device === undefined) throw new Error(`no device ${name}`);
    return device;
  }

  /** Lets happen what happens by itself. */
  async #rest(): Promise<void> {
    for (let round = 0; round < 500; round++) {
      await this.#settle();
      if (round > 0 && this.#isQuiet()) return;
      this.#time.next();
    }
    const stands = [...this.#devices].map(([name, { sync }]) => {
      const { pendingCount, connection, problem } = sync.status.getSnapshot();
      return { name, pendingCount, connection, problem, seq: sync.internals.store.ledger.cursor?.seq };
    });
    throw new Error(`never came to rest: ${JSON.stringify([this.#server.log.length, stands])}`);
  }

  /** Whatever needs no timer has happened, what the stores were asked for among it. */
  async #settle(): Promise<void> {
    do await this.#time.settle();
    while (await this.#watch.waited());
  }

  #isQuiet(): boolean {
    return [...this.#devices].every(([name, { sync }]) => {
      const { store } = sync.internals;
      if (!this.#modelOf(name).online) return true;
      return store.ledger.cursor?.seq === this.#server.log.length && store.pendingCount === 0;
    });
  }
}

function attempt(may: boolean, act: () => unknown): void {
  if (may) act();
  else assert.throws(act, RefusedLocally);
}

/** Courses that go through one pair of devices, one after the other. */
const TOGETHER = 50;

/** Takes every course with a row of its own, those where somebody has to decide both ways; resolves with how many that were. */
export async function takeAll(courses: readonly Course[], stores: Stores, door: Door = 'client'): Promise<number> {
  let taken = 0;
  for (let at = 0; at < courses.length; at += TOGETHER) {
    const world = new World(stores, door);
    try {
      await world.start();
      for (const [place, steps] of courses.slice(at, at + TOGETHER).entries()) {
        for (const keep of ['mine', 'server'] as const) {
          const decided = await world.run(steps, keep).catch((cause: unknown) => {
            const after = place === 0 ? 'on new devices' : `after ${place} others from course ${at} on`;
            throw new Error(`${told(steps)}; keep ${keep}; ${after}: ${String(cause)}`, { cause });
          });
          taken += 1;
          if (!decided) break;
        }
      }
    } finally {
      await world.close();
    }
  }
  return taken;
}
