/** Journal entries and snapshots as text: the one place that knows how they look on the disk. */
import { isRecord } from '../schemas/validate.js';
import type { FeedEvent, JournalEntry, Snapshot } from './db.js';
import { isStamp } from './hlc.js';

/** Part of a store's name: a store of another format is another store. */
export const STORE_FORMAT = 1;

/** JSON with `bigint` in the wire's form, a string of digits. */
export function toJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    // Only a `bigint` makes it throw; a replacer for all would make every other value several times slower.
    return JSON.stringify(value, (_key, member: unknown) => (typeof member === 'bigint' ? member.toString() : member));
  }
}

/** A value in the wire's form. */
export function toWire(value: unknown): unknown {
  const parsed: unknown = JSON.parse(toJson(value));
  return parsed;
}

/** What a line begins with that is a pack: the rest would have to be escaped in JSON, and parsed to be had. */
const PACK = '#';
const PACK_HEAD = /^#(\d+):([^\t]*)\t/;

function packLine({ count, type, text }: Extract<JournalEntry, { kind: 'pack' }>): string {
  return `${PACK}${count}:${type}\t${text}`;
}

/** One entry a line: damage to one leaves the others readable. */
export function encodeChunk(entries: readonly JournalEntry[]): string {
  return entries.map((entry) => (entry.kind === 'pack' ? packLine(entry) : toJson(entry))).join('\n');
}

/** How many entries these stand for: a pack stands for each of its events. */
export function countOf(entries: readonly JournalEntry[]): number {
  return entries.reduce((sum, entry) => sum + (entry.kind === 'pack' ? entry.count : 1), 0);
}

/** What a chunk holds, and how many of its lines could not be read. */
export interface DecodedChunk {
  readonly entries: readonly JournalEntry[];
  readonly damaged: number;
}

/** Reads a chunk line by line. */
export function decodeChunk(text: unknown): DecodedChunk {
  if (typeof text !== 'string') return { entries: [], damaged: 1 };
  // A line break in a string is escaped. All at once is faster; where there is damage, or a pack, each line is read for itself.
  const packed = text.startsWith(PACK) || text.includes(`\n${PACK}`);
  const whole = packed ? undefined : parseJson(`[${text.replaceAll('\n', ',')}]`);
  const values = Array.isArray(whole) ? whole : text.split('\n').filter(Boolean).map(parseLine);
  const entries = values.filter(isEntry);
  return { entries, damaged: values.length - entries.length };
}

/** Whether a value has a snapshot's keys; its state is for the model to check. */
export function isSnapshot(value: unknown): value is Snapshot {
  return (
    isRecord(value) &&
    ['entity_type', 'entity_id', 'last_event_id'].every((key) => isText(value[key])) &&
    isStamp(value['last_hlc']) &&
    typeof value['seq'] === 'number' &&
    typeof value['schema_version'] === 'number' &&
    'state' in value
  );
}

/** Whether a value has an event's keys; its payload is for the model to check. */
export function isEvent(value: unknown): value is Record<string, unknown> {
  return (
    isRecord(value) &&
    ['id', 'event_type', 'entity_type', 'entity_id'].every((key) => isText(value[key])) &&
    isStamp(value['timestamp'])
  );
}

function isFed(value: unknown): value is FeedEvent & { readonly own?: unknown } {
  return isEvent(value) && typeof value['seq'] === 'number';
}

/** Checks each kind as far as the engine relies on it: what passes here cannot make it stumble. */
function isEntry(value: unknown): value is JournalEntry {
  if (!isRecord(value)) return false;
  switch (value['kind']) {
    case 'new':
      return isEvent(value['event']) && typeof (value['offset'] ?? 0) === 'number';
    case 'feed':
      return isFed(value['event']);
    case 'base':
      return isSnapshot(value['snapshot']);
    case 'sent':
    case 'accepted':
    case 'discarded':
    case 'mode':
      return isTexts(value['ids']);
    case 'overtaken':
      return Array.isArray(value['events']) && value['events'].every(isEvent);
    case 'rejected':
      return isText(value['id']) && isText(value['code']);
    case 'moved':
      return Array.isArray(value['stamps']) && value['stamps'].every((pair) => isTexts(pair) && isStamp(pair[1]));
    case 'reset':
      return isTexts(value['types']);
    case 'cursor':
      return value['cursor'] === null || (isRecord(value['cursor']) && isText(value['cursor']['cursor']));
    case 'clock':
      return typeof value['offset'] === 'number';
    case 'rights':
      return typeof value['owner'] === 'boolean';
    case 'pack':
      return true; // a page: it is looked into when it is applied
    default:
      return false;
  }
}

/** Whether a value is a string. */
export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText);
}

function parseLine(line: string): unknown {
  const [head, count, type] = PACK_HEAD.exec(line) ?? [];
  return head === undefined
    ? parseJson(line)
    : { kind: 'pack', type, count: Number(count), text: line.slice(head.length) };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
