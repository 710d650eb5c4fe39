/** The orders of the benchmark as LiveStore's events, tables and materializers. */
import { Events, makeSchema, Schema, State } from '@livestore/livestore';

export const tables = {
  orders: State.SQLite.table({
    name: 'orders',
    columns: {
      id: State.SQLite.text({ primaryKey: true }),
      table_number: State.SQLite.integer(),
      status: State.SQLite.text({ default: 'open' }),
      note: State.SQLite.text({ nullable: true }),
      tip_cents: State.SQLite.integer({ default: 0 }),
    },
  }),
  items: State.SQLite.table({
    name: 'items',
    columns: {
      id: State.SQLite.text({ primaryKey: true }),
      order_id: State.SQLite.text(),
      name: State.SQLite.text(),
      price_cents: State.SQLite.integer(),
    },
  }),
};

export const events = {
  created: Events.synced({
    name: 'v1.OrderCreated',
    schema: Schema.Struct({ id: Schema.String, table_number: Schema.Number }),
  }),
  itemAdded: Events.synced({
    name: 'v1.OrderItemAdded',
    schema: Schema.Struct({
      id: Schema.String,
      order_id: Schema.String,
      name: Schema.String,
      price_cents: Schema.Number,
    }),
  }),
  tipAdded: Events.synced({
    name: 'v1.OrderTipAdded',
    schema: Schema.Struct({ id: Schema.String, by: Schema.Number }),
  }),
  noteChanged: Events.synced({
    name: 'v1.OrderNoteChanged',
    schema: Schema.Struct({ id: Schema.String, note: Schema.String }),
  }),
};

const materializers = State.SQLite.materializers(events, {
  'v1.OrderCreated': ({ id, table_number }) => tables.orders.insert({ id, table_number }),
  'v1.OrderItemAdded': (item) => tables.items.insert(item),
  'v1.OrderTipAdded': ({ id, by }) => ({
    sql: 'UPDATE orders SET tip_cents = tip_cents + $by WHERE id = $id',
    bindValues: { id, by },
    writeTables: new Set(['orders']),
  }),
  'v1.OrderNoteChanged': ({ id, note }) => tables.orders.update({ note }).where({ id }),
});

export const schema = makeSchema({ events, state: State.SQLite.makeState({ tables, materializers }) });
