/**
 * Pages: one record of the disk for many entities, with all that is kept of them from the server.
 *
 * A page is a line of JSON that says where everything lies, then one text of states and events. Opening a store reads the first line and
 * cuts the rest into pieces; a piece is parsed when somebody asks for it. An entity that changed is written to a new page, and what an
 * older page says of it counts no more. A line of the journal may be a page as well, a *pack*: with events of the feed that follow on what
 * the store holds. Pages of one type hold nothing else: a client that does not know the type leaves them alone.
 */
import { isRecord } from '../schemas/validate.js';
import { isText } from './codec.js';
import { isStamp } from './hlc.js';
import type { Snap } from './snap.js';

/** What is kept of an entity from the server. */
export interface Part {
  /** The two latest snapshots; the fold starts at `newer`. */
  readonly older: Snap | null;
  readonly newer: Snap | null;
  /** Events after `older` up to `newer`, a line each. */
  readonly below: string;
  /** Events after both. */
  readonly tail: string;
  /** The state after all of them, so that a list need not fold; null where the snapshot is that, or nobody had folded. */
  readonly state: string | null;
  /** How many. */
  readonly count: number;
  /** The stamp of the last of them. */
  readonly newest: string | null;
  /** Something in it cannot be read by the client that wrote it. */
  readonly foreign: boolean;
  /** All of it but the snapshots, which say so themselves, was checked by the declaration that is in force. */
  readonly trusted: boolean;
}

/**
 * Parts that go into one page. In a pack, `from` and `after`: how many events of the feed were there before, and the stamp of the last of
 * them, if any. Only where that is so still does the part follow on what is held.
 */
export type Parts = readonly (readonly [id: string, part: Part, from?: number, after?: string | 0])[];

/** A snapshot in the first line of a page, and how long its text is; `raw`: it is as the server gave it, and was not checked. */
export type Head = readonly [
  stamp: string,
  event: string,
  seq: number,
  count: number,
  version: number,
  length: number,
  raw?: 1,
];
/** An entity there: its snapshots, and how long its texts are. */
export type Row = readonly [
  id: string,
  older: Head | 0,
  newer: Head | 0,
  below: number,
  tail: number,
  count: number,
  newest: string | 0,
  foreign: 0 | 1,
  state?: number,
  from?: number,
  after?: string | 0,
];

/** What stands between the first line and the texts: in a record of its own, and in a line of the journal. */
export const [PAGE_END, PACK_END] = ['\n', '\t'] as const;

/** The length of the text of a state that was deleted. */
export const DELETED = -1;

/** The type and number of a page; the number is NaN where the record is none. */
export function parsePageKey(key: string): { readonly type: string; readonly number: number } {
  const [type = '', number = ''] = key.split('/p');
  return { type, number: Number(number || Number.NaN) };
}

/** The parts of a page; null where it is damaged. Their texts are not looked into. */
export function decodePage(text: string, print: string, separator: string = PAGE_END): Parts | null {
  const end = text.indexOf(separator) + 1;
  try {
    const head: unknown = JSON.parse(text.slice(0, end));
    if (!isRecord(head) || head['page'] !== 1 || !Array.isArray(head['rows'])) return null;
    const trusted = print !== '' && head['print'] === print;
    let at = end;
    const cut = (length: number): string => {
      at += length;
      return text.slice(at - length, at);
    };
    const snap = (row: Head | 0): Snap | null => {
      if (row === 0) return null;
      const [timestamp, id, seq, count, version, length, raw] = row;
      const text = length === DELETED ? null : cut(length);
      return { place: { timestamp, id }, seq, count, version, text, trusted: trusted && !raw };
    };
    const parts: Parts[number][] = [];
    for (const row of head['rows']) {
      if (!isRow(row)) return null;
      const [id, older, newer, below, tail, count, newest, foreign, state = 0, from = 0, after = 0] = row;
      // In the order in which they were written.
      const part = {
        older: snap(older),
        newer: snap(newer),
        below: cut(below),
        tail: cut(tail),
        state: cut(state) || null,
        count,
        newest: newest || null,
        foreign: foreign === 1,
        trusted,
      };
      parts.push([id, part, from, after]);
    }
    return at === text.length ? parts : null;
  } catch {
    return null;
  }
}

function isRow(row: unknown): row is Row {
  return (
    Array.isArray(row) &&
    isText(row[0]) &&
    isHead(row[1]) &&
    isHead(row[2]) &&
    row.slice(3, 6).every(Number.isInteger) &&
    (row[6] === 0 || isStamp(row[6])) &&
    Number.isInteger(row[8] ?? 0)
  );
}

function isHead(head: unknown): boolean {
  return (
    head === 0 ||
    (Array.isArray(head) && isStamp(head[0]) && isText(head[1]) && head.slice(2, 6).every(Number.isInteger))
  );
}
