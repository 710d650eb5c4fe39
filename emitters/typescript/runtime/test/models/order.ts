/**
 * The `order` model by hand, in the style that the generator writes out.
 *
 * A generated project spreads these sections over `schemas/order.ts`, `events/order.events.ts` and `materializers/order.ts`.
 */

import {
  canTransition,
  eventTime,
  incrementNumber,
  keyedFromList,
  pushKeyed,
  removeKeyed,
  updateKeyed,
} from '../../src/materializers/utils.js';
import {
  absent,
  deleted,
  type EventDefinition,
  type EventEnvelope,
  type Folded,
  type ModelDefinition,
} from '../../src/model.js';
import {
  datetime,
  empty,
  int,
  list,
  nullable,
  object,
  oneOf,
  type Parser,
  range,
  shape,
  string,
  uuid,
} from '../../src/schemas/validate.js';

// --- schemas/order.ts ---------------------------------------------------------------------------------------------------------

/** Where an order stands. */
export type OrderStatus = 'open' | 'sent' | 'paid' | 'cancelled';

/** One line of an order. */
export interface OrderItem {
  readonly id: string;
  readonly name: string;
  readonly quantity: number;
  readonly price_cents: number;
  readonly added_at: string;
}

/** An order at a table. */
export interface Order {
  readonly id: string;
  readonly table_number: number;
  readonly status: OrderStatus;
  readonly items: readonly OrderItem[];
  readonly note: string | null;
  readonly tip_cents: number;
  readonly guests: number;
  readonly created_at: string;
  readonly updated_at: string;
}

/** {@link OrderItem} as a payload gives it. */
export interface OrderItemInput {
  readonly id: string;
  readonly name: string;
  readonly quantity?: number;
  readonly price_cents: number;
}

/** Fields of {@link OrderItem} that an update may change. */
export interface OrderItemPatch {
  readonly name?: string;
  readonly quantity?: number;
  readonly price_cents?: number;
}

const i32 = int(-2_147_483_648, 2_147_483_647);
const i64 = int();

export const parseOrderStatus: Parser<OrderStatus> = oneOf('open', 'sent', 'paid', 'cancelled');

export const parseOrderItem: Parser<OrderItem> = shape({
  id: uuid,
  name: string,
  quantity: i32,
  price_cents: i64,
  added_at: datetime,
});

export const parseOrderItemInput: Parser<OrderItemInput> = object(
  { id: uuid, name: string, price_cents: i64 },
  { quantity: range(i32, 1, null) },
);

export const parseOrderItemPatch: Parser<OrderItemPatch> = object(
  {},
  { name: string, quantity: range(i32, 1, null), price_cents: i64 },
);

export const parseOrder: Parser<Order> = shape({
  id: uuid,
  table_number: i32,
  status: parseOrderStatus,
  items: list(parseOrderItem),
  note: nullable(string),
  tip_cents: i64,
  guests: i32,
  created_at: datetime,
  updated_at: datetime,
});

// --- events/order.events.ts ---------------------------------------------------------------------------------------------------

export interface OrderCreated {
  readonly table_number: number;
  readonly items?: readonly OrderItemInput[];
  readonly note?: string | null;
  readonly tip_cents?: number;
  readonly guests?: number;
}

export interface OrderItemAdded {
  readonly item: OrderItemInput;
}

export interface OrderItemRemoved {
  readonly item_id: string;
}

export interface OrderItemUpdated {
  readonly item_id: string;
  readonly item: OrderItemPatch;
}

export interface OrderStateChanged {
  readonly new_status: OrderStatus;
}

export interface OrderNoteChanged {
  readonly note: string | null;
}

export interface OrderTipAdded {
  readonly by: number;
}

export interface OrderGuestJoined {
  readonly by: number;
}

export interface OrderUpdated {
  readonly table_number?: number;
  readonly note?: string | null;
  readonly guests?: number;
}

export type OrderArchived = Readonly<Record<string, never>>;

/** Everything that can happen to an {@link Order}. */
export type OrderEvent =
  | EventEnvelope<'order.created', OrderCreated>
  | EventEnvelope<'order.item_added', OrderItemAdded>
  | EventEnvelope<'order.item_removed', OrderItemRemoved>
  | EventEnvelope<'order.item_updated', OrderItemUpdated>
  | EventEnvelope<'order.state_changed', OrderStateChanged>
  | EventEnvelope<'order.note_changed', OrderNoteChanged>
  | EventEnvelope<'order.tip_added', OrderTipAdded>
  | EventEnvelope<'order.guest_joined', OrderGuestJoined>
  | EventEnvelope<'order.updated', OrderUpdated>
  | EventEnvelope<'order.archived', OrderArchived>;

/** From where to where `status` may move. */
export const orderStatusMoves: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  open: ['sent', 'cancelled'],
  sent: ['paid', 'cancelled'],
  paid: [],
  cancelled: [],
};

const parseCreated: Parser<OrderCreated> = object(
  { table_number: i32 },
  { items: list(parseOrderItemInput), note: nullable(string), tip_cents: i64, guests: i32 },
);
const parseItemAdded: Parser<OrderItemAdded> = object({ item: parseOrderItemInput });
const parseItemRemoved: Parser<OrderItemRemoved> = object({ item_id: uuid });
const parseItemUpdated: Parser<OrderItemUpdated> = object({ item_id: uuid, item: parseOrderItemPatch });
const parseStateChanged: Parser<OrderStateChanged> = object({ new_status: parseOrderStatus });
const parseNoteChanged: Parser<OrderNoteChanged> = object({ note: nullable(string) });
const parseTipAdded: Parser<OrderTipAdded> = object({ by: i64 });
const parseGuestJoined: Parser<OrderGuestJoined> = object({ by: i64 });
const parseUpdated: Parser<OrderUpdated> = object({}, { table_number: i32, note: nullable(string), guests: i32 });
const parseArchived: Parser<OrderArchived> = empty;

export const orderEvents: Readonly<Record<OrderEvent['event_type'], EventDefinition>> = {
  'order.created': { effect: 'create', parse: (payload) => parseCreated(payload, '') },
  'order.item_added': { effect: 'push', parse: (payload) => parseItemAdded(payload, '') },
  'order.item_removed': { effect: 'remove', parse: (payload) => parseItemRemoved(payload, '') },
  'order.item_updated': { effect: 'update', parse: (payload) => parseItemUpdated(payload, '') },
  'order.state_changed': {
    effect: 'transition',
    parse: (payload) => parseStateChanged(payload, ''),
    transition: { field: 'status', key: 'new_status', allowed: orderStatusMoves },
  },
  'order.note_changed': { effect: 'set', parse: (payload) => parseNoteChanged(payload, '') },
  'order.tip_added': { effect: 'increment', parse: (payload) => parseTipAdded(payload, '') },
  'order.guest_joined': { effect: 'increment', parse: (payload) => parseGuestJoined(payload, '') },
  'order.updated': { effect: 'merge', parse: (payload) => parseUpdated(payload, '') },
  'order.archived': { effect: 'delete', parse: (payload) => parseArchived(payload, '') },
};

// --- materializers/order.ts ---------------------------------------------------------------------------------------------------

function orderItem(input: OrderItemInput, time: string): OrderItem {
  return {
    id: input.id,
    name: input.name,
    quantity: input.quantity ?? 1,
    price_cents: input.price_cents,
    added_at: time,
  };
}

function createOrder(event: Extract<OrderEvent, { event_type: 'order.created' }>): Order {
  const { payload } = event;
  const time = eventTime(event.timestamp);
  return {
    id: event.entity_id,
    table_number: payload.table_number,
    status: 'open',
    items: keyedFromList((payload.items ?? []).map((item) => orderItem(item, time))),
    note: payload.note ?? null,
    tip_cents: payload.tip_cents ?? 0,
    guests: payload.guests ?? 1,
    created_at: time,
    updated_at: time,
  };
}

/** Folds one event into an order. */
export function reduceOrder(state: Folded<Order>, event: OrderEvent): Folded<Order> {
  if (event.event_type === 'order.created') return state === absent ? createOrder(event) : state;
  if (state === absent || state === deleted) return state;
  const updated_at = eventTime(event.timestamp);
  switch (event.event_type) {
    case 'order.item_added': {
      const items = pushKeyed(state.items, orderItem(event.payload.item, updated_at));
      return items === state.items ? state : { ...state, items, updated_at };
    }
    case 'order.item_removed': {
      const items = removeKeyed(state.items, event.payload.item_id);
      return items === state.items ? state : { ...state, items, updated_at };
    }
    case 'order.item_updated': {
      const items = updateKeyed(state.items, event.payload.item_id, event.payload.item);
      return items === state.items ? state : { ...state, items, updated_at };
    }
    case 'order.state_changed': {
      const status = event.payload.new_status;
      return canTransition(orderStatusMoves, state.status, status) ? { ...state, status, updated_at } : state;
    }
    case 'order.note_changed':
      return { ...state, note: event.payload.note, updated_at };
    case 'order.tip_added': {
      const { by } = event.payload;
      return {
        ...state,
        tip_cents: incrementNumber(state.tip_cents, by, -9_007_199_254_740_991, 9_007_199_254_740_991),
        updated_at,
      };
    }
    case 'order.guest_joined': {
      const { by } = event.payload;
      return { ...state, guests: incrementNumber(state.guests, by, -2_147_483_648, 2_147_483_647), updated_at };
    }
    case 'order.updated':
      return { ...state, ...event.payload, updated_at };
    case 'order.archived':
      return deleted;
    default:
      return state;
  }
}

export const orderModel: ModelDefinition<Order, OrderEvent> = {
  entity: 'order',
  path: 'orders',
  version: 1,
  print: 'order-1',
  plain: true,
  snapshot: { every: 50, max: 100 },
  events: orderEvents,
  reduce: reduceOrder,
  parseState: (value) => parseOrder(value, ''),
};
