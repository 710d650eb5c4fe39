/** What the leader takes in from the server's feed. */
import type { Cursor, FeedEvent, JournalEntry } from './db.js';
import type { EventStore } from './eventStore.js';
import { packed } from './packWriter.js';

/** So many go into packs; fewer are as well by themselves. */
const MANY = 100;

/** Takes in a page of the feed, and the cursor that stands for it, as one. */
export function receive(
  store: EventStore,
  events: readonly FeedEvent[],
  cursor: Cursor | null,
  many = MANY,
): Promise<void> {
  const entries: JournalEntry[] = [];
  for (const event of events) {
    const own = store.ledger.entry(event.id)?.own ?? null;
    entries.push(own === null ? { kind: 'feed', event } : { kind: 'feed', event, own });
  }
  if (cursor !== null) entries.push({ kind: 'cursor', cursor });
  if (entries.length === 0) return Promise.resolve();
  return store.commit(entries, events.length < many ? undefined : packed);
}
