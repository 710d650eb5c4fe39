import { type ReactElement, useMemo, useState } from 'react';
import { useOpenTable, useOrderActions } from '../actions.js';
import type { Dish } from '../data/menu.js';
import { count, money } from '../format.js';
import { isActive, pieces, total, useActiveOrders } from '../orders.js';
import { floorHref, orderHref, replaceRoute } from '../route.js';
import { useOrder } from '../sync/hooks/index.js';
import type { Order } from '../sync/index.js';
import { useNow } from '../useNow.js';
import { Bill } from './Bill.js';
import { BillHead } from './BillHead.js';
import { MenuPane } from './MenuPane.js';
import './OrderPage.css';

type Pane = 'menu' | 'bill';

/** A table where nothing was ordered yet: the first dish opens it. */
export function NewOrderPage({ table }: { readonly table: number }): ReactElement {
  const open = useOpenTable();
  const { byTable } = useActiveOrders();
  const others = byTable.get(table) ?? [];
  const pick = (dish: Dish): void => {
    const id = open(table, dish);
    if (id !== null) replaceRoute(orderHref(id));
  };
  return (
    <div className="order" data-pane="new">
      <MenuPane counts={noCounts} onPick={pick} />
      <section className="bill" aria-label={`Table ${table}`}>
        <header className="bill-head">
          <div className="bill-title">
            <h1>Table {table}</h1>
            <span className="pill">Free</span>
          </div>
        </header>
        <Siblings orders={others} />
        <div className="empty">
          <strong>Nothing ordered yet</strong>
          <p>Tap a dish to open the table.</p>
        </div>
      </section>
    </div>
  );
}

const noCounts: ReadonlyMap<string, number> = new Map();

/** An order: the menu beside its bill, or one of the two where there is no room for both. */
export function OrderPage({ id }: { readonly id: string }): ReactElement {
  const { data: order, isLoading } = useOrder(id);
  if (order === undefined) return isLoading ? <Waiting /> : <Gone />;
  return <OrderView order={order} />;
}

function OrderView({ order }: { readonly order: Order }): ReactElement {
  const { add } = useOrderActions(order);
  const { byTable } = useActiveOrders();
  const now = useNow();
  const [pane, setPane] = useState<Pane>('menu');
  const active = isActive(order);
  const counts = useMemo(() => {
    const sums = new Map<string, number>();
    for (const { name, quantity } of order.items) sums.set(name, (sums.get(name) ?? 0) + quantity);
    return sums;
  }, [order.items]);
  const siblings = (byTable.get(order.table_number) ?? []).filter(({ id }) => id !== order.id);
  return (
    <div className="order" data-pane={active ? pane : 'bill'} data-closed={!active}>
      {active && <MenuPane counts={counts} onPick={add} />}
      <section className="bill" aria-label={`Order of table ${order.table_number}`}>
        <BillHead order={order} now={now} />
        {active && <Siblings orders={siblings} />}
        <Bill order={order} />
      </section>
      {active && (
        <div className="order-switch">
          <button type="button" aria-pressed={pane === 'menu'} onClick={() => setPane('menu')}>
            Menu
          </button>
          <button type="button" aria-pressed={pane === 'bill'} onClick={() => setPane('bill')}>
            Table {order.table_number} · {count(pieces(order), 'item')} · {money(total(order))}
          </button>
        </div>
      )}
    </div>
  );
}

/** Two waiters may have opened a table without knowing of each other: neither order may be out of sight. */
function Siblings({ orders }: { readonly orders: readonly Order[] }): ReactElement | null {
  if (orders.length === 0) return null;
  return (
    <nav className="bill-siblings" aria-label="Other orders at this table">
      Also at this table:
      {orders.map((order) => (
        <a key={order.id} href={orderHref(order.id)}>
          {count(pieces(order), 'item')}, {money(total(order))}
        </a>
      ))}
    </nav>
  );
}

function Waiting(): ReactElement {
  return (
    <div className="empty" aria-busy="true">
      <p>Fetching the order…</p>
    </div>
  );
}

function Gone(): ReactElement {
  return (
    <div className="empty">
      <strong>This order is not here</strong>
      <p>It was removed, or was never accepted.</p>
      <a className="button" href={floorHref}>
        Back to the tables
      </a>
    </div>
  );
}
