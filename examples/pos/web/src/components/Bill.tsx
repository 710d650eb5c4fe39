import type { ReactElement } from 'react';
import { money } from '../format.js';
import { isActive, subtotal, total } from '../orders.js';
import { useSession } from '../session.js';
import type { Order } from '../sync/index.js';
import { BillActions } from './BillActions.js';
import { BillLine } from './BillLine.js';
import { NoteField } from './NoteField.js';
import { TipButtons, TipSum } from './Tip.js';
import './Bill.css';

/** What was ordered and what it comes to. */
export function Bill({ order }: { readonly order: Order }): ReactElement {
  const { session } = useSession();
  const active = isActive(order);
  return (
    <>
      <div className="bill-scroll">
        {order.items.length === 0 ? (
          <div className="empty bill-empty">
            <strong>Nothing on this order</strong>
            {active && <p>Tap a dish to add it.</p>}
          </div>
        ) : (
          <ul className="bill-lines">
            {order.items.map((item) => (
              <BillLine key={item.id} order={order} item={item} />
            ))}
          </ul>
        )}
        <NoteField order={order} />
      </div>
      <footer className="bill-foot">
        {active && <TipButtons order={order} />}
        {order.tip_cents !== 0 && (
          <p className="bill-sum">
            <span>Food and drinks</span>
            <span>{money(subtotal(order))}</span>
          </p>
        )}
        <TipSum order={order} />
        {session.role === 'owner' && order.margin_cents != null && (
          <p className="bill-sum">
            <span>Margin</span>
            <span>{money(order.margin_cents)}</span>
          </p>
        )}
        <p className="bill-total">
          <span>Total</span>
          <output>{money(total(order))}</output>
        </p>
        <BillActions order={order} />
      </footer>
    </>
  );
}
