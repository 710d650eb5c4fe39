/**
 * Two devices, and every interleaving of what may happen to them up to four steps, against a model of a page. After each step, and after
 * somebody has decided what waits, each device shows what the model says and waits for what the model says; in the end all agree.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { SyncClient } from '../src/client/sync.js';
import { RefusedLocally } from '../src/errors.js';
import { Rows } from '../src/rows/rows.js';
import { memoryStore } from '../src/store/adapters/memory.js';
import { nodeStore } from '../src/store/adapters/node.js';
import type { StoreFactory } from '../src/store/db.js';
import { client, seeded, uuid } from './helpers.js';
import { type Contact, type ContactEvent, contactModel } from './models/contact.js';
import { type Act, acts, type FieldName, RowModel } from './rowModel.js';
import { RowServer } from './rowServer.js';
import { VirtualTime } from './time.js';

type Step = readonly [device: 'a' | 'b', act: Act];

const all: readonly Step[] = (['a', 'b'] as const).flatMap((device) => acts.map((act) => [device, act] as const));

/** Every sequence of so many steps; the first is `a`'s, for to exchange the devices changes nothing. */
function* sequences(length: number): Iterable<readonly Step[]> {
  if (length === 0) return yield [];
  for (const before of sequences(length - 1)) {
    for (const step of all) if (before.length > 0 || step[0] === 'a') yield [...before, step];
  }
}

/** Whether all harm in a sequence comes to something: what is done to a device that then does nothing is not done. */
function matters(steps: readonly Step[]): boolean {
  return steps.every(([device, act], at) => {
    if (act !== 'refusal' && act !== 'lost') return true;
    const later = steps.slice(at + 1).filter(([other]) => other === device);
    const next = later.find(([, other]) => other === act || (other !== 'refusal' && other !== 'lost'));
    return next !== undefined && next[1] !== act;
  });
}

class World {
  readonly server = new RowServer();
  readonly model = new RowModel();
  readonly id = uuid();
  readonly #time = new VirtualTime(seeded(7));
  readonly #devices = new Map<
    string,
    { readonly sync: SyncClient; readonly rows: Rows<Contact, ContactEvent, FieldName> }
  >();
  readonly #stores: (name: string) => StoreFactory;
  #written = 0;

  constructor(stores: (name: string) => StoreFactory) {
    this.#stores = stores;
    this.server.clock = () => this.#time.now();
    this.server.guard = (_event, name) => {
      const { refuse } = this.#harm(name);
      this.#harms.set(name, { ...this.#harm(name), refuse: false });
      return refuse ? 'refused' : null;
    };
    this.server.fault = (name, path) => {
      const { lose } = this.#harm(name);
      if (!lose || path !== '/batch') return null;
      this.#harms.set(name, { ...this.#harm(name), lose: false });
      return 'lose';
    };
  }

  readonly #harms = new Map<string, { readonly refuse: boolean; readonly lose: boolean }>();

  #harm(name: string): { readonly refuse: boolean; readonly lose: boolean } {
    return this.#harms.get(name) ?? { refuse: false, lose: false };
  }

  async start(): Promise<void> {
    for (const name of ['a', 'b']) {
      const sync = client('http://rows.test/api/v1', {
        models: { contacts: contactModel },
        adapter: this.#stores(name),
        fetch: this.server.fetchOf(name),
        webSocket: null,
        notification: 'polling',
        timers: this.#time.timers,
      });
      await sync.start();
      await sync.http(); // a part of the client is loaded, which takes real time
      this.#devices.set(name, { sync, rows: new Rows(sync, contactModel) });
    }
    await this.#rest();
    this.#device('a').rows.record('contact.created', this.id, { first_name: 'Ada' });
    await this.#rest();
  }

  async take([name, act]: Step): Promise<void> {
    const { sync, rows } = this.#device(name);
    const model = this.model.devices[name];
    assert.ok(model);
    const edit = (field: FieldName): void => {
      const value = `${name}${++this.#written}`;
      const may = this.model.edit(name, field, value);
      attempt(may, () => rows.record('contact.updated', this.id, { [field]: value }));
    };
    switch (act) {
      case 'editFirst':
        edit('first_name');
        break;
      case 'editLast':
        edit('last_name');
        break;
      case 'delete':
        attempt(this.model.delete(name), () => rows.record('contact.deleted', this.id, {}));
        break;
      case 'offline':
        sync.internals.unplug(model.online);
        this.model.offline(name);
        break;
      case 'refusal':
        model.refusal = true;
        this.#harms.set(name, { ...this.#harm(name), refuse: true });
        break;
      case 'lost':
        model.lost = true;
        this.#harms.set(name, { ...this.#harm(name), lose: true });
        break;
      default:
        act satisfies never;
    }
    await this.#rest();
    this.check();
  }

  /** All come together, and decide. */
  async finish(keep: 'mine' | 'server'): Promise<void> {
    for (const name of ['a', 'b']) {
      if (this.model.devices[name]?.online === false) await this.take([name as 'a' | 'b', 'offline']);
    }
    for (const name of ['a', 'b']) {
      const { rows } = this.#device(name);
      for (const conflict of rows.conflicts(this.id)) {
        await (keep === 'mine' ? conflict.keepMine() : conflict.keepServer());
      }
      this.model.decide(name, keep);
      await this.#rest();
      this.check();
    }
    assert.deepEqual(this.#shown('a'), this.#shown('b'));
    assert.equal(new Set(this.server.log.map(({ id }) => id)).size, this.server.log.length);
    for (const { sync } of this.#devices.values()) assert.equal(sync.status.getSnapshot().pendingCount, 0);
  }

  check(): void {
    for (const name of ['a', 'b']) {
      const { sync, rows } = this.#device(name);
      assert.deepEqual(this.#shown(name), this.model.shown(name), `${name} shows`);
      const held = rows.conflicts(this.id).map(({ field }) => field);
      assert.deepEqual(held.sort(), this.model.held(name), `${name} waits for`);
      assert.equal(
        sync.status.getSnapshot().rejections.length,
        this.model.devices[name]?.refused,
        `refused of ${name}`,
      );
    }
    const there = this.server.get(this.id);
    const said = there === undefined ? null : { first_name: there.first_name, last_name: there.last_name };
    assert.deepEqual(said, this.model.alive ? this.model.values : null, 'the server has');
  }

  async close(): Promise<void> {
    for (const { sync } of this.#devices.values()) {
      const closing = sync.close();
      await this.#time.settle();
      await closing;
    }
  }

  #device(name: string) {
    const device = this.#devices.get(name);
    assert.ok(device);
    return device;
  }

  #shown(name: string): { readonly first_name: string; readonly last_name: string | null } | null {
    const { sync } = this.#device(name);
    const contact = sync.collection(contactModel).get(this.id);
    return contact === undefined ? null : { first_name: contact.first_name, last_name: contact.last_name };
  }

  /** Lets happen what happens by itself. */
  async #rest(): Promise<void> {
    for (let round = 0; round < 500; round++) {
      await this.#time.settle();
      if (round > 0 && this.#isQuiet()) return;
      this.#time.next();
    }
    const stands = [...this.#devices].map(([name, { sync }]) => {
      const { pendingCount, connection, problem } = sync.status.getSnapshot();
      return { name, pendingCount, connection, problem, seq: sync.internals.store.ledger.cursor?.seq };
    });
    throw new Error(
      `never came to rest: ${JSON.stringify([this.server.log.length, stands, this.#time.pendingBut(0)])}`,
    );
  }

  #isQuiet(): boolean {
    return [...this.#devices].every(([name, { sync }]) => {
      const { store } = sync.internals;
      if (this.model.devices[name]?.online === false) return true;
      return store.ledger.cursor?.seq === this.server.log.length && store.pendingCount === 0;
    });
  }
}

function attempt(may: boolean, act: () => unknown): void {
  if (may) act();
  else assert.throws(act, RefusedLocally);
}

async function enumerate(length: number, stores: (name: string) => StoreFactory): Promise<number> {
  let count = 0;
  for (const steps of sequences(length)) {
    if (!matters(steps)) continue;
    const world = new World(stores);
    const keep = count++ % 2 === 0 ? 'mine' : 'server';
    try {
      await world.start();
      for (const step of steps) await world.take(step);
      await world.finish(keep);
    } catch (error) {
      throw new Error(`${steps.map((step) => step.join(' ')).join(', ')}; keep ${keep}: ${String(error)}`, {
        cause: error,
      });
    } finally {
      await world.close();
    }
  }
  return count;
}

const LENGTH = Number(process.env['SYNC_STEPS'] ?? 3);

describe('two devices and one row', () => {
  it(`agree with the model after every ${LENGTH} steps, in memory`, async () => {
    assert.ok((await enumerate(LENGTH, () => memoryStore())) > 0);
  });

  it('agree with it on files', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'syncable-rows-'));
    let made = 0;
    await enumerate(Math.min(LENGTH, 2), () => nodeStore({ fs, folder: join(folder, String(made++)) }));
    rmSync(folder, { recursive: true });
  });
});
