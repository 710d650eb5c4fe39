/** What rows keep of one store besides: who writes, how its transactions get on, and what the status shows of them. */

import type { RowConflict, RowLoss } from '../client/conflict.js';
import type { EventStore } from '../store/eventStore.js';
import { newUuid } from '../store/ids.js';
import type { LogEntry } from '../store/logEntry.js';

/** How far a write has come. `confirmed`: the feed has brought it. */
export type TransactionState = 'pending' | 'sent' | 'confirmed' | 'failed' | 'conflicted';

/** One write of this device. */
export interface RowTransaction {
  readonly id: string;
  readonly entityType: string;
  readonly entityId: string;
  readonly state: TransactionState;
  /** When it came to this; Unix milliseconds by the server's clock. */
  readonly at: number;
}

/** Finished transactions that are kept. */
const KEPT = 1000;

/** The book of one store. */
export class Book {
  /** Names this tab, or this process, in what it writes. */
  readonly source = newUuid();
  /** The last status, for as long as it says the same. */
  conflicts: readonly RowConflict[] = [];
  losses: readonly RowLoss[] = [];
  readonly #store: EventStore;
  readonly #finished = new Map<string, RowTransaction>();

  constructor(store: EventStore) {
    this.#store = store;
    store.onEntry.add((entry) => this.#note(entry));
  }

  /** The writes of a model: what is finished, then what is under way. */
  transactions(entityType: string): RowTransaction[] {
    const { ledger } = this.#store;
    const open: RowTransaction[] = [];
    for (const entry of ledger.unsynced.byId.values()) open.push(this.#stands(entry));
    const all = [...this.#finished.values(), ...open.filter(({ id }) => !this.#finished.has(id))];
    return all.filter((transaction) => transaction.entityType === entityType);
  }

  #stands(entry: LogEntry): RowTransaction {
    const { event, status, sent, held, rejection } = entry;
    const waits = status === 'pending' && held === true && entry.over === undefined;
    const state: TransactionState =
      status === 'synced'
        ? 'confirmed'
        : rejection?.conflicts !== undefined || waits
          ? 'conflicted'
          : rejection !== null
            ? 'failed'
            : sent
              ? 'sent'
              : 'pending';
    return { id: event.id, entityType: event.entity_type, entityId: event.entity_id, state, at: this.#store.wall() };
  }

  #note(entry: LogEntry): void {
    const { event, status } = entry;
    if (this.#store.ledger.models.get(event.entity_type)?.mode === undefined) return;
    if (status === 'pending') return;
    if (status === 'synced' || status === 'rejected') {
      this.#finished.delete(event.id);
      this.#finished.set(event.id, this.#stands(entry));
      const oldest = this.#finished.keys().next();
      if (this.#finished.size > KEPT && oldest.done !== true) this.#finished.delete(oldest.value);
    }
    // What it holds besides has come as far.
    for (const other of entry.over ?? []) {
      other.status = status;
      other.rejection = entry.rejection;
      this.#store.onEntry.emit(other);
    }
  }
}

const books = new WeakMap<EventStore, Book>();

/** The book of a store. */
export function bookOf(store: EventStore): Book {
  let book = books.get(store);
  if (book === undefined) {
    book = new Book(store);
    books.set(store, book);
  }
  return book;
}
