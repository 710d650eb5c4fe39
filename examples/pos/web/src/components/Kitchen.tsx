import type { ReactElement } from 'react';
import { count, elapsed } from '../format.js';
import { pieces } from '../orders.js';
import { type Plated, usePlated } from '../plated.js';
import { useOrders } from '../sync/hooks/index.js';
import type { Order } from '../sync/index.js';
import { useNow } from '../useNow.js';
import './Kitchen.css';

/** A ticket that hangs longer than this is late. */
const LATE_MS = 25 * 60_000;

/** What was sent and is not paid, the oldest first: to be read from across a kitchen. */
export function Kitchen(): ReactElement {
  const { data: orders, isLoading } = useOrders({ where: { status: 'sent' }, orderBy: 'created_at' });
  const plated = usePlated();
  const now = useNow();
  const isReady = (order: Order): boolean => order.items.every(plated.has);
  const waiting = orders.filter((order) => !isReady(order));
  const ready = orders.filter(isReady);
  if (orders.length === 0) {
    return (
      <div className="empty" aria-busy={isLoading}>
        <strong>{isLoading ? 'Fetching the tickets…' : 'Nothing to cook'}</strong>
        {!isLoading && <p>Orders appear here as soon as they are sent to the kitchen.</p>}
      </div>
    );
  }
  return (
    <div className="kitchen">
      <p className="kitchen-summary">
        <strong>{count(waiting.length, 'ticket')}</strong> to cook ·{' '}
        <strong>
          {count(
            waiting.reduce((sum, order) => sum + left(order, plated), 0),
            'plate',
          )}
        </strong>{' '}
        left
        {ready.length > 0 && (
          <>
            {' · '}
            <strong>{ready.length}</strong> ready
          </>
        )}
      </p>
      <ul className="tickets">
        {[...waiting, ...ready].map((order) => (
          <li key={order.id}>
            <Ticket order={order} plated={plated} ready={isReady(order)} now={now} />
          </li>
        ))}
      </ul>
    </div>
  );
}

interface Props {
  readonly order: Order;
  readonly plated: Plated;
  readonly ready: boolean;
  readonly now: number;
}

function Ticket({ order, plated, ready, now }: Props): ReactElement {
  const since = Date.parse(order.created_at);
  const late = !ready && now - since > LATE_MS;
  return (
    <article
      className="ticket"
      aria-label={`Ticket of table ${order.table_number}`}
      data-ready={ready}
      data-late={late}
    >
      <header className="ticket-head">
        <h2>Table {order.table_number}</h2>
        <span className="ticket-time">{ready ? 'Ready' : elapsed(since, now)}</span>
      </header>
      {order.note !== null && order.note !== undefined && <p className="ticket-note">{order.note}</p>}
      <ul className="ticket-lines">
        {order.items.map((item) => (
          <li key={item.id}>
            <button
              type="button"
              className="ticket-line"
              aria-pressed={plated.has(item)}
              onClick={() => plated.toggle(item)}
            >
              <span className="ticket-quantity">{item.quantity}</span>
              <span className="ticket-name">{item.name}</span>
              <span className="ticket-tick" aria-hidden="true">
                ✓
              </span>
            </button>
          </li>
        ))}
      </ul>
      <button type="button" className="button ticket-all" onClick={() => plated.toggleAll(order)}>
        {ready ? 'Not ready after all' : `All ${pieces(order)} plated`}
      </button>
    </article>
  );
}

function left(order: Order, plated: Plated): number {
  return order.items.filter((item) => !plated.has(item)).reduce((sum, { quantity }) => sum + quantity, 0);
}
