/** What a change costs until it is on the disk, and what opening costs: against bare IndexedDB with the same records. */
import { createSync, type Sync } from '../../web/src/sync/index.js';
import { eventLog, type Logged, ORDERS, stampOf, timeOf } from './log.js';

/** Milliseconds, ours and theirs, taken in turns. */
export interface Samples {
  readonly ours: readonly number[];
  readonly bare: readonly number[];
}

type Serve = (url: URL) => unknown;

/** A client that no server answers but `serve`; everything else stays in flight for good. */
export function makeClient(user: string, serve: Serve = () => null): Sync {
  return createSync({
    baseUrl: `${location.origin}/api/v1`,
    tenantId: 'bench',
    userId: user,
    webSocket: null,
    fetch: async (input) => {
      const answer = serve(new URL(String(input)));
      if (answer === null) await new Promise(() => {});
      return new Response(JSON.stringify(answer), { headers: { 'content-type': 'application/json' } });
    },
  });
}

/** One database with one store of numbered rows, as small as IndexedDB goes. */
async function bareDatabase(): Promise<IDBDatabase> {
  const request = indexedDB.open(`bare-${crypto.randomUUID()}`, 1);
  request.onupgradeneeded = () => request.result.createObjectStore('rows', { autoIncrement: true });
  await settled(request);
  return request.result;
}

function settled(request: IDBRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
  });
}

function add(database: IDBDatabase, text: string): Promise<void> {
  const transaction = database.transaction('rows', 'readwrite', { durability: 'relaxed' });
  transaction.objectStore('rows').add(text);
  transaction.commit();
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

/** The text that a change of ours puts on the disk. */
function recordOf(id: string): string {
  const event = {
    id: crypto.randomUUID(),
    event_type: 'order.tip_added',
    entity_type: 'order',
    entity_id: id,
    payload: { by: 1 },
    timestamp: '001763712000123.00000.9f3c2a10',
    schema_version: 1,
    user_id: null,
    idempotency_key: crypto.randomUUID(),
  };
  return JSON.stringify({ kind: 'new', event, did: true });
}

/** One change at a time, awaited. */
export async function saved(count: number): Promise<Samples> {
  const sync = makeClient(`saved-${crypto.randomUUID()}`);
  await sync.start();
  const database = await bareDatabase();
  const { entityId } = sync.orders.create({ table_number: 1 });
  const order = sync.orders.of(entityId);
  const [ours, bare]: [number[], number[]] = [[], []];
  for (let i = -20; i < count; i++) {
    const record = recordOf(entityId);
    const first = performance.now();
    await add(database, record);
    const second = performance.now();
    await order.addTip({ by: 1 });
    const third = performance.now();
    if (i < 0) continue; // warm-up
    bare.push(second - first);
    ours.push(third - second);
  }
  database.close();
  await sync.close();
  return { ours, bare };
}

/** Many changes at once: until all of them are saved. */
export async function burst(count: number): Promise<Samples> {
  const sync = makeClient(`burst-${crypto.randomUUID()}`);
  await sync.start();
  const database = await bareDatabase();
  const { entityId, saved: created } = sync.orders.create({ table_number: 1 });
  await created;
  const order = sync.orders.of(entityId);
  const [ours, bare]: [number[], number[]] = [[], []];
  for (let i = 0; i < 5; i++) {
    const records = Array.from({ length: count }, () => recordOf(entityId));
    const first = performance.now();
    await Promise.all(records.map((record) => add(database, record)));
    const second = performance.now();
    await Promise.all(Array.from({ length: count }, () => order.addTip({ by: 1 })));
    const third = performance.now();
    bare.push(second - first);
    ours.push(third - second);
  }
  database.close();
  await sync.close();
  return { ours, bare };
}

/** An order that nothing happened to yet, as a server tells it to somebody who sees all of it. */
function snapshotOf(id: string, at: number) {
  const time = timeOf(at);
  const order = { id, table_number: at, status: 'open', items: [], note: null, tip_cents: 0, guests: 1 };
  return {
    entity_type: 'order',
    entity_id: id,
    state: { ...order, margin_cents: null, created_at: time, updated_at: time },
    last_hlc: stampOf(at),
    last_event_id: crypto.randomUUID(),
    event_count: 1,
    schema_version: 1,
    seq: at + 1,
  };
}

/** A server that knows the orders of a log, and gives away in pages what happened to them since, up to `goal`. */
function feedOf(log: readonly Logged[], goal: () => number): Serve {
  const snapshots = log.slice(0, ORDERS).map(({ entity_id: id }, at) => snapshotOf(id, at));
  return (url) => {
    const server_time = Date.now();
    if (url.pathname.endsWith('/snapshots')) {
      return { snapshots, next: null, cursor: String(ORDERS), seq: ORDERS, server_time };
    }
    const from = Number(url.searchParams.get('since') ?? 0);
    if (!url.pathname.endsWith('/since') || from >= goal()) return null;
    const events = log.slice(from, Math.min(goal(), from + 1000));
    const seq = from + events.length;
    return { events, cursor: String(seq), seq, has_more: seq < goal(), server_time };
  };
}

/** How a store came to hold its events. */
export type Filling =
  /** All at once, and closed before anything was taken together: a journal and nothing else. */
  | 'fresh'
  /** Over some days: the leader took its snapshots, and dropped what they stand for. */
  | 'settled';

/** Fills a store with what a server sent; by how much the origin's storage grew, in bytes. */
export async function fill(user: string, total: number, filling: Filling): Promise<number> {
  const before = await navigator.storage.estimate();
  const log = eventLog(total);
  const stages = filling === 'fresh' ? 1 : 8;
  for (let stage = 1; stage <= stages; stage++) {
    const goal = ORDERS + Math.round((total * stage) / stages);
    const sync = makeClient(
      user,
      feedOf(log, () => goal),
    );
    await sync.start();
    while (!reached(sync, goal)) await pause(5);
    if (filling === 'settled') await pause(1500); // a leader takes its snapshots after a second
    await sync.close();
  }
  await pause(500);
  const after = await navigator.storage.estimate();
  return (after.usage ?? Number.NaN) - (before.usage ?? Number.NaN);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Whether the last of so many events is folded. */
function reached(sync: Sync, events: number): boolean {
  return sync.orders.list({ orderBy: '-updated_at', limit: 1 })[0]?.updated_at === timeOf(events - 1);
}

/** A browser that has just begun has other things to do, and starts its storage when that is first asked for. */
async function awake(): Promise<IDBDatabaseInfo[]> {
  await pause(1000);
  return indexedDB.databases();
}

/** Opens the store that {@link fill} made and lists all orders: milliseconds. */
export async function open(user: string): Promise<number> {
  await awake();
  const begin = performance.now();
  const sync = makeClient(user);
  await sync.start();
  const { length } = sync.orders.list();
  const end = performance.now();
  await sync.close();
  if (length !== ORDERS) throw new Error(`the store held ${length} orders`);
  return end - begin;
}

/** Reads the same records with nothing in between: milliseconds, and how many characters they are. */
export async function openBare(user: string): Promise<{ ms: number; journal: number; pages: number }> {
  const name =
    (await awake()).find(({ name }) => name?.startsWith('syncable') && name.endsWith(`:${user}`))?.name ?? '';
  const begin = performance.now();
  const request = indexedDB.open(name);
  await settled(request);
  const stores = ['journal', 'snapshots'];
  const transaction = request.result.transaction(stores);
  const requests = stores.map((store) => transaction.objectStore(store).getAll());
  await Promise.all(requests.map(settled));
  // A result is copied out of the browser when it is looked at.
  const [journal = 0, pages = 0] = requests.map(({ result }) =>
    result.reduce((sum: number, text: unknown) => sum + String(text).length, 0),
  );
  const ms = performance.now() - begin;
  request.result.close();
  return { ms, journal, pages };
}

/** A database of one row per event with two indexes, and a row per order. */
async function rowsDatabase(): Promise<IDBDatabase> {
  const request = indexedDB.open(`rows-${crypto.randomUUID()}`, 1);
  request.onupgradeneeded = () => {
    const events = request.result.createObjectStore('events', { keyPath: 'id' });
    events.createIndex('entity', ['entity_id', 'timestamp']);
    events.createIndex('seq', 'seq');
    const orders = request.result.createObjectStore('orders', { keyPath: 'id' });
    orders.createIndex('updated_at', 'updated_at');
  };
  await settled(request);
  return request.result;
}

function finished(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

/** A batch of local events: until all are saved, against rows in one transaction. */
export async function batch(count: number): Promise<Samples> {
  const sync = makeClient(`batch-${crypto.randomUUID()}`);
  await sync.start();
  const order = sync.orders.of(sync.orders.create({ table_number: 1 }).entityId);
  const database = await rowsDatabase();
  const rows = eventLog(count);
  const first = performance.now();
  const transaction = database.transaction('events', 'readwrite', { durability: 'relaxed' });
  for (const row of rows) transaction.objectStore('events').add(row);
  await finished(transaction);
  const between = performance.now();
  await pause(1000); // the browser goes on with its files for a while
  const second = performance.now();
  let last: PromiseLike<void> = Promise.resolve();
  for (let i = 0; i < count; i++) last = order.addTip({ by: 1 });
  await last;
  const third = performance.now();
  database.close();
  await sync.close();
  return { ours: [third - second], bare: [between - first] };
}

/** Events of the server: until all are folded, listed and saved; against rows and a projection, 100 events a transaction. */
export async function remote(count: number): Promise<Samples> {
  const log = eventLog(count);
  const database = await rowsDatabase();
  const first = performance.now();
  for (let at = ORDERS; at < log.length; at += 100) {
    const transaction = database.transaction(['events', 'orders'], 'readwrite', { durability: 'relaxed' });
    for (const row of log.slice(at, at + 100)) {
      transaction.objectStore('events').add(row);
      const { entity_id: id, timestamp } = row;
      const orders = transaction.objectStore('orders');
      const known = orders.get(id);
      known.onsuccess = () => orders.put({ ...known.result, id, updated_at: timestamp });
    }
    await finished(transaction);
  }
  const second = performance.now();
  const user = `remote-${crypto.randomUUID()}`;
  const sync = makeClient(
    user,
    feedOf(log, () => log.length),
  );
  await sync.start();
  while (!reached(sync, log.length)) await pause(0);
  await sync.close();
  const third = performance.now();
  database.close();
  return { ours: [third - second], bare: [second - first] };
}

/** The 100 latest of many orders after a change to one of them: ours, and by an index of bare IndexedDB. */
export async function list(count: number, rounds: number): Promise<Samples & { readonly first: number }> {
  const snapshots = Array.from({ length: count }, (_, at) => snapshotOf(crypto.randomUUID(), at));
  const user = `list-${crypto.randomUUID()}`;
  const serve: Serve = (url) =>
    url.pathname.endsWith('/snapshots')
      ? { snapshots, next: null, cursor: 'c', seq: count, server_time: Date.now() }
      : null;
  const filling = makeClient(user, serve);
  await filling.start();
  while (filling.orders.list().length < count) await pause(5);
  await pause(1500); // a leader writes its pages after a second
  await filling.close();
  const database = await rowsDatabase();
  const transaction = database.transaction('orders', 'readwrite');
  for (const { state } of snapshots) transaction.objectStore('orders').add(state);
  await finished(transaction);
  const sync = makeClient(user);
  await sync.start();
  const begin = performance.now();
  sync.orders.list({ orderBy: '-updated_at', limit: 100 });
  const first = performance.now() - begin;
  const [ours, bare]: [number[], number[]] = [[], []];
  for (let i = 0; i < rounds; i++) {
    const { entity_id: id } = snapshots[(i * 7919) % count] ?? { entity_id: '' };
    await sync.orders.of(id).addTip({ by: 1 });
    const one = performance.now();
    const [latest] = sync.orders.list({ orderBy: '-updated_at', limit: 100 });
    const two = performance.now();
    if (latest?.id !== id) throw new Error('the latest order is not at the top');
    const index = database.transaction('orders').objectStore('orders').index('updated_at');
    const rows = index.openCursor(null, 'prev');
    let left = 100;
    await new Promise<void>((resolve) => {
      rows.onsuccess = () => (rows.result !== null && --left > 0 ? rows.result.continue() : resolve());
    });
    bare.push(performance.now() - two);
    ours.push(two - one);
  }
  database.close();
  await sync.close();
  return { ours, bare, first };
}
