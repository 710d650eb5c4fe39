/** Packs: events of the feed by entity, with the state to which they lead, as one line of the journal. */
import type { FeedEvent, JournalEntry } from './db.js';
import { EntityLog } from './entityLog.js';
import { encodeEvents, stateText } from './keeping.js';
import type { Ledger } from './ledger.js';
import { PACK_END, type Parts } from './pages.js';
import { encodePage } from './pageWriter.js';
import { isAfter } from './snap.js';

/** A state goes with its events unless it is longer than they are by so much: a large one is not written with every page. */
const STATE_PER_EVENTS = 2;

/**
 * Events of the feed that were just applied as packs, and what else there was as it was.
 *
 * Lines of events would have to be parsed and folded anew by every start.
 */
export function packed(ledger: Ledger, entries: readonly JournalEntry[]): readonly JournalEntry[] {
  const byLog = new Map<EntityLog, FeedEvent[]>();
  for (const entry of entries) {
    if (entry.kind !== 'feed') continue;
    const { event } = entry;
    const log = ledger.log(event.entity_type, event.entity_id);
    if (!(log instanceof EntityLog)) continue; // what a mode of its own makes of events is its own
    const events = byLog.get(log);
    if (events === undefined) byLog.set(log, [event]);
    else events.push(event);
  }
  const byType = new Map<string, { readonly print: string; readonly parts: Parts[number][] }>();
  const done = new Set<string>();
  for (const [log, events] of byLog) {
    const { entity, print } = log.model;
    const part = print === undefined ? null : partOf(log, events);
    if (part === null || print === undefined) continue;
    const making = byType.get(entity) ?? { print, parts: [] };
    byType.set(entity, making);
    making.parts.push(part);
    for (const { id } of events) done.add(id);
  }
  const packs = [...byType].map(([type, { print, parts }]): JournalEntry => {
    const count = parts.reduce((sum, [, part]) => sum + part.count, 0);
    return { kind: 'pack', type, count, text: encodePage(parts, print, PACK_END) };
  });
  return [...packs, ...entries.filter((entry) => entry.kind !== 'feed' || !done.has(entry.event.id))];
}

/** What a pack says of an entity; null unless these are the last of its events, in the order of the fold, and all of them others'. */
function partOf(log: EntityLog, events: readonly FeedEvent[]): Parts[number] | null {
  const { entries } = log;
  const ids = new Set(events.map(({ id }) => id));
  const first = entries.length - ids.size;
  const last = entries.slice(Math.max(0, first));
  const follows = first >= 0 && last.every(({ event, own }) => ids.has(event.id) && own === null);
  const top = log.newer ?? log.older;
  const begin = last[0];
  if (!follows || begin === undefined || !isAfter(begin.event, top) || log.needsServer) return null;
  if (!entries.every(({ status, readable }) => status === 'synced' && readable)) return null;
  const tail = encodeEvents(last);
  const text = log.model.plain ? stateText(log) : null;
  const state = text !== null && text.length <= STATE_PER_EVENTS * tail.length ? text : null;
  const newest = last.at(-1)?.event.timestamp ?? null;
  const part = { older: null, newer: null, below: '', tail, state, newest, foreign: false, trusted: true };
  const before = entries[first - 1]?.event.timestamp ?? '';
  const after = top !== null && top.place.timestamp > before ? top.place.timestamp : before;
  return [log.id, { ...part, count: last.length }, log.total() - last.length, after === '' ? 0 : after];
}
