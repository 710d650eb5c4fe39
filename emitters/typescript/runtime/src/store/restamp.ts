/** Stamps of events that a wrong clock made. */
import { comparePlaces, type LogEntry } from './entityLog.js';
import { formatStamp, HybridClock, parseStamp } from './hlc.js';
import type { Ledger } from './ledger.js';

/**
 * The stamps that events get when they move by `shift` ms: in the same order and at the same distances, never beyond the present, never
 * at or before a stamp that the server knows of the entity.
 */
export function shifted(
  ledger: Ledger,
  moving: readonly LogEntry[],
  shift: number,
  node: string,
  present: number,
): (readonly [id: string, stamp: string])[] {
  const sorted = [...moving].sort((a, b) => comparePlaces(a.event, b.event));
  const last = sorted.at(-1);
  const beyond = last === undefined ? 0 : Math.max(0, parseStamp(last.event.timestamp).ms + shift - present);
  let previous = '';
  return sorted.map(({ event }) => {
    const { ms, counter } = parseStamp(event.timestamp);
    const synced = ledger.log(event.entity_type, event.entity_id)?.newestSynced() ?? '';
    const least = synced > previous ? synced : previous;
    let stamp = formatStamp(Math.max(0, ms + shift - beyond), counter, node);
    if (stamp <= least) stamp = new HybridClock(node, least).now(0);
    previous = stamp;
    return [event.id, stamp] as const;
  });
}
