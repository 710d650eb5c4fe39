/** What of the ledger a compaction keeps, as records for the disk. */

import type { JournalEntry, SnapshotText } from './db.js';
import { EntityLog } from './entityLog.js';
import { type PlannedPart, partOf, recordOf } from './keeping.js';
import type { Ledger } from './ledger.js';
import type { Log } from './log.js';
import type { PageTable } from './pageTable.js';
import { encodePage, pageKey } from './pageWriter.js';

/** What goes into one page. */
interface PlannedPage {
  readonly key: string;
  readonly parts: readonly (readonly [log: Log, part: PlannedPart])[];
}

/** A compaction as planned. */
export interface CompactionPlan {
  readonly journal: readonly JournalEntry[];
  readonly pages: readonly PlannedPage[];
  readonly records: readonly SnapshotText[];
  /** Pages that no longer say anything that counts. */
  readonly drop: readonly string[];
  /** Entities of which nothing is kept. */
  readonly gone: readonly Log[];
}

/** Entities in a page. */
const PAGE_ENTITIES = 100;
const SMALL = PAGE_ENTITIES / 4;
const SMALL_PAGES = 8;
/** How many texts a page may hold, in characters. */
const PAGE_LENGTH = 400_000;

/** Plans pages for all that no page says, with the snapshots that are due, and a journal of the rest. */
export function compactionOf(ledger: Ledger, table: PageTable, everything = false): CompactionPlan {
  const pages: PlannedPage[] = [];
  const records: SnapshotText[] = [];
  const gone: Log[] = [];
  const moving = wasteful(table);
  for (const log of ledger.dirty) if (log.empty && log.page !== null) moving.add(log.page); // or it would be there again
  for (const [type, model] of ledger.models) {
    // What is not checked does not pass for checked by being written again.
    const kinds: [trusted: boolean, parts: [Log, PlannedPart][]][] = [
      [true, []],
      [false, []],
    ];
    const logs = everything || moving.size > 0 ? ledger.logs(type).values() : ledger.dirty;
    for (const log of logs) {
      if (log.model !== model) continue;
      if (!everything && !ledger.dirty.has(log) && !(log.page !== null && moving.has(log.page))) continue;
      const every = model.snapshot?.every ?? Number.POSITIVE_INFINITY;
      const part = log instanceof EntityLog ? partOf(log, every) : log.part();
      if (part === null) gone.push(log);
      else kinds[part.trusted ? 0 : 1]?.[1].push([log, part]);
    }
    for (const [trusted, parts] of kinds) {
      for (const some of inPages(parts)) {
        const key = pageKey(type, table.next());
        pages.push({ key, parts: some });
        const rows = some.map(([log, part]) => [log.id, part] as const);
        records.push({ key, text: encodePage(rows, trusted ? (model.print ?? '') : '') });
      }
    }
  }
  const drop = without(table, [...gone, ...pages.flatMap(({ parts }) => parts.map(([log]) => log))]);
  return { journal: journalOf(ledger), pages, records, drop, gone };
}

/** All that no page holds: the outbox, late events, the clock, the cursor. */
function journalOf(ledger: Ledger): JournalEntry[] {
  const journal: JournalEntry[] = [{ kind: 'clock', offset: ledger.offset }];
  if (ledger.rights.owner !== null) journal.push({ kind: 'rights', owner: ledger.rights.owner });
  for (const { stale } of ledger.needy) journal.push(...stale.map(recordOf));
  // What waits for the disk comes by its own write, or not at all.
  for (const entry of ledger.unsynced.byId.values()) if (entry.saved) journal.push(recordOf(entry));
  if (ledger.overtaken.size > 0) journal.push({ kind: 'overtaken', events: [...ledger.overtaken.values()] });
  if (ledger.dismissed.size > 0) journal.push({ kind: 'discarded', ids: [...ledger.dismissed] });
  if (ledger.cursor !== null) {
    // What is of types that this client has no model of is not in the pages: whoever has one reads it again.
    const types = ledger.cursor.types.filter((type) => ledger.models.has(type));
    journal.push({ kind: 'cursor', cursor: { ...ledger.cursor, types } });
  }
  return journal;
}

function* inPages(parts: readonly [Log, PlannedPart][]): Iterable<[Log, PlannedPart][]> {
  let page: [Log, PlannedPart][] = [];
  let length = 0;
  for (const one of parts) {
    const [, { older, newer, below, tail }] = one;
    page.push(one);
    length += (older?.text?.length ?? 0) + (newer?.text?.length ?? 0) + below.length + tail.length;
    if (page.length < PAGE_ENTITIES && length < PAGE_LENGTH) continue;
    yield page;
    page = [];
    length = 0;
  }
  if (page.length > 0) yield page;
}

/** Pages to be written anew with what else is written: half empty ones, and small ones where there are many. */
function wasteful({ pages }: PageTable): Set<string> {
  const all = [...pages];
  const merge = all.filter(([, { live }]) => live < SMALL).length > SMALL_PAGES;
  const found = all.filter(([, { entities, live }]) => live * 2 < entities || (merge && live < SMALL));
  return new Set(found.map(([key]) => key));
}

/** The pages of which nothing counts any more once these entities are elsewhere. */
function without({ pages }: PageTable, logs: Iterable<Log>): string[] {
  const left = new Map([...pages].map(([key, { live }]) => [key, live]));
  for (const { page } of logs) if (page !== null) left.set(page, (left.get(page) ?? 0) - 1);
  return [...left].filter(([, live]) => live === 0).map(([key]) => key);
}
