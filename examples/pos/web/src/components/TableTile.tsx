import type { ReactElement } from 'react';
import { count, elapsed, money } from '../format.js';
import { pieces, total } from '../orders.js';
import { orderHref, tableHref } from '../route.js';
import type { Order } from '../sync/index.js';
import './TableTile.css';

interface Props {
  readonly table: number;
  readonly orders: readonly Order[];
  readonly now: number;
}

/** A kitchen that takes longer than this wants a look. */
const LATE_MS = 25 * 60_000;

/** One table: free, taking an order, or waiting for the kitchen. */
export function TableTile({ table, orders, now }: Props): ReactElement {
  const [first] = orders;
  if (first === undefined) {
    return (
      <a className="tile" data-state="free" href={tableHref(table)} aria-label={`Table ${table}, free`}>
        <span className="tile-number">{table}</span>
        <span className="tile-state">Free</span>
      </a>
    );
  }
  const isOpen = orders.some(({ status }) => status === 'open');
  const since = Date.parse(first.created_at);
  const sum = money(orders.reduce((sum, order) => sum + total(order), 0));
  const items = count(
    orders.reduce((sum, order) => sum + pieces(order), 0),
    'item',
  );
  const state = isOpen ? 'Taking order' : 'In the kitchen';
  const time = elapsed(since, now);
  const isLate = !isOpen && now - since > LATE_MS;
  return (
    <a
      className="tile"
      data-state={isOpen ? 'open' : 'sent'}
      href={orderHref(first.id)}
      aria-label={`Table ${table}, ${state.toLowerCase()}, ${items}, ${sum}, ${time}${orders.length > 1 ? `, ${orders.length} orders` : ''}`}
    >
      <span className="tile-number">{table}</span>
      <span className="tile-time" data-late={isLate}>
        {time}
      </span>
      <span className="tile-state">
        {state}
        {orders.length > 1 && ` · ${orders.length} orders`}
      </span>
      <span className="tile-sum">{sum}</span>
      <span className="tile-items">{items}</span>
    </a>
  );
}
