/** Which events a corrected clock moves, and where to. Pure. */

import { EntityLog } from './entityLog.js';
import { formatStamp, HybridClock, parseStamp } from './hlc.js';
import type { Ledger } from './ledger.js';
import type { Log } from './log.js';
import { compareEntries, isOff, type LogEntry } from './logEntry.js';
import { entityKey } from './watchers.js';

/** What a correction goes by. */
export interface Correction {
  /** The offset to the server's clock, as it is known now. */
  readonly offset: number;
  /** The present by the server's clock: nothing is moved beyond it. */
  readonly present: number;
  /** Who stamps. */
  readonly node: string;
  /** Sent events that the server found too far ahead. */
  readonly refused: readonly LogEntry[];
}

/** The new stamp of an event. */
export type Move = readonly [id: string, stamp: string];

/**
 * The moves that a correction asks for: of each entity all at once, by as much as the clock that stamped them was wrong, so that their
 * order and their distances stay.
 *
 * What was ever sent keeps its stamp unless the server refuses it. As long as some of an entity's events are sent and unanswered, the
 * entity's others wait for the verdict: moved before it, they would come to lie on the wrong side of it.
 */
export function movesOf(ledger: Ledger, correction: Correction): Move[] {
  const { offset, refused } = correction;
  const entities = new Map<string, LogEntry[]>();
  for (const entry of ledger.outbox.values()) {
    if (entry.status !== 'pending') continue;
    const key = entityKey(entry.event.entity_type, entry.event.entity_id);
    const pending = entities.get(key);
    if (pending === undefined) entities.set(key, [entry]);
    else pending.push(entry);
  }
  const moves: Move[] = [];
  for (const pending of entities.values()) {
    const unanswered = pending.some((entry) => entry.sent && !refused.includes(entry));
    if (unanswered || !pending.some((entry) => refused.includes(entry) || isOff(entry, offset))) continue;
    pending.sort(compareEntries);
    // Whatever lies after the first that moves goes with it.
    const first = pending.findIndex((entry) => refused.includes(entry) || isOff(entry, offset));
    moves.push(...moved(ledger, pending.slice(first), correction));
  }
  return moves;
}

/** The stamps of events of one entity, never at or before one that the server knows of it. */
function moved(ledger: Ledger, moving: readonly LogEntry[], { offset, present, node }: Correction): Move[] {
  let before = 0;
  const targets = moving.map(({ event, offset: old }) => {
    const { ms, counter } = parseStamp(event.timestamp);
    let shift = Math.round(offset - old);
    // Stamped by a clock that is right, after an event that is not: it moves with that one.
    if (ms + shift > present) shift = Math.min(shift, before);
    before = shift;
    return { id: event.id, ms: ms + shift, counter };
  });
  const beyond = Math.max(0, ...targets.map(({ ms }) => ms - present));
  const [one] = moving;
  let least = (one && newestSynced(ledger.log(one.event.entity_type, one.event.entity_id))) ?? '';
  return targets.map(({ id, ms, counter }) => {
    let stamp = formatStamp(Math.max(0, ms - beyond), counter, node);
    if (stamp <= least) stamp = new HybridClock(node, least).now(0);
    least = stamp;
    return [id, stamp] as const;
  });
}

/** The newest stamp that the server knows of an entity. */
function newestSynced(log: Log | undefined): string | undefined {
  if (log !== undefined && !(log instanceof EntityLog)) return log.newestSynced() ?? undefined;
  let newest = log?.top()?.timestamp;
  for (const { status, event } of log?.entries ?? []) {
    if (status !== 'pending' && (newest === undefined || event.timestamp > newest)) newest = event.timestamp;
  }
  return newest;
}
