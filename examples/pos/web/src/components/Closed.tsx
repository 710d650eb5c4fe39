import { type ReactElement, useMemo } from 'react';
import { count, money, when } from '../format.js';
import { pieces, statusWords, total } from '../orders.js';
import { orderHref } from '../route.js';
import { useOrders } from '../sync/hooks/index.js';
import type { Order } from '../sync/index.js';
import { useNow } from '../useNow.js';
import './Closed.css';

const SHOWN = 100;

/** Orders that are done, the newest first. */
export function Closed(): ReactElement {
  const paid = useOrders({ where: { status: 'paid' }, orderBy: '-updated_at', limit: SHOWN });
  const cancelled = useOrders({ where: { status: 'cancelled' }, orderBy: '-updated_at', limit: SHOWN });
  const now = useNow(60_000);
  const orders = useMemo(
    () => [...paid.data, ...cancelled.data].sort((a, b) => (a.updated_at > b.updated_at ? -1 : 1)).slice(0, SHOWN),
    [paid.data, cancelled.data],
  );
  const isLoading = paid.isLoading && cancelled.isLoading;
  if (orders.length === 0) {
    return (
      <div className="empty" aria-busy={isLoading}>
        {isLoading ? <p>Fetching the orders…</p> : <strong>No order was closed yet</strong>}
      </div>
    );
  }
  const taken = paid.data.reduce((sum, order) => sum + total(order), 0);
  return (
    <div className="closed">
      <p className="closed-summary">
        <strong>{count(paid.data.length, 'order')}</strong> paid · <strong>{money(taken)}</strong> taken
      </p>
      <ul>
        {orders.map((order) => (
          <li key={order.id}>
            <ClosedOrder order={order} now={now} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function ClosedOrder({ order, now }: { readonly order: Order; readonly now: number }): ReactElement {
  return (
    <a className="closed-order" href={orderHref(order.id)}>
      <strong>Table {order.table_number}</strong>
      <span className="pill" data-status={order.status}>
        {statusWords[order.status]}
      </span>
      <span className="closed-soft">{count(pieces(order), 'item')}</span>
      <span className="closed-soft">{when(Date.parse(order.updated_at), now)}</span>
      <strong>{money(total(order))}</strong>
    </a>
  );
}
