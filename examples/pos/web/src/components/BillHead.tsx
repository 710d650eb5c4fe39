import { type ReactElement, useState } from 'react';
import { useOrderActions } from '../actions.js';
import { allTables } from '../data/floor.js';
import { elapsed, when } from '../format.js';
import { isActive, statusWords } from '../orders.js';
import { useFloorTables } from '../sync/hooks/index.js';
import type { Order } from '../sync/index.js';
import { History } from './History.js';
import './BillHead.css';

/** Which table, where it stands, and since when. */
export function BillHead({ order, now }: { readonly order: Order; readonly now: number }): ReactElement {
  const [history, setHistory] = useState(false);
  const active = isActive(order);
  const created = Date.parse(order.created_at);
  return (
    <header className="bill-head">
      <div className="bill-title">
        <h1>Table {order.table_number}</h1>
        <span className="pill" data-status={order.status}>
          {statusWords[order.status]}
        </span>
        <span className="bill-since">
          Since {when(created, now)}
          {active && ` · ${elapsed(created, now)}`}
        </span>
      </div>
      {active && <MoveTable order={order} />}
      <button type="button" className="button" onClick={() => setHistory(true)}>
        History
      </button>
      {history && <History order={order} onClose={() => setHistory(false)} />}
    </header>
  );
}

function MoveTable({ order }: { readonly order: Order }): ReactElement {
  const actions = useOrderActions(order);
  const { data: plan } = useFloorTables();
  const tables = [...new Set([...allTables, ...plan.map(({ number }) => number)])].sort((a, b) => a - b);
  return (
    <select
      className="button bill-move"
      aria-label="Move to another table"
      value=""
      onChange={(event) => actions.move(Number(event.target.value))}
    >
      <option value="" disabled>
        Move
      </option>
      {tables
        .filter((table) => table !== order.table_number)
        .map((table) => (
          <option key={table} value={table}>
            Table {table}
          </option>
        ))}
    </select>
  );
}
