/** What a user decides about his events that the server refused, or that were overtaken. */
import type { EventStore } from './eventStore.js';
import { compareEntries } from './logEntry.js';

/** Tries a rejected event again: same id and key, a new stamp; a `create` with all that is blocked under it. */
export function retry(store: EventStore, id: string): Promise<void> {
  const entry = store.ledger.entry(id);
  const under = entry?.rejection?.under;
  if (under !== undefined && store.ledger.entry(under) !== undefined) return retry(store, under);
  if (!entry?.rejection) return Promise.resolve();
  const blocked = store.ledger.unsynced.blockedUnder(id).sort(compareEntries);
  const stamps = [entry, ...blocked].map(({ event }) => [event.id, store.clock.now(store.wall())] as const);
  return store.commit([{ kind: 'moved', stamps, retry: true }]);
}

/** Drops a rejected event; a `create` with all that is blocked under it. */
export function discard(store: EventStore, id: string): Promise<void> {
  const entry = store.ledger.entry(id);
  if (!entry?.rejection) return Promise.resolve();
  const ids = [id, ...store.ledger.unsynced.blockedUnder(id).map(({ event }) => event.id)];
  return store.commit([{ kind: 'discarded', ids }]);
}

/** The user knows of an event that was overtaken. */
export function dismiss(store: EventStore, id: string): Promise<void> {
  return store.overtaken.has(id) ? store.commit([{ kind: 'discarded', ids: [id] }]) : Promise.resolve();
}
