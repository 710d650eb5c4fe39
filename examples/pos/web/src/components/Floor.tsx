import { type ReactElement, useMemo } from 'react';
import { type Area, areas } from '../data/floor.js';
import { count, money } from '../format.js';
import { total, useActiveOrders } from '../orders.js';
import { useFloorTables } from '../sync/hooks/index.js';
import type { FloorTable, Order } from '../sync/index.js';
import { useNow } from '../useNow.js';
import { TableTile } from './TableTile.js';
import './Floor.css';

const none: readonly Order[] = [];

/** All tables at a glance. */
export function Floor(): ReactElement {
  const { byTable, isLoading } = useActiveOrders();
  const { data: plan } = useFloorTables({ orderBy: 'number' });
  const now = useNow();
  const shown = useMemo(() => withUnknownTables(withPlan(plan), byTable), [plan, byTable]);
  return (
    <div className="floor" aria-busy={isLoading}>
      <Summary byTable={byTable} isLoading={isLoading} />
      {shown.map(({ name, tables }) => (
        <section key={name} className="floor-area" aria-label={name}>
          <h2>{name}</h2>
          <ul>
            {tables.map((table) => (
              <li key={table}>
                <TableTile table={table} orders={byTable.get(table) ?? none} now={now} />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function Summary({ byTable, isLoading }: ReturnType<typeof useActiveOrders>): ReactElement {
  const orders = [...byTable.values()].flat();
  const kitchen = orders.filter(({ status }) => status === 'sent').length;
  const sum = orders.reduce((sum, order) => sum + total(order), 0);
  if (isLoading) return <p className="floor-summary">Fetching the orders…</p>;
  return (
    <p className="floor-summary">
      {orders.length === 0 ? (
        'All tables are free. Tap one to take an order.'
      ) : (
        <>
          <strong>{count(byTable.size, 'table')}</strong> taken · <strong>{kitchen}</strong> in the kitchen ·{' '}
          <strong>{money(sum)}</strong> to be paid
        </>
      )}
    </p>
  );
}

/** The tables as they were painted, and those of the floor plan in its rooms. */
function withPlan(plan: readonly FloorTable[]): readonly Area[] {
  const planned = new Set(plan.map(({ number }) => number));
  const rooms = new Map(areas.map(({ name, tables }) => [name, tables.filter((table) => !planned.has(table))]));
  for (const { room, number } of plan) rooms.set(room, [...(rooms.get(room) ?? []), number]);
  return [...rooms].filter(([, tables]) => tables.length > 0).map(([name, tables]) => ({ name, tables }));
}

/** Somebody may have opened a table that is on no plan: it must not be out of sight. */
function withUnknownTables(shown: readonly Area[], byTable: ReadonlyMap<number, readonly Order[]>): readonly Area[] {
  const known = new Set(shown.flatMap(({ tables }) => tables));
  const tables = [...byTable.keys()].filter((table) => !known.has(table)).sort((a, b) => a - b);
  return tables.length === 0 ? shown : [...shown, { name: 'Elsewhere', tables }];
}
