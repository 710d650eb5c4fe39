/** The rows of one model, as an application changes them; reading is as in every mode. */
import type { Mutation } from '../client/collection.js';
import type { ConflictOf } from '../client/conflict.js';
import type { SyncClient } from '../client/sync.js';
import { equal } from '../materializers/utils.js';
import type { EntityState, EventEnvelope, ModelDefinition, PayloadOf } from '../model.js';
import { newUuid } from '../store/ids.js';
import { bookOf, type RowTransaction } from './book.js';
import { statusOf } from './conflicts.js';
import { RowsMode } from './mode.js';
import { heldIn } from './row.js';

/** The rows of one model. */
export class Rows<State extends EntityState, Event extends EventEnvelope, Field extends keyof State & string> {
  readonly #client: SyncClient;
  readonly #model: ModelDefinition<State, Event>;

  constructor(client: SyncClient, model: ModelDefinition<State, Event>) {
    this.#client = client;
    this.#model = model;
  }

  /**
   * Makes a change. Of an update what differs from what is shown is recorded; where nothing does, nothing is. What awaiting it means
   * says the model: stored here, or answered by the server.
   */
  record<Type extends Event['event_type']>(eventType: Type, id: string, payload: PayloadOf<Event, Type>): Mutation {
    const collection = this.#client.collection(this.#model);
    const state = collection.get(id);
    const changed = state === undefined ? payload : this.#changes(eventType, payload, state);
    if (changed === null) return nothing(id);
    // What is left of a payload of this type is one.
    const made = collection.record(eventType, id, changed as PayloadOf<Event, Type>);
    const { mode } = this.#model;
    return mode instanceof RowsMode && !mode.rules.localFirst ? confirmed(made) : made;
  }

  /** What of one row, or with null of all, waits for a decision: the same objects for as long as they say the same. */
  conflicts(id: string | null): readonly ConflictOf<State, Field>[] {
    const { entity } = this.#model;
    const { conflicts } = statusOf(this.#client.internals.store);
    const own = conflicts.filter(({ entityType, entityId }) => entityType === entity && (id ?? entityId) === entityId);
    return own as readonly unknown[] as readonly ConflictOf<State, Field>[]; // of rows of this model, parsed as it says
  }

  /** How the writes of this device get on: the last 1000 that are finished, then those under way. */
  transactions(): readonly RowTransaction[] {
    return bookOf(this.#client.internals.store).transactions(this.#model.entity);
  }

  /** What of an update differs from what is shown; null where nothing does. */
  #changes(eventType: Event['event_type'], payload: unknown, state: State): unknown {
    const definition = this.#model.events[eventType];
    if (definition.effect !== 'merge') return payload;
    const given: unknown = definition.parse(payload);
    const changed = Object.entries(given ?? {}).filter(
      ([field, value]) => !equal(value ?? null, heldIn(state, field) ?? null),
    );
    return changed.length === 0 ? null : Object.fromEntries(changed);
  }
}

/** A mutation that is done when the server has answered. */
function confirmed(made: Mutation): Mutation {
  const { eventId, entityId, saved, synced } = made;
  return {
    eventId,
    entityId,
    saved,
    synced,
    flush: () => made.flush(),
    // biome-ignore lint/suspicious/noThenProperty: awaiting a mutation means what its model says
    then: (done, failed) => synced.then(done, failed),
  };
}

/** A change that changes nothing. */
function nothing(entityId: string): Mutation {
  const done = Promise.resolve();
  return confirmed({
    eventId: newUuid(),
    entityId,
    saved: done,
    synced: done,
    flush: () => done,
    // biome-ignore lint/suspicious/noThenProperty: it is done
    then: (resolved, failed) => done.then(resolved, failed),
  });
}
