/** What an application writes, and what must not compile. Checked by tsc; `client.test.ts` runs some of it. */
import type { ReactElement } from 'react';
import {
  SyncProvider,
  useOrder,
  useOrderHistory,
  useOrderMutations,
  useOrders,
  useSyncStatus,
} from '../generated/fixtures/src/hooks/index.js';
import {
  type AppEvent,
  createSync,
  type Mutation,
  memoryStore,
  type Order,
  type OrderItemInput,
  orderStatuses,
  type Shift,
  type ShiftReducers,
  type Sync,
  type SyncOptions,
} from '../generated/fixtures/src/index.js';

import {
  canWrite,
  createSync as createRepairs,
  type SyncOptions as RepairOptions,
  type RepairUpcasts,
  repairAccess,
} from '../generated/repair/src/index.js';

/** Version 1 had one name; what the backend's `split_name` does. */
const upcasts: RepairUpcasts = {
  from1: (value) => {
    if (typeof value !== 'object' || value === null || !('name' in value)) return value;
    const { name, ...rest } = value;
    const [first, last] = String(name).split(' ', 2);
    if (last === undefined) throw new Error('expected two words');
    return { ...rest, first, last };
  },
};

/** Takings by shares, cut to two decimals. */
export const reducers: { readonly shift: ShiftReducers } = {
  shift: {
    tips_split: (state, payload, meta) => {
      const time: string = meta.time;
      const cents = Math.trunc((Number(state.takings) * 100) / payload.shares);
      return time === '' ? state : { ...state, takings: String(cents / 100) };
    },
  },
};

export const options: SyncOptions = {
  baseUrl: 'https://example.invalid/api/v1',
  tenantId: 't',
  userId: 'u',
  adapter: memoryStore(),
  reducers,
};

export const repairOptions: RepairOptions = {
  baseUrl: 'https://example.invalid/api/v1',
  tenantId: 't',
  userId: 'u',
  adapter: 'memory',
  reducers: { repair: { doubled: (state) => state } },
  upcasts: { repair: upcasts },
};

/** Whether a button is shown. */
export function mayPrice(roles: readonly string[]): boolean {
  // @ts-expect-error no event of it
  canWrite(repairAccess, roles, 'repair.prised');
  return canWrite(repairAccess, roles, 'repair.price_cents_changed');
}

/** Never called. */
export function misuse(): void {
  // @ts-expect-error a model with a Rust function as an upcast demands it of the client too
  createRepairs({ baseUrl: '', tenantId: '', userId: '', reducers: repairOptions.reducers });
  // @ts-expect-error for each version
  createRepairs({ ...repairOptions, upcasts: { repair: {} } });
  // @ts-expect-error a model with a custom effect demands its function
  createSync({ baseUrl: '', tenantId: '', userId: '' });
  // @ts-expect-error and all of it
  createSync({ ...options, reducers: { shift: {} } });
  // @ts-expect-error of the right type
  createSync({ ...options, reducers: { shift: { tips_split: (state: Order) => state } } });
  createSync({
    ...options,
    reducers: {
      shift: {
        tips_split: (state) => {
          // @ts-expect-error it runs on every device, so it does not see what some readers do not
          state.margin_cents;
          // @ts-expect-error nor what the server keeps to itself
          state.secret;
          return state;
        },
      },
    },
  });
}

/** Uses everything once. */
export function use(sync: Sync, id: string): Mutation[] {
  const item: OrderItemInput = { id, name: 'Burger', price_cents: 1250 };
  const done = [
    sync.orders.create({ table_number: 7 }),
    sync.orders.create({ table_number: 7, items: [item], note: null }, id),
    sync.orders.addItem(id, { item }),
    sync.orders.updateItem(id, { item_id: id, item: { quantity: 2 } }),
    sync.orders.changeState(id, { new_status: 'sent' }),
    sync.orders.addTip(id, { by: 100 }),
    sync.orders.update(id, {}),
    sync.orders.archive(id),
    sync.shifts.tipsSplit(id, { shares: 3 }),
    sync.orders.of(id).changeNote({ note: null }),
  ];

  // @ts-expect-error a required key
  sync.orders.create({});
  // @ts-expect-error a wrong type
  sync.orders.create({ table_number: '7' });
  // @ts-expect-error a key that no payload of it has: machines start in their default
  sync.orders.create({ table_number: 7, status: 'paid' });
  // @ts-expect-error what the event's time fills
  sync.orders.addItem(id, { item: { id, name: 'B', price_cents: 1, added_at: '2026-11-21T08:00:00.000Z' } });
  // @ts-expect-error an element's id stays
  sync.orders.updateItem(id, { item_id: id, item: { id } });
  // @ts-expect-error no state of the machine
  sync.orders.changeState(id, { new_status: 'eaten' });
  // @ts-expect-error present, or left out; never undefined
  sync.orders.update(id, { note: undefined });
  // @ts-expect-error nothing to say
  sync.orders.archive(id, {});
  // @ts-expect-error a big integer is a bigint
  sync.shifts.create({ waiter: 'A', opened_on: '2026-11-21', badge: 1 });
  // @ts-expect-error excluded fields are known to the server alone
  sync.shifts.create({ waiter: 'A', opened_on: '2026-11-21', secret: 'x' });
  // @ts-expect-error what is left out of an update must not be
  sync.orders.changeNote(id, {});
  // @ts-expect-error no field of it
  sync.orders.list({ where: { colour: 'red' } });
  // @ts-expect-error nor to sort by
  sync.orders.list({ orderBy: '-colour' });
  return done;
}

/** Types of what is read. */
export function read(order: Order, shift: Shift, event: AppEvent): string {
  // @ts-expect-error states are not changed in place
  order.note = 'x';
  // @ts-expect-error nor are lists
  order.items.push();
  // @ts-expect-error an owner_only field may not be there
  const margin: number | null = shift.margin_cents;
  // @ts-expect-error an excluded field never is
  shift.secret;
  const badge: bigint = shift.badge;
  switch (event.event_type) {
    case 'order.item_added':
      return event.payload.item.name;
    case 'shift.margin_cents_changed': {
      // @ts-expect-error a reader who may not see it gets the payload without
      const cents: number | null = event.payload.margin_cents;
      return String(cents ?? margin ?? badge);
    }
    default:
      return orderStatuses.join();
  }
}

/** Hooks in a component. */
export function Table({ sync, id }: { readonly sync: Sync; readonly id: string }): ReactElement {
  return SyncProvider({ sync, children: Lines({ id }) });
}

function Lines({ id }: { readonly id: string }): string {
  const { data: order, isLoading } = useOrder(id);
  const { data: open } = useOrders({ where: { status: 'open' }, orderBy: '-created_at', limit: 20 });
  const { create } = useOrderMutations();
  const { addItem, archive } = useOrderMutations(id);
  const { data: history } = useOrderHistory(id);
  const { rejections, retry } = useSyncStatus();
  const first = rejections[0];
  if (first !== undefined) void retry(first.event.id);
  // @ts-expect-error without an id there is nothing to add to
  useOrderMutations().addItem;
  void addItem({ item: { id, name: order?.note ?? '', price_cents: open.length } });
  void archive();
  return isLoading ? '' : `${create({ table_number: 1 }).entityId}${history.length}`;
}
