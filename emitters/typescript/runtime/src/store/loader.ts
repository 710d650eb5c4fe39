/** A ledger from what the disk holds. */
import { decodeChunk, decodeSnapshots } from './codec.js';
import type { StoreContents } from './db.js';
import type { Changes, Ledger } from './ledger.js';

/** What was read. */
export interface LoadResult {
  /** Records and lines that could not be read. */
  readonly damage: number;
  readonly entries: number;
  readonly floor: number;
  /** The last chunk's key. */
  readonly high: number;
}

/** Fills a fresh ledger: snapshots first, then the journal in order. */
export function fill(ledger: Ledger, { floor, chunks, snapshots }: StoreContents, changes: Changes): LoadResult {
  let damage = 0;
  for (const { key, text } of snapshots) if (!restore(ledger, key, text)) damage += 1;
  let entries = 0;
  for (const { text } of chunks) {
    const decoded = decodeChunk(text);
    damage += decoded.damaged;
    entries += decoded.entries.length;
    for (const entry of decoded.entries) ledger.apply(entry, true, changes);
  }
  return { damage, entries, floor, high: Math.max(floor, chunks.at(-1)?.key ?? 0) };
}

/** False where the record is damaged; one of a type that this client has no model of is none of its business. */
function restore(ledger: Ledger, key: string, text: string): boolean {
  const at = key.indexOf('/');
  const type = key.slice(0, at);
  if (!ledger.models.has(type)) return true;
  const pair = decodeSnapshots(text);
  if (pair === null) return false;
  const log = ledger.ensure(type, key.slice(at + 1));
  try {
    log?.restore(pair);
  } catch {
    return false; // a state that is not what its model says
  }
  if (log?.foreign) ledger.foreign = true;
  return true;
}
