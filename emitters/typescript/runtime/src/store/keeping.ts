/** What of an entity the store is to keep: its snapshots, and the events that they do not stand for. */
import { absent, deleted } from '../model.js';
import { toJson, toWire } from './codec.js';
import type { FeedEvent, JournalEntry } from './db.js';
import type { EntityLog } from './entityLog.js';
import { comparePlaces, type LogEntry } from './logEntry.js';
import type { Part } from './pages.js';
import { isAfter, type Snap } from './snap.js';

/** What the store is to keep of an entity, as it was planned. */
export interface PlannedPart extends Part {
  readonly revision: number;
}

/**
 * A snapshot as far as it may go: over events of the feed alone, none of them unreadable, and none left behind that the log has
 * before one it holds. Null where that is no further than the last one, or there is no entity yet.
 */
export function takeSnapshot(log: EntityLog): Snap | null {
  if (isProvisional(log)) return null;
  const base = log.base();
  const entries = log.entries;
  let end = 0;
  let seq = base?.seq ?? 0;
  for (; entries[end]?.status === 'synced' && entries[end]?.readable; end++) {
    seq = Math.max(seq, entries[end]?.seq ?? 0);
  }
  const last = entries[end - 1];
  const top = log.top();
  if (last === undefined || log.needsServer || (top !== null && comparePlaces(last.event, top) <= 0)) return null;
  if (entries.some((entry, at) => at >= end && entry.seq !== null && entry.seq <= seq)) return null;
  const state = log.stateAfter(end);
  if (state === absent || log.needsServer || log.unreadable) return null;
  const { timestamp, id } = last.event;
  return {
    place: { timestamp, id },
    seq,
    count: (base?.count ?? 0) + end,
    version: log.model.version,
    text: state === deleted ? null : toJson(state),
    trusted: log.model.print !== undefined,
  };
}

/** What the store is to keep from here on, with the snapshot that is due after `every` events; null where that is nothing. */
export function partOf(log: EntityLog, every: number): PlannedPart | null {
  const taken = log.sinceSnapshot() >= every ? takeSnapshot(log) : null;
  const older = taken === null ? log.older : (log.newer ?? log.older);
  const newer = taken ?? log.newer;
  const { revision } = log;
  if (taken === null && log.asleep && log.kept !== null) {
    return { ...log.kept, older, newer, below: log.below, trusted: log.trusted, revision };
  }
  const synced = log.entries.filter(({ status, event }) => status === 'synced' && isAfter(event, older));
  const tail = synced.filter(({ event }) => isAfter(event, newer));
  if (older === null && newer === null && tail.length === 0) return null;
  const same = taken === null && !log.deep;
  const below = same ? log.below : encodeEvents(synced.filter(({ event }) => !isAfter(event, newer)));
  const { foreign } = log;
  return {
    older,
    newer,
    below,
    tail: encodeEvents(tail),
    state: tail.length === 0 || foreign ? null : stateText(log),
    count: tail.length,
    newest: tail.at(-1)?.event.timestamp ?? null,
    foreign,
    trusted: (!same || below === '' || log.trusted) && !foreign && log.model.print !== undefined,
    revision,
  };
}

/** Whether it is not known yet what of the state the reader sees. */
function isProvisional({ model, rights }: EntityLog): boolean {
  return model.hidden !== undefined && rights.owner === null;
}

/** The state as it is at hand, where it is that of the events of the feed alone. */
export function stateText(log: EntityLog): string | null {
  if (isProvisional(log) || log.needsServer || log.entries.some(({ status }) => status !== 'synced')) return null;
  const state = log.state();
  return state === absent || state === deleted ? null : toJson(state);
}

/** The store now keeps this part. Nothing is done where the log changed meanwhile: what is held is more, and whole. */
export function settle(log: EntityLog, part: PlannedPart): boolean {
  if (part.revision !== log.revision) return false;
  if (log.kept !== null && part.newer === log.newer) return true; // it moved, and no more
  const state = log.state();
  const { entries, unreadable } = log;
  log.older = part.older;
  log.newer = part.newer;
  // An event that is not synced may lie below a snapshot: then the fold starts at the older one.
  log.deep = entries.some(({ status, event }) => status !== 'synced' && !isAfter(event, part.newer));
  log.below = part.below;
  log.kept = part;
  log.trusted = part.trusted;
  const left = entries.filter(({ status, event }) => status !== 'synced' || isAfter(event, log.base()));
  // The same fold, from nearer by: whoever reads the entity is not to see a new object.
  log.replant(left, unreadable ? undefined : state);
  return true;
}

/** Events of the feed as a page has them. */
export function encodeEvents(entries: readonly LogEntry[]): string {
  return entries
    .map(({ event, recorded, own, seq }) =>
      toJson(own === null ? [recorded ?? event, seq] : [recorded ?? event, seq, own.did]),
    )
    .join(',');
}

/** What the journal is to say of an event. */
export function recordOf(entry: LogEntry): JournalEntry {
  const { event, recorded, own, status, seq, sent, offset, head, rejection } = entry;
  const stored = recorded ?? { ...event, payload: toWire(event.payload) };
  if (status === 'synced') {
    const fed: FeedEvent = { ...stored, seq: seq ?? 0 };
    return own === null ? { kind: 'feed', event: fed } : { kind: 'feed', event: fed, own };
  }
  return {
    kind: 'new',
    event: stored,
    did: own?.did ?? true,
    offset,
    status,
    sent,
    ...(head === null ? {} : { head }),
    ...(rejection === null ? {} : { rejection }),
  };
}
