/** From a change to the DOM, in React: ours, durable, against TanStack DB in memory and Dexie's live queries. */
import { createCollection, eq, localOnlyCollectionOptions, useLiveQuery } from '@tanstack/react-db';
import { Dexie, type Table } from 'dexie';
import { useLiveQuery as useDexieQuery } from 'dexie-react-hooks';
import type { ReactElement } from 'react';
import { SyncProvider, useOrder, useOrders } from '../../web/src/sync/hooks/index.js';
import { makeClient } from './store.js';
import { Line, Lines, mount, pause, type Row, untilShown, type View } from './view.js';

export interface ScreenSamples {
  readonly ours: readonly number[];
  readonly tanstack: readonly number[];
  readonly dexie: readonly number[];
}

function OurDetail({ id }: { readonly id: string }): ReactElement {
  const { data } = useOrder(id);
  return <ul>{data === undefined ? null : <Line row={data} />}</ul>;
}

function OurList(): ReactElement {
  const { data } = useOrders({ orderBy: 'table_number' });
  return <Lines rows={data} />;
}

/** A row that may be changed in place. */
type Draft = { -readonly [Key in keyof Row]: Row[Key] };

const collection = createCollection(localOnlyCollectionOptions<Draft, string>({ getKey: ({ id }) => id }));

function TheirDetail({ id }: { readonly id: string }): ReactElement {
  const { data } = useLiveQuery((query) => query.from({ row: collection }).where(({ row }) => eq(row.id, id)), [id]);
  return <Lines rows={data} />;
}

function TheirList(): ReactElement {
  const { data } = useLiveQuery((query) => query.from({ row: collection }).orderBy(({ row }) => row.table_number));
  return <Lines rows={data} />;
}

const dexie = new Dexie(`dexie-${crypto.randomUUID()}`);
dexie.version(1).stores({ rows: 'id, table_number' });
const table: Table<Draft, string> = dexie.table('rows');

function DexieDetail({ id }: { readonly id: string }): ReactElement {
  const row = useDexieQuery(() => table.get(id), [id]);
  return <ul>{row === undefined ? null : <Line row={row} />}</ul>;
}

function DexieList(): ReactElement {
  return <Lines rows={useDexieQuery(() => table.orderBy('table_number').toArray()) ?? []} />;
}

/** One entity on the screen, or 100; a change to one of them at a time, ours and theirs in turns. */
export async function toDom(view: View, count: number): Promise<ScreenSamples> {
  const sync = makeClient(`screen-${crypto.randomUUID()}`);
  await sync.start();
  const ids: string[] = [];
  for (let number = 0; number < 100; number++) {
    const { entityId } = sync.orders.create({ table_number: number });
    ids.push(entityId);
    const row: Row = { id: entityId, table_number: number, status: 'open', tip_cents: 0 };
    collection.insert(row);
    await table.add({ ...row });
  }
  const first = ids[0] ?? '';
  const ours = mount(
    <SyncProvider sync={sync}>{view === 'list' ? <OurList /> : <OurDetail id={first} />}</SyncProvider>,
  );
  const theirs = mount(view === 'list' ? <TheirList /> : <TheirDetail id={first} />);
  const dexies = mount(view === 'list' ? <DexieList /> : <DexieDetail id={first} />);
  const rows = view === 'list' ? 100 : 1;
  while ([ours, theirs, dexies].some((root) => root.querySelectorAll('li').length !== rows)) await pause(10);
  const samples: { ours: number[]; tanstack: number[]; dexie: number[] } = { ours: [], tanstack: [], dexie: [] };
  for (let i = -30; i < count; i++) {
    const id = (view === 'list' ? ids[(i + 30) % ids.length] : first) ?? first;
    const order = sync.orders.of(id);
    const our = await untilShown(ours, () => order.addTip({ by: 1 }));
    await pause(4); // what was begun ends: the write, effects
    const their = await untilShown(theirs, () =>
      collection.update(id, (row) => {
        row.tip_cents += 1;
      }),
    );
    await pause(4);
    const third = await untilShown(dexies, () =>
      table.update(id, (row) => {
        row.tip_cents += 1;
      }),
    );
    await pause(4);
    if (i < 0) continue; // warm-up
    samples.dexie.push(third);
    samples.ours.push(our);
    samples.tanstack.push(their);
  }
  await sync.close();
  await dexie.delete();
  return samples;
}
