/** What of the outbox may be sent now. */
import type { EventStore } from './eventStore.js';
import { isOff, type LogEntry } from './logEntry.js';
import { entityKey } from './watchers.js';

/** The first events to be sent: saved, in order, and of each entity none after one that is not to be sent yet. */
export function sendable({ ledger }: EventStore, limit = Number.POSITIVE_INFINITY): LogEntry[] {
  const found: LogEntry[] = [];
  const held = new Set<string>();
  for (const entry of ledger.unsynced.pending) {
    if (found.length >= limit) break;
    const key = entityKey(entry.event.entity_type, entry.event.entity_id);
    if (!entry.saved || isOff(entry, ledger.offset)) held.add(key);
    if (!held.has(key)) found.push(entry);
  }
  return found;
}
