/**
 * The effects of the closed vocabulary, as pure functions that the generated reducers call.
 *
 * The law they share: an effect that does nothing returns the very same value it was given, so that a reducer can tell by
 * identity whether the event did something, and with it whether `updated_at` moves.
 */
import { SyncError } from '../errors.js';
import type { EventEnvelope, EventMeta } from '../model.js';

/** What can identify an element of a keyed list. */
export type Key = string | number | bigint;

/** An element of a keyed list. */
export interface Keyed {
  readonly id: Key;
}

const MS_PER_DAY = 86_400_000;

/**
 * The time of a stamp: RFC 3339, UTC, exactly three decimals.
 *
 * Integer arithmetic throughout, because a stamp reaches further than the formats of `Date` that agree with other languages: a
 * year past 9999 is written with a plus sign and as many digits as it has.
 */
export function eventTime(timestamp: string): string {
  const ms = Number(timestamp.slice(0, 15));
  const inDay = ms % MS_PER_DAY;
  const [year, month, day] = civilFromDays((ms - inDay) / MS_PER_DAY);
  const years = year > 9999 ? `+${year}` : pad(year, 4);
  const hour = Math.floor(inDay / 3_600_000);
  const minute = Math.floor(inDay / 60_000) % 60;
  const second = Math.floor(inDay / 1000) % 60;
  return `${years}-${pad(month, 2)}-${pad(day, 2)}T${pad(hour, 2)}:${pad(minute, 2)}:${pad(second, 2)}.${pad(inDay % 1000, 3)}Z`;
}

/** Stands for the application's function in a model that was made without it. */
export function missingReducer(): never {
  throw new SyncError('missing_reducer', 'a custom effect is folded by a model that was made without its function');
}

/** What a `custom` effect learns about the event it applies. */
export function eventMeta(event: EventEnvelope): EventMeta {
  return {
    id: event.id,
    entity_id: event.entity_id,
    timestamp: event.timestamp,
    time: eventTime(event.timestamp),
    user_id: event.user_id,
  };
}

/** Appends to a keyed list; a known id is ignored. */
export function pushKeyed<T extends Keyed>(list: readonly T[], element: T): readonly T[] {
  return list.some((known) => known.id === element.id) ? list : [...list, element];
}

/** Appends to a plain list. */
export function pushPlain<T>(list: readonly T[], element: T): readonly T[] {
  return [...list, element];
}

/** Puts a member at its place in a sorted set; one that it holds is ignored. */
export function addToSet<T extends Key>(set: readonly T[], member: T): readonly T[] {
  const at = placeInSet(set, member);
  return set[at] === member ? set : [...set.slice(0, at), member, ...set.slice(at)];
}

/** Takes the element with this id out of a keyed list. */
export function removeKeyed<T extends Keyed>(list: readonly T[], id: T['id']): readonly T[] {
  return list.some((known) => known.id === id) ? list.filter((known) => known.id !== id) : list;
}

/** Takes every equal value out of a plain list. */
export function removeValue<T>(list: readonly T[], value: T): readonly T[] {
  const rest = list.filter((known) => !equal(known, value));
  return rest.length === list.length ? list : rest;
}

/** Takes a member out of a sorted set. */
export function removeFromSet<T extends Key>(set: readonly T[], member: T): readonly T[] {
  const at = placeInSet(set, member);
  return set[at] === member ? [...set.slice(0, at), ...set.slice(at + 1)] : set;
}

/** Merges fields into the keyed element of this id, whose id stays. */
export function updateKeyed<T extends Keyed>(
  list: readonly T[],
  id: T['id'],
  fields: Partial<Omit<T, 'id'>>,
): readonly T[] {
  if (!list.some((known) => known.id === id)) return list;
  return list.map((known) => (known.id === id ? { ...known, ...fields, id: known.id } : known));
}

/** Appends to a list whose elements `key` tells apart; a known key is ignored. */
export function pushBy<T>(list: readonly T[], element: T, key: (element: T) => Key): readonly T[] {
  const own = key(element);
  return list.some((known) => key(known) === own) ? list : [...list, element];
}

/** Takes the element with this key out. */
export function removeBy<T>(list: readonly T[], wanted: Key, key: (element: T) => Key): readonly T[] {
  const rest = list.filter((known) => key(known) !== wanted);
  return rest.length === list.length ? list : rest;
}

/** Changes the element with this key. */
export function updateBy<T>(
  list: readonly T[],
  wanted: Key,
  key: (element: T) => Key,
  change: (element: T) => T,
): readonly T[] {
  if (!list.some((known) => key(known) === wanted)) return list;
  return list.map((known) => (key(known) === wanted ? change(known) : known));
}

/** Takes out these keys where they are null: the wire leaves them out. */
export function dropNulls<T extends object>(value: T, ...keys: readonly (keyof T)[]): T {
  const nulls = keys.filter((key) => value[key] === null);
  if (nulls.length === 0) return value;
  const rest = { ...value };
  for (const key of nulls) delete rest[key];
  return rest;
}

/** The same keys with other values. */
export function mapValues<K extends string, T, U>(
  map: Readonly<Partial<Record<K, T>>>,
  change: (value: T) => U,
): Readonly<Record<K, U>> {
  const entries = Object.entries<T | undefined>(map).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, change(value)] as const],
  );
  // Its keys are those of the map it was made from.
  return Object.fromEntries(entries) as Readonly<Record<K, U>>;
}

/** What pushing these elements in turn onto an empty keyed list gives. */
export function keyedFromList<T extends Keyed>(elements: readonly T[]): readonly T[] {
  const seen = new Set<Key>();
  return elements.filter((element) => !seen.has(element.id) && seen.add(element.id));
}

/** What adding these members in turn to an empty set gives. */
export function setFromList<T extends Key>(members: readonly T[]): readonly T[] {
  return [...new Set(members)].sort(compareMembers);
}

/**
 * Adds within a range that itself lies within ±(2^53-1).
 *
 * A sum of two safe integers that a double would round lies outside of ±(2^53-1), hence outside of the range: it is clamped, and
 * the rounding never shows.
 */
export function incrementNumber(value: number, by: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value + by)) + 0;
}

/** Adds to a field marked `big` and stays within its type's range. */
export function incrementBig(value: bigint, by: number | bigint, min: bigint, max: bigint): bigint {
  const sum = value + BigInt(by);
  return sum < min ? min : sum > max ? max : sum;
}

/** Whether a machine may move from one state to another. */
export function canTransition(allowed: Readonly<Record<string, readonly string[]>>, from: string, to: string): boolean {
  return Object.hasOwn(allowed, from) && allowed[from]?.includes(to) === true;
}

/** Equality of normal forms: numbers by value, strings by code points, objects whatever the order of their keys. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = Object.entries(a);
  const right = new Map<string, unknown>(Object.entries(b));
  return left.length === right.size && left.every(([key, value]) => right.has(key) && equal(value, right.get(key)));
}

/**
 * Order of strings by Unicode code point.
 *
 * JavaScript's own order is by UTF-16 unit, which puts characters beyond U+FFFF before those from U+E000 on.
 */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rankOfUnit(x) - rankOfUnit(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for the highest code points: moves them above U+E000..U+FFFF. */
function rankOfUnit(unit: number): number {
  return unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

function compareMembers(a: Key, b: Key): number {
  if (typeof a === 'string' && typeof b === 'string') return compareCodePoints(a, b);
  return a < b ? -1 : a > b ? 1 : 0;
}

function placeInSet<T extends Key>(set: readonly T[], member: T): number {
  let low = 0;
  let high = set.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const known = set[middle];
    if (known !== undefined && compareMembers(known, member) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

/** The calendar date of a day counted from 1970-01-01, by Howard Hinnant's algorithm. */
export function civilFromDays(days: number): readonly [year: number, month: number, day: number] {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day];
}
