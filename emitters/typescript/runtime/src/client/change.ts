/** What a change is to whoever made it. */
import type { EventStore, Recorded } from '../store/eventStore.js';
import { Deferred } from '../store/timing.js';
import type { Mutation } from './collection.js';

/** A change, as its caller has it. */
export class Change implements Mutation {
  /** What is told of the server. */
  readonly atServer = new Deferred();
  readonly #recorded: Recorded;
  readonly #store: EventStore;

  constructor(recorded: Recorded, store: EventStore) {
    this.#recorded = recorded;
    this.#store = store;
  }

  get eventId(): string {
    return this.#recorded.event.id;
  }

  get entityId(): string {
    return this.#recorded.event.entity_id;
  }

  get saved(): Promise<void> {
    return this.#recorded.saved;
  }

  get synced(): Promise<void> {
    return this.atServer.promise;
  }

  async flush(): Promise<void> {
    await this.saved;
    await this.#store.flush();
  }

  // biome-ignore lint/suspicious/noThenProperty: awaiting a mutation means that it is saved
  readonly then: Mutation['then'] = (done, failed) => this.saved.then(done, failed);
}
