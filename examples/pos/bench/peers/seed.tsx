/** The design that this project was given to begin with, on PGlite: a row per event, and a state made anew from them for each change. */
import { PGlite } from '@electric-sql/pglite';
import { type ReactElement, useEffect, useState } from 'react';
import { eventLog, type Logged } from '../page/log.js';
import { Line, mount, pause, type Row, untilShown } from '../page/view.js';
import type {} from './window.js';

/** In the browser's IndexedDB, and each statement awaited until it is there. */
async function open(name: string): Promise<PGlite> {
  const database = await PGlite.create(`idb://${name}`);
  await database.exec(`CREATE TABLE IF NOT EXISTS events (
      id uuid PRIMARY KEY, entity_id uuid NOT NULL, event_type text NOT NULL, payload jsonb NOT NULL, hlc text NOT NULL, synced boolean NOT NULL);
    CREATE INDEX IF NOT EXISTS by_entity ON events (entity_id, hlc);
    CREATE INDEX IF NOT EXISTS by_synced ON events (synced, hlc)`);
  return database;
}

const insert = `INSERT INTO events (id, entity_id, event_type, payload, hlc, synced)
  SELECT id, entity_id, event_type, payload, "timestamp", true
  FROM json_to_recordset($1) AS e(id uuid, entity_id uuid, event_type text, payload jsonb, "timestamp" text)
  ON CONFLICT (id) DO NOTHING`;

async function materialize(database: PGlite, id: string): Promise<Row | null> {
  const { rows } = await database.query<Pick<Logged, 'event_type' | 'payload'>>(
    'SELECT event_type, payload FROM events WHERE entity_id = $1 ORDER BY hlc',
    [id],
  );
  return rows.reduce<Row | null>((order, { event_type, payload }) => {
    if (event_type === 'order.created') {
      return { id, table_number: payload.table_number ?? 0, status: 'open', tip_cents: 0 };
    }
    if (order === null || event_type !== 'order.tip_added') return order;
    return Object.assign(order, { tip_cents: order.tip_cents + (payload.by ?? 0) });
  }, null);
}

/** A change on its way to the database, and then to the screen. */
let changed: () => Promise<void> = async () => {};

function Detail({ database, id }: { readonly database: PGlite; readonly id: string }): ReactElement {
  const [order, setOrder] = useState<Row | null>(null);
  useEffect(() => {
    changed = async () => setOrder(await materialize(database, id));
    void changed();
  }, [database, id]);
  return <ul>{order === null ? null : <Line row={order} />}</ul>;
}

const event = (entity_id: string, event_type: string, payload: object, at: number): object => ({
  id: crypto.randomUUID(),
  entity_id,
  event_type,
  payload,
  timestamp: `${String(at).padStart(15, '0')}.00000.9f3c2a10`,
});

/** From a change to the DOM, one order: milliseconds. */
async function toDom(count: number): Promise<readonly number[]> {
  const database = await open(`seed-${crypto.randomUUID()}`);
  const id = crypto.randomUUID();
  await database.query(insert, [JSON.stringify([event(id, 'order.created', { table_number: 1 }, 0)])]);
  const root = mount(<Detail database={database} id={id} />);
  while (root.querySelectorAll('li').length !== 1) await pause(10);
  const samples: number[] = [];
  for (let i = 0; i < count + 5; i++) {
    const text = JSON.stringify([event(id, 'order.tip_added', { by: 1 }, i + 1)]);
    const ms = await untilShown(root, async () => {
      await database.query(insert, [text]);
      await changed();
    });
    await pause(4);
    if (i >= 5) samples.push(ms); // warm-up before
  }
  await database.close();
  return samples;
}

/** Events of the server, a hundred at a time, and the state of each entity that they touch: milliseconds for all. */
async function remote(count: number): Promise<number> {
  const database = await open(`seed-${crypto.randomUUID()}`);
  const log = eventLog(count).slice(-count);
  const begin = performance.now();
  for (let at = 0; at < log.length; at += 100) {
    const page = log.slice(at, at + 100);
    await database.query(insert, [JSON.stringify(page)]);
    for (const id of new Set(page.map(({ entity_id }) => entity_id))) await materialize(database, id);
  }
  const ms = performance.now() - begin;
  await database.close();
  return ms;
}

const seed: Window['seed'] = { toDom, remote };

Object.assign(window, { seed });
