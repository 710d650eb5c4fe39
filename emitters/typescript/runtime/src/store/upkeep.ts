/** What the leader does for the store: snapshots, a short journal, the repair of what was damaged, a clock that was off. */
import { encodeChunk } from './codec.js';
import { compactionOf } from './compaction.js';
import type { JournalEntry } from './db.js';
import { EntityLog } from './entityLog.js';
import type { EventStore } from './eventStore.js';
import { settle } from './keeping.js';
import { CLOCK_TOLERANCE_MS, type LogEntry } from './logEntry.js';
import type { Mirror } from './mirror.js';
import { movesOf } from './restamp.js';
import { readTail } from './tail.js';

const MANY_CHUNKS = 100;
const MANY_ENTRIES = 500;
/** How often a damaged disk is tried to be written anew while other tabs write to it. */
const HEALINGS = 5;
/** Aborted when the page freezes, and with it all that its stores do; another one when it goes on. */
let freezing = new AbortController();

/** The page is about to stop, or goes on: a compaction that would wait for it, and hold up other tabs, is given up. */
export function pageFreezes(frozen: boolean): void {
  if (frozen) freezing.abort();
  else freezing = new AbortController();
}

/** Whether snapshots are due, or the journal is long. */
export function isCompactionDue({ mirror, ledger }: EventStore): boolean {
  const { size } = ledger.unsynced.byId;
  const chunks = mirror.high - mirror.floor;
  if (chunks >= MANY_CHUNKS + size / 4 || mirror.entriesOnDisk > 1.5 * size + MANY_ENTRIES) return true;
  for (const log of ledger.dirty) {
    const rule = log.model.snapshot;
    if (rule !== null && !log.needsServer && log.sinceSnapshot() >= rule.every) return true;
  }
  return false;
}

/** Takes the snapshots that are due and drops what they allow; false where another tab wrote meanwhile. */
export function compact({ mirror }: EventStore): Promise<boolean> {
  return rewrite(mirror);
}

/**
 * Writes the snapshots that are due, and the journal without what the pages then say; `everything`: all pages, too. False where another
 * tab wrote meanwhile, or the page froze.
 */
function rewrite(mirror: Mirror, everything = false): Promise<boolean> {
  return mirror.journal.exclusive(async () => {
    mirror.urgent = false;
    if (mirror.catchUp !== null) return false;
    const { table, ledger, high: expect } = mirror;
    const { journal, pages, records, drop, gone } = compactionOf(ledger, table, everything);
    const compaction = {
      expect,
      journal: encodeChunk(journal),
      snapshots: records,
      drop: everything ? ('others' as const) : drop,
    };
    const { signal } = freezing;
    const done = await mirror.adapter.compact(compaction, signal).catch((error: unknown) => {
      if (signal.aborted) return false;
      throw error;
    });
    if (!done) return false;
    for (const log of gone) {
      table.place(log, null);
      if (log.empty) ledger.dirty.delete(log);
    }
    for (const { key, parts } of pages) {
      table.add(key, parts.length);
      for (const [log, part] of parts) {
        table.place(log, key);
        const settled = log instanceof EntityLog ? settle(log, part) : log.settle(part, part.revision);
        if (settled) ledger.dirty.delete(log);
      }
    }
    table.remove(drop);
    mirror.entriesOnDisk = journal.length;
    mirror.floor = expect;
    if (everything) mirror.broken = false;
    return true;
  });
}

/** What was found damaged is written anew, without what the server has. */
export async function heal({ mirror }: EventStore): Promise<void> {
  for (let attempt = 0; mirror.broken && attempt < HEALINGS; attempt++) {
    // Other tabs may have told of parts since, and of a cursor that stands for more.
    mirror.forget();
    if (!(await rewrite(mirror, true))) await readTail(mirror);
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
