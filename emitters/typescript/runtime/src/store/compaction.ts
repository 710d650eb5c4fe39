/** What of the ledger a compaction keeps, as records for the disk. */
import { encodeSnapshots, snapshotKey, toWire } from './codec.js';
import type { FeedEvent, JournalEntry, SnapshotPair, SnapshotText } from './db.js';
import { comparePlaces, type EntityLog, type LogEntry } from './entityLog.js';
import type { Ledger } from './ledger.js';

/** A compaction as planned. */
export interface CompactionPlan {
  /** The journal written anew; null: it stays. */
  readonly journal: readonly JournalEntry[] | null;
  readonly snapshots: readonly SnapshotText[];
  /** Records of entities that the server no longer knows. */
  readonly drop: readonly string[];
  /** Entities whose record is then the one on the disk. */
  readonly recorded: readonly EntityLog[];
  /** What each entity goes over to once the plan is carried out. */
  readonly pairs: ReadonlyMap<EntityLog, SnapshotPair>;
}

/** Plans the snapshots that are due and, with `rewrite`, a journal of what they do not stand for. */
export function compactionOf(ledger: Ledger, rewrite: boolean): CompactionPlan {
  const snapshots: SnapshotText[] = [];
  const pairs = new Map<EntityLog, SnapshotPair>();
  const journal: JournalEntry[] = [];
  const drop: string[] = [];
  const recorded: EntityLog[] = [];
  for (const log of ledger.all()) {
    const rule = log.model.snapshot;
    const due = rule !== null && log.sinceSnapshot() >= rule.every;
    const taken = due ? log.takeSnapshot() : null;
    const pair = log.snapshotPair(taken);
    // Snapshots that came with the journal become records of their own before the journal goes.
    const key = snapshotKey(log.model.entity, log.id);
    if (pair !== null && (taken !== null || (rewrite && log.recorded !== 'current'))) {
      snapshots.push({ key, text: encodeSnapshots(pair) });
      recorded.push(log);
      if (taken !== null) pairs.set(log, pair);
    } else if (pair === null && rewrite && log.recorded !== 'none') drop.push(key);
    if (rewrite) keep(log, pair, journal);
  }
  if (!rewrite) return { journal: null, snapshots, drop, recorded, pairs };
  // What waits for the disk comes by its own write, or not at all.
  for (const entry of ledger.outbox.values()) if (entry.saved) journal.push(toEntry(entry));
  journal.push(...ledger.orphans);
  journal.push({ kind: 'clock', offset: ledger.offset });
  if (ledger.cursor !== null) journal.push({ kind: 'cursor', cursor: ledger.cursor });
  return { journal, snapshots, drop, recorded, pairs };
}

/** The events of an entity that its older snapshot does not stand for. */
function keep(log: EntityLog, pair: SnapshotPair | null, journal: JournalEntry[]): void {
  const older = pair?.older ?? null;
  const bound = older && { timestamp: older.last_hlc, id: older.last_event_id };
  for (const entry of [...log.stale, ...log.entries]) {
    if (entry.status === 'pending') continue; // among the outbox
    const covered = entry.status === 'synced' && bound !== null && comparePlaces(entry.event, bound) <= 0;
    if (!covered || log.stale.includes(entry)) journal.push(toEntry(entry));
  }
}

function toEntry(entry: LogEntry): JournalEntry {
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
