/**
 * The hooks of `order` by hand, in the style that the generator writes out as `hooks/useOrder.ts`, and the `index.ts` around them.
 */
import { useMemo } from 'react';
import type { Collection, HistoryEntry, ListQuery, Mutation } from '../../src/client/collection.js';
import type { SyncConfig } from '../../src/client/config.js';
import { createSyncClient, type SyncClient } from '../../src/client/sync.js';
import { type Loaded, useCollection, useEntities, useEntity, useHistory } from '../../src/hooks/useEntity.js';
import { newUuid } from '../../src/store/ids.js';
import { boardModel } from './board.js';
import {
  type Order,
  type OrderCreated,
  type OrderEvent,
  type OrderItemAdded,
  type OrderItemRemoved,
  type OrderItemUpdated,
  type OrderNoteChanged,
  type OrderStateChanged,
  type OrderTipAdded,
  orderModel,
} from './order.js';

// --- client/methods.ts --------------------------------------------------------------------------------------------------------

/** What can be done to one {@link Order}. */
export interface OrderMutations {
  readonly itemAdded: (payload: OrderItemAdded) => Mutation;
  readonly itemRemoved: (payload: OrderItemRemoved) => Mutation;
  readonly itemUpdated: (payload: OrderItemUpdated) => Mutation;
  readonly stateChanged: (payload: OrderStateChanged) => Mutation;
  readonly noteChanged: (payload: OrderNoteChanged) => Mutation;
  readonly tipAdded: (payload: OrderTipAdded) => Mutation;
  readonly archived: () => Mutation;
}

/** Makes an order; its id is new unless given, and stands in the mutation. */
export function createOrder(orders: Collection<Order, OrderEvent>, payload: OrderCreated, id = newUuid()): Mutation {
  return orders.record('order.created', id, payload);
}

/** The changes of one order, by name. */
export function orderMutations(orders: Collection<Order, OrderEvent>, id: string): OrderMutations {
  return {
    itemAdded: (payload) => orders.record('order.item_added', id, payload),
    itemRemoved: (payload) => orders.record('order.item_removed', id, payload),
    itemUpdated: (payload) => orders.record('order.item_updated', id, payload),
    stateChanged: (payload) => orders.record('order.state_changed', id, payload),
    noteChanged: (payload) => orders.record('order.note_changed', id, payload),
    tipAdded: (payload) => orders.record('order.tip_added', id, payload),
    archived: () => orders.record('order.archived', id, {}),
  };
}

// --- hooks/useOrder.ts --------------------------------------------------------------------------------------------------------

/** One order. */
export function useOrder(id: string | null | undefined): Loaded<Order | undefined> {
  return useEntity(orderModel, id);
}

/** Orders by query. */
export function useOrders(query?: ListQuery<Order>): Loaded<readonly Order[]> {
  return useEntities(orderModel, query);
}

/** The audit trail of an order. */
export function useOrderHistory(id: string, limit?: number): Loaded<readonly HistoryEntry[]> {
  return useHistory(orderModel, id, limit);
}

/** The changes of one order, by name. */
export function useOrderMutations(id: string): OrderMutations {
  const orders = useCollection(orderModel);
  return useMemo(() => orderMutations(orders, id), [orders, id]);
}

/** Makes orders. */
export function useCreateOrder(): (payload: OrderCreated, id?: string) => Mutation {
  const orders = useCollection(orderModel);
  return useMemo(() => (payload, id) => createOrder(orders, payload, id), [orders]);
}

// --- index.ts -----------------------------------------------------------------------------------------------------------------

/** A client of this project's models. */
export type Sync = SyncClient;

/** Makes a client; `start()` it. */
export function createSync(config: SyncConfig): Sync {
  return createSyncClient({ ...config, models: { orders: orderModel, boards: boardModel } });
}
