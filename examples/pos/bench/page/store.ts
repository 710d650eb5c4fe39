/** What a change costs until it is on the disk, and what opening costs: against bare IndexedDB with the same records. */
import { createSync, type Order, type Sync } from '../../web/src/sync/index.js';

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

const ORDERS = 100;

/** Fills a store with what a server sent over time: `total` events of 100 orders, with the snapshots that fall due. */
export async function fill(user: string, total: number): Promise<void> {
  const ids = Array.from({ length: ORDERS }, () => crypto.randomUUID());
  const stages = 8;
  let sent = 0;
  const page = (size: number): unknown => {
    const events = Array.from({ length: size }, () => {
      const at = sent++;
      const created = at < ORDERS;
      const id = crypto.randomUUID();
      return {
        id,
        event_type: created ? 'order.created' : 'order.item_added',
        entity_type: 'order',
        entity_id: ids[at % ORDERS],
        payload: created
          ? { table_number: at }
          : { item: { id: crypto.randomUUID(), name: `Dish ${at % 40}`, price_cents: 1250 } },
        timestamp: `${String(1_763_712_000_000 + at).padStart(15, '0')}.00000.9f3c2a10`,
        schema_version: 1,
        user_id: 'other',
        idempotency_key: id,
        seq: at + 1,
      };
    });
    return { events, cursor: String(sent), seq: sent, has_more: false, server_time: Date.now() };
  };
  for (let stage = 1; stage <= stages; stage++) {
    const goal = Math.round((total * stage) / stages);
    const sync = makeClient(user, (url) => {
      if (url.pathname.endsWith('/snapshots')) {
        return { snapshots: [], next: null, cursor: '0', seq: 0, server_time: Date.now() };
      }
      if (url.pathname.endsWith('/since') && sent < goal) return page(goal - sent);
      return null;
    });
    await sync.start();
    while (sent < goal) await new Promise((resolve) => setTimeout(resolve, 20));
    await new Promise((resolve) => setTimeout(resolve, 1500)); // a leader takes its snapshots after a second
    await sync.close();
  }
}

/** Opens the store that {@link fill} made, then reads the same records with nothing in between. */
export async function open(user: string, oursFirst: boolean): Promise<{ ours: number; bare: number; orders: number }> {
  const name = (await indexedDB.databases()).find((one) => one.name?.endsWith(`:${user}`))?.name ?? '';
  let orders: readonly Order[] = [];
  const ours = async (): Promise<number> => {
    const begin = performance.now();
    const sync = makeClient(user);
    await sync.start();
    orders = sync.orders.list();
    const end = performance.now();
    await sync.close();
    return end - begin;
  };
  const bare = async (): Promise<number> => {
    const begin = performance.now();
    const request = indexedDB.open(name);
    await settled(request);
    const stores = [...request.result.objectStoreNames];
    const transaction = request.result.transaction(stores);
    await Promise.all(stores.map((store) => settled(transaction.objectStore(store).getAll())));
    const end = performance.now();
    request.result.close();
    return end - begin;
  };
  const [first, second] = oursFirst ? [await ours(), await bare()] : [await bare(), await ours()];
  return { ours: oursFirst ? first : second, bare: oursFirst ? second : first, orders: orders.length };
}
