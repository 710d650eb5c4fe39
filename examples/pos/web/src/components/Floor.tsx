import { type ReactElement, useMemo } from 'react';
import { type Area, allTables, areas } from '../data/floor.js';
import { count, money } from '../format.js';
import { total, useActiveOrders } from '../orders.js';
import type { Order } from '../sync/index.js';
import { useNow } from '../useNow.js';
import { TableTile } from './TableTile.js';
import './Floor.css';

const none: readonly Order[] = [];

/** All tables at a glance. */
export function Floor(): ReactElement {
  const { byTable, isLoading } = useActiveOrders();
  const now = useNow();
  const shown = useMemo(() => withUnknownTables(byTable), [byTable]);
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

/** Somebody may have opened a table that is not on this plan: it must not be out of sight. */
function withUnknownTables(byTable: ReadonlyMap<number, readonly Order[]>): readonly Area[] {
  const tables = [...byTable.keys()].filter((table) => !allTables.includes(table)).sort((a, b) => a - b);
  return tables.length === 0 ? areas : [...areas, { name: 'Elsewhere', tables }];
}
