/** Orders, as the restaurant thinks of them. */
import { useMemo } from 'react';
import { useOrders } from './sync/hooks/index.js';
import type { Order, OrderItem, OrderStatus } from './sync/index.js';

export const statusWords: Readonly<Record<OrderStatus, string>> = {
  open: 'Taking order',
  sent: 'In the kitchen',
  paid: 'Paid',
  cancelled: 'Cancelled',
};

export function lineTotal({ quantity, price_cents }: OrderItem): number {
  return quantity * price_cents;
}

export function subtotal({ items }: Order): number {
  return items.reduce((sum, item) => sum + lineTotal(item), 0);
}

export function total(order: Order): number {
  return subtotal(order) + order.tip_cents;
}

/** How many dishes and drinks, not lines. */
export function pieces({ items }: Order): number {
  return items.reduce((sum, { quantity }) => sum + quantity, 0);
}

/** Whether things may still be ordered. */
export function isActive({ status }: Order): boolean {
  return status === 'open' || status === 'sent';
}

/**
 * The orders that are under way, by table. Two waiters without a network may both have opened the same one, so there may be several: the
 * oldest first.
 */
export function useActiveOrders(): {
  readonly byTable: ReadonlyMap<number, readonly Order[]>;
  readonly isLoading: boolean;
} {
  const open = useOrders({ where: { status: 'open' }, orderBy: 'created_at' });
  const sent = useOrders({ where: { status: 'sent' }, orderBy: 'created_at' });
  const byTable = useMemo(() => {
    const tables = new Map<number, Order[]>();
    for (const order of [...sent.data, ...open.data]) {
      const orders = tables.get(order.table_number);
      if (orders === undefined) tables.set(order.table_number, [order]);
      else orders.push(order);
    }
    for (const orders of tables.values()) orders.sort((a, b) => (a.created_at < b.created_at ? -1 : 1));
    return tables;
  }, [open.data, sent.data]);
  return { byTable, isLoading: open.isLoading && sent.isLoading };
}
