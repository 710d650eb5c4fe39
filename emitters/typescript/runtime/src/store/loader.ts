/** A ledger from what the disk holds. */
import { countOf, decodeChunk } from './codec.js';
import type { StoreContents } from './db.js';
import type { Changes, Ledger } from './ledger.js';
import { decodePage, parsePageKey } from './pages.js';
import { PageTable } from './pageTable.js';

/** What was read. */
export interface LoadResult {
  /** Records and lines that could not be read. */
  readonly damage: number;
  /** Records that an older version of this client wrote: what they hold is read from the server again. */
  readonly outdated: boolean;
  readonly table: PageTable;
  /** Journal entries. */
  readonly entries: number;
  readonly floor: number;
  /** The last chunk's key. */
  readonly high: number;
}

/** Fills a fresh ledger: pages first, then the journal in order. */
export function fill(
  ledger: Ledger,
  { floor, chunks, snapshots, damaged = false }: StoreContents,
  changes: Changes,
): LoadResult {
  const table = new PageTable();
  let damage = damaged ? 1 : 0;
  let outdated = false;
  const pages = snapshots.map(({ key, text }) => ({ key, text, ...parsePageKey(key) }));
  // What a newer page says of an entity is what counts.
  for (const { key, text, type, number } of pages.sort((a, b) => b.number - a.number)) {
    const model = ledger.models.get(type);
    if (Number.isNaN(number)) outdated = true;
    if (model === undefined || Number.isNaN(number)) continue;
    const parts = decodePage(text, model.print ?? '');
    if (parts === null) damage += 1;
    table.add(key, parts?.length ?? 0);
    for (const [id, part] of parts ?? []) {
      const log = ledger.ensure(type, id);
      if (log === null || log.page !== null) continue;
      log.restore(part);
      table.place(log, key);
      // An update may have brought what was missing to read it.
      if (part.foreign || !part.trusted) ledger.foreign ||= log.foreign;
    }
  }
  let entries = 0;
  for (const { text } of chunks) {
    const decoded = decodeChunk(text);
    damage += decoded.damaged;
    entries += countOf(decoded.entries);
    for (const entry of decoded.entries) ledger.apply(entry, true, changes);
  }
  damage += changes.damage;
  return { damage, outdated, table, entries, floor, high: Math.max(floor, chunks.at(-1)?.key ?? 0) };
}
