import type { ReactElement } from 'react';
import { useOrderActions } from '../actions.js';
import { money } from '../format.js';
import { isActive, lineTotal } from '../orders.js';
import type { Order, OrderItem } from '../sync/index.js';
import './BillLine.css';

/** One line of an order. */
export function BillLine({ order, item }: { readonly order: Order; readonly item: OrderItem }): ReactElement {
  const { name, quantity, price_cents } = item;
  const active = isActive(order);
  return (
    <li className="line" aria-label={`${quantity} × ${name}`}>
      {active ? <Stepper order={order} item={item} /> : <span className="line-quantity">{quantity} ×</span>}
      <span className="line-name">
        {name}
        {quantity > 1 && <span className="line-each">at {money(price_cents)}</span>}
      </span>
      <span className="line-price">{money(lineTotal(item))}</span>
      {active && <Remove order={order} item={item} />}
    </li>
  );
}

interface ToolProps {
  readonly order: Order;
  readonly item: OrderItem;
}

function Stepper({ order, item }: ToolProps): ReactElement {
  const { setQuantity } = useOrderActions(order);
  const { name, quantity } = item;
  return (
    <span className="line-stepper">
      <button
        type="button"
        className="step"
        onClick={() => setQuantity(item, quantity - 1)}
        disabled={quantity <= 1}
        aria-label={`One ${name} less`}
      >
        −
      </button>
      <span className="line-quantity">{quantity}</span>
      <button
        type="button"
        className="step"
        onClick={() => setQuantity(item, quantity + 1)}
        aria-label={`One ${name} more`}
      >
        +
      </button>
    </span>
  );
}

function Remove({ order, item }: ToolProps): ReactElement {
  const { remove } = useOrderActions(order);
  return (
    <button type="button" className="line-remove" onClick={() => remove(item)} aria-label={`Remove ${item.name}`}>
      ✕
    </button>
  );
}
