/** Events, refusals and the state of sync, in a waiter's words. */
import { money } from './format.js';
import { statusWords } from './orders.js';
import {
  type EventEnvelope,
  isOrderEvent,
  type OrderItemInput,
  type OrderStatus,
  type SyncStatus,
} from './sync/index.js';

const changes: Readonly<Record<OrderStatus, string>> = {
  open: 'Taken back',
  sent: 'Sent to the kitchen',
  paid: 'Marked as paid',
  cancelled: 'Cancelled',
};

function itemWords({ name, quantity = 1 }: OrderItemInput): string {
  return quantity === 1 ? name : `${quantity} × ${name}`;
}

/** Names of the lines that events brought, removed ones among them, by id. */
export function itemNames(events: readonly EventEnvelope[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const event of events.filter(isOrderEvent)) {
    if (event.event_type === 'order.item_added') names.set(event.payload.item.id, event.payload.item.name);
    if (event.event_type !== 'order.created') continue;
    for (const { id, name } of event.payload.items ?? []) names.set(id, name);
  }
  return names;
}

/** What somebody did. `itemName` looks a line up by its id. */
export function eventWords(event: EventEnvelope, itemName: (id: string) => string | undefined): string {
  if (!isOrderEvent(event)) return event.event_type;
  switch (event.event_type) {
    case 'order.created': {
      const { table_number, items = [] } = event.payload;
      return `Opened table ${table_number}${items.length === 0 ? '' : ` with ${items.map(itemWords).join(', ')}`}`;
    }
    case 'order.item_added':
      return `Added ${itemWords(event.payload.item)}`;
    case 'order.item_removed':
      return `Removed ${itemName(event.payload.item_id) ?? 'a line'}`;
    case 'order.item_updated': {
      const name = itemName(event.payload.item_id) ?? 'A line';
      const { quantity } = event.payload.item;
      return quantity === undefined ? `Changed ${name}` : `${name}: now ${quantity}`;
    }
    case 'order.state_changed':
      return changes[event.payload.new_status];
    case 'order.note_changed':
      return event.payload.note == null ? 'Removed the note' : `Note: “${event.payload.note}”`;
    case 'order.tip_added':
      return event.payload.by < 0
        ? `Took ${money(-event.payload.by)} of tip back`
        : `Tip of ${money(event.payload.by)}`;
    case 'order.updated':
      return event.payload.table_number === undefined ? 'Changed it' : `Moved to table ${event.payload.table_number}`;
    case 'order.archived':
      return 'Removed it from the list';
    default:
      return event satisfies never;
  }
}

/** Why something was not accepted. */
export function refusalWords(code: string, reason: string, status?: OrderStatus): string {
  switch (code) {
    case 'invalid_transition':
      return status === undefined
        ? 'The order had already moved on.'
        : `The order had already moved on: it is ${statusWords[status].toLowerCase()}.`;
    case 'entity_not_found':
      return 'The order was never opened.';
    case 'entity_deleted':
      return 'The order had been removed.';
    case 'entity_exists':
      return 'There already is such an order.';
    case 'forbidden':
      return 'You may not do that.';
    case 'clock_drift':
      return 'The clock of this device is wrong.';
    case 'not_ready':
      return 'One moment: this device is still reading its orders.';
    default:
      return reason === '' ? code : reason;
  }
}

/** How the connection stands: one or two words, and whether it is as it should be. */
export function connectionWords(status: SyncStatus): { readonly text: string; readonly tone: 'good' | 'wait' | 'off' } {
  if (status.updateRequired) return { text: 'Update needed', tone: 'off' };
  if (!status.isOnline || status.connection === 'offline') return { text: 'Offline', tone: 'off' };
  switch (status.connection) {
    case 'live':
    case 'polling':
      return { text: 'Online', tone: 'good' };
    case 'awaiting_token':
      return { text: 'Sign in again', tone: 'off' };
    case 'closed':
      return { text: 'Closed', tone: 'off' };
    case 'connecting':
      return status.problem === null
        ? { text: 'Connecting', tone: 'wait' }
        : { text: 'Server not reached', tone: 'off' };
    default:
      return status.connection satisfies never;
  }
}
