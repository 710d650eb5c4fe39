/** What the leader does for the store: snapshots, a short journal, the repair of what was damaged, a clock that was off. */
import { compactionOf } from './compaction.js';
import type { JournalEntry } from './db.js';
import type { EventStore } from './eventStore.js';
import { CLOCK_TOLERANCE_MS, type LogEntry } from './logEntry.js';
import { movesOf } from './restamp.js';

const MANY_CHUNKS = 100;
const MANY_ENTRIES = 500;
/** How often a damaged disk is tried to be written anew while other tabs write to it. */
const HEALINGS = 5;

/** Whether snapshots are due, or the journal is long. */
export function isCompactionDue({ mirror, ledger }: EventStore): boolean {
  const { size } = ledger.unsynced.byId;
  const { chunks, entries } = mirror.backlog;
  if (chunks >= MANY_CHUNKS + size / 4 || entries > 1.5 * size + MANY_ENTRIES) return true;
  for (const log of ledger.dirty) {
    const rule = log.model.snapshot;
    if (rule !== null && !log.needsServer && log.sinceSnapshot() >= rule.every) return true;
  }
  return false;
}

/** Takes the snapshots that are due and drops what they allow; false where another tab wrote meanwhile. */
export function compact({ mirror }: EventStore): Promise<boolean> {
  return mirror.compact(compactionOf);
}

/** What was found damaged is written anew, without what the server has. */
export async function heal({ mirror }: EventStore): Promise<void> {
  for (let attempt = 0; mirror.broken && attempt < HEALINGS; attempt++) {
    // Other tabs may have told of parts since, and of a cursor that stands for more.
    mirror.forget();
    if (!(await mirror.compact(compactionOf, true))) await mirror.readTail();
  }
}

/**
 * Takes a new estimate of the server's clock and moves what bears stamps of a wrong one, and the `refused` events, which the server
 * found too far ahead; all in one chunk.
 */
export async function correct(store: EventStore, offset: number, refused: readonly LogEntry[] = []): Promise<void> {
  const { ledger, clock } = store;
  const stamps = movesOf(ledger, { offset, present: store.present(offset), node: clock.node, refused });
  if (stamps.length === 0 && Math.abs(offset - ledger.offset) <= CLOCK_TOLERANCE_MS) {
    ledger.offset = offset; // a small correction is not worth a write
    return;
  }
  const told: JournalEntry = { kind: 'clock', offset };
  await store.commit(stamps.length === 0 ? [told] : [told, { kind: 'moved', stamps, retry: false }]);
}
