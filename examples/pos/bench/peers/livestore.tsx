/** The same screen and the same log in LiveStore, as its documentation has it: OPFS, a worker and a shared worker. */
import { makePersistedAdapter } from '@livestore/adapter-web';
import { createStorePromise, queryDb, type Store } from '@livestore/livestore';
import { type ReactApi, withReactApi } from '@livestore/react';
import type { ReactElement } from 'react';
import { unstable_batchedUpdates as batchUpdates } from 'react-dom';
import { eventLog } from '../page/log.js';
import { Line, Lines, mount, pause, untilShown, type View } from '../page/view.js';
import { events, schema, tables } from './schema.js';
import type {} from './window.js';

type Orders = Store<typeof schema> & ReactApi;

async function open(storeId: string): Promise<Orders> {
  const adapter = makePersistedAdapter({
    storage: { type: 'opfs' },
    worker: ({ name }) => new Worker('/livestore.worker.js', { type: 'module', name }),
    sharedWorker: ({ name }) => new SharedWorker('/livestore.shared.js', { type: 'module', name }),
  });
  return withReactApi(await createStorePromise({ schema, adapter, storeId, batchUpdates, disableDevtools: true }));
}

const all = queryDb(tables.orders.orderBy('table_number', 'asc'), { label: 'all' });

function Detail({ store, id }: { readonly store: Orders; readonly id: string }): ReactElement {
  const rows = store.useQuery(queryDb(tables.orders.where({ id }), { deps: [id], label: 'one' }));
  return <ul>{rows[0] === undefined ? null : <Line row={rows[0]} />}</ul>;
}

function List({ store }: { readonly store: Orders }): ReactElement {
  return <Lines rows={store.useQuery(all)} />;
}

/** From a change to the DOM: milliseconds. */
async function toDom(view: View, count: number): Promise<readonly number[]> {
  const store = await open(`screen-${crypto.randomUUID()}`);
  const ids = Array.from({ length: 100 }, () => crypto.randomUUID());
  for (const [table_number, id] of ids.entries()) store.commit(events.created({ id, table_number }));
  const first = ids[0] ?? '';
  const root = mount(view === 'list' ? <List store={store} /> : <Detail store={store} id={first} />);
  while (root.querySelectorAll('li').length !== (view === 'list' ? 100 : 1)) await pause(10);
  const samples: number[] = [];
  for (let i = -30; i < count; i++) {
    const id = (view === 'list' ? ids[(i + 30) % ids.length] : first) ?? first;
    const ms = await untilShown(root, () => store.commit(events.tipAdded({ id, by: 1 })));
    await pause(4);
    if (i >= 0) samples.push(ms); // warm-up before
  }
  await store.shutdownPromise();
  return samples;
}

/** Fills a store with the benchmark's log, and waits until its worker has all of it. */
async function fill(storeId: string, total: number): Promise<void> {
  const store = await open(storeId);
  const own = eventLog(total).map(({ event_type, entity_id: id, payload }) => {
    if (event_type === 'order.created') return events.created({ id, table_number: payload.table_number ?? 0 });
    if (event_type === 'order.tip_added') return events.tipAdded({ id, by: payload.by ?? 0 });
    if (event_type === 'order.note_changed') return events.noteChanged({ id, note: payload.note ?? '' });
    const item = payload.item ?? { id: '', name: '', price_cents: 0 };
    return events.itemAdded({ ...item, order_id: id });
  });
  for (let at = 0; at < own.length; at += 100) {
    store.commit(...own.slice(at, at + 100));
    await pause(0);
  }
  while (store.syncStatus().pendingCount > 0) await pause(50);
  await pause(3000); // its worker writes in the background, and says nothing when it is done
  await store.shutdownPromise();
}

/** Opens what {@link fill} made and lists all orders: milliseconds. */
async function reopen(storeId: string): Promise<number> {
  await pause(1000); // a browser that has just begun has other things to do
  const begin = performance.now();
  const store = await open(storeId);
  const { length } = store.query(all);
  const ms = performance.now() - begin;
  await store.shutdownPromise();
  if (length !== 100) throw new Error(`the store held ${length} orders`);
  return ms;
}

const livestore: Window['livestore'] = { toDom, fill, reopen };

Object.assign(window, { livestore });
