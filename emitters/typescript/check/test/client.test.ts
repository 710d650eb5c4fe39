/** The generated client as an application uses it, without a network. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { entityEvents, liftEntity } from '../generated/awkward/src/events/utils_.events.js';
import { entityModel } from '../generated/awkward/src/materializers/utils_.js';
import { absent, type EventEnvelope } from '../generated/awkward/src/model.js';
import { parseEntity } from '../generated/awkward/src/schemas/utils_.js';
import { createSync, InvalidPayload, memoryStore, RefusedLocally, type Sync } from '../generated/fixtures/src/index.js';
import { shiftModel, shiftModelWith } from '../generated/fixtures/src/materializers/shift.js';
import { repairModelWith } from '../generated/repair/src/materializers/repair.js';
import { parseRepair } from '../generated/repair/src/schemas/repair.js';
import { options, reducers, repairOptions } from './consumer.js';

const offline: typeof fetch = () => Promise.reject(new TypeError('offline'));

describe('a client', () => {
  let sync: Sync;
  before(async () => {
    sync = createSync({
      ...options,
      adapter: memoryStore(),
      fetch: offline,
      webSocket: null,
      locks: null,
      channel: null,
    });
    await sync.start();
  });
  after(() => sync.close());

  it('draws an id and shows the change at once', async () => {
    const made = sync.orders.create({ table_number: 7 });
    const order = sync.orders.get(made.entityId);
    assert.equal(order?.status, 'open');
    assert.deepEqual(order.items, []);
    await made;
    const item = { id: crypto.randomUUID(), name: 'Burger', price_cents: 1250 };
    sync.orders.addItem(made.entityId, { item });
    sync.orders.of(made.entityId).updateItem({ item_id: item.id, item: { quantity: 2 } });
    const [line] = sync.orders.get(made.entityId)?.items ?? [];
    assert.deepEqual({ ...line, added_at: null }, { ...item, quantity: 2, added_at: null });
    assert.deepEqual(
      sync.orders.list({ where: { status: 'open' } }).map(({ id }) => id),
      [made.entityId],
    );
  });

  it('refuses what the server would refuse', () => {
    const { entityId } = sync.orders.create({ table_number: 1 });
    assert.throws(() => sync.orders.create({ table_number: 2 ** 31 }), InvalidPayload);
    assert.throws(() => sync.orders.create({ table_number: 1 }, entityId), RefusedLocally);
    assert.throws(() => sync.orders.changeState(entityId, { new_status: 'paid' }), RefusedLocally);
    sync.orders.archive(entityId);
    assert.equal(sync.orders.get(entityId), undefined);
    assert.throws(() => sync.orders.changeNote(entityId, { note: 'x' }), RefusedLocally);
  });

  it('runs the application’s own effects', () => {
    const { entityId } = sync.shifts.create({
      waiter: 'Ana',
      opened_on: '2026-11-21',
      takings: '100.0',
      badge: 2n ** 60n,
    });
    sync.shifts.tipsSplit(entityId, { shares: 3 });
    assert.equal(sync.shifts.get(entityId)?.takings, '33.33');
    assert.equal(sync.shifts.get(entityId)?.badge, 2n ** 60n);
    sync.shifts.tipsSplit(entityId, { shares: 0 }); // no decimal comes of it: the effect fails, and does nothing
    assert.equal(sync.shifts.get(entityId)?.takings, '33.33');
  });
});

describe('a reader without all rights', () => {
  const seen = parseEntity({ id: 'e', open: 'x', empty: {}, since: null }, '');

  function fold(name: keyof typeof entityEvents, payload: unknown): unknown {
    const event: EventEnvelope = {
      id: 'i',
      event_type: name,
      entity_type: 'utils',
      entity_id: 'e',
      payload: (entityEvents[name].read ?? entityEvents[name].parse)(payload),
      timestamp: '001763712000123.00000.9f3c2a10',
      schema_version: 4,
      user_id: null,
      idempotency_key: 'i',
    };
    // What an engine does with any model.
    const reduce: (state: unknown, event: unknown) => unknown = entityModel.reduce as never;
    return reduce(seen, event);
  }

  it('folds events that came without their keys: something happened, and nothing shows', () => {
    for (const name of [
      'utils.cost_added',
      'utils.gain_added',
      'utils.stage_changed',
      'utils.line_added',
      'utils.line_removed',
      'utils.line_updated',
      'utils.note_added',
      'utils.note_removed',
      'utils.flag_added',
      'utils.flag_removed',
      'utils.date_changed',
    ] as const) {
      assert.throws(() => entityEvents[name].parse({}), `${name} cannot be recorded without`);
      const next = fold(name, {});
      assert.deepEqual(next, seen, name);
      assert.notEqual(next, seen, `${name} did something`);
    }
    assert.deepEqual(fold('utils.both_changed', { open: 'y' }), { ...seen, open: 'y' });
  });

  it('keeps hidden fields out of the reach of custom effects', () => {
    const model = shiftModelWith({
      tips_split: (state) => {
        assert.equal(Reflect.get(state, 'margin_cents'), null);
        const reaching = { margin_cents: 5 };
        return { ...state, ...reaching, id: 'other', created_at: state.updated_at, waiter: 'B' };
      },
    });
    const base = model.reduce(
      absent,
      shiftEvent('shift.created', { waiter: 'A', opened_on: '2026-11-21', margin_cents: 9 }),
    );
    const after = model.reduce(base, shiftEvent('shift.tips_split', { shares: 2 }));
    assert.ok(typeof base === 'object' && base !== null);
    assert.deepEqual(after, { ...base, waiter: 'B', updated_at: base.updated_at });
    assert.equal(typeof reducers.shift.tips_split, 'function');
  });

  function shiftEvent(event_type: string, payload: unknown): never {
    const envelope: EventEnvelope = {
      id: 'i',
      event_type,
      entity_type: 'shift',
      entity_id: '0a0a0a0a-0000-4000-8000-00000000000a',
      payload,
      timestamp: '001763712000123.00000.9f3c2a10',
      schema_version: 2,
      user_id: null,
      idempotency_key: 'i',
    };
    return envelope as never;
  }
});

describe('a model without the application’s function', () => {
  it('does not fold a custom effect as if nothing had happened', () => {
    const event: EventEnvelope = {
      id: 'i',
      event_type: 'shift.tips_split',
      entity_type: 'shift',
      entity_id: 'e',
      payload: { shares: 2 },
      timestamp: '001763712000123.00000.9f3c2a10',
      schema_version: 2,
      user_id: null,
      idempotency_key: 'i',
    };
    const made = { ...event, event_type: 'shift.created', payload: { waiter: 'A', opened_on: '2026-11-21' } };
    const shift = shiftModel.reduce(absent, made as never);
    assert.throws(() => shiftModel.reduce(shift, event as never), { code: 'missing_reducer' });
  });
});

describe('older versions', () => {
  const upcasts = { from3: (value: unknown) => value };

  it('are lifted step by step', () => {
    const model = shiftModelWith(reducers.shift);
    assert.deepEqual(model.lift?.({ name: 'Ana' }, 1, 'shift.created'), { waiter: 'Ana' });
    assert.deepEqual(liftEntity({ a: 1 }, 3, null, upcasts), { a: 1 });
  });

  it('go through what the application brings for a Rust function, payloads and states alike', () => {
    const model = repairModelWith(repairOptions.reducers.repair, repairOptions.upcasts.repair);
    const lifted = { first: 'Ann', last: 'Lee', urgent: false, price_cents: 7 };
    assert.deepEqual(model.lift?.({ name: 'Ann Lee', cost: 7 }, 1, 'repair.created'), lifted);
    assert.deepEqual(model.lift?.({ cost: 7 }, 1, 'repair.price_cents_changed'), { price_cents: 7 });
    assert.deepEqual(model.lift?.({ cost: 7 }, 2, 'repair.price_cents_changed'), { price_cents: 7 });
    const state = {
      id: '0a0a0a0a-0000-4000-8000-00000000000a',
      tags: [],
      parts: [],
      cost: 7,
      paid_cents: 0,
      note: null,
      stage: 'open',
    };
    const times = { created_at: '2026-11-21T08:00:00.000Z', updated_at: '2026-11-21T08:00:00.000Z' };
    const read = parseRepair(model.lift?.({ ...state, ...times, name: 'Ann Lee' }, 1, null), '');
    assert.deepEqual([read.first, read.last, read.urgent, read.price_cents], ['Ann', 'Lee', false, 7]);
    assert.throws(() => model.lift?.({ name: 'Cher' }, 1, 'repair.created'), /two words/);
  });

  it('are not read where a step is missing', () => {
    assert.throws(() => liftEntity({ shut: 'x' }, 1, 'utils.created', upcasts), { code: 'unsupported_schema_version' });
  });
});
