/** Parsers for what a declaration adds to plain values: widths of integers, names that changed, defaults, keys, tags. */
import { InvalidPayload } from '../errors.js';
import { bigInteger, date, int, isRecord, list, type Parser, pointer, ruled, string } from './validate.js';

export const i8: Parser<number> = int(-128, 127);
export const i16: Parser<number> = int(-32_768, 32_767);
export const i32: Parser<number> = int(-2_147_483_648, 2_147_483_647);
/** 64 bits that a JSON number carries: within ±(2^53-1). */
export const i64: Parser<number> = int();
export const u8: Parser<number> = int(0, 255);
export const u16: Parser<number> = int(0, 65_535);
export const u32: Parser<number> = int(0, 4_294_967_295);
export const u64: Parser<number> = int(0);
/** 64 bits as a string of digits. */
export const bigI64: Parser<bigint> = bigInteger(-(2n ** 63n), 2n ** 63n - 1n);
export const bigU64: Parser<bigint> = bigInteger(0n, 2n ** 64n - 1n);
/** The same of 128 bits. */
export const bigI128: Parser<bigint> = bigInteger(-(2n ** 127n), 2n ** 127n - 1n);
export const bigU128: Parser<bigint> = bigInteger(0n, 2n ** 128n - 1n);

/** The key of a map that is an integer: its digits. */
function intKey(parser: Parser<bigint>): Parser<string> {
  return (value, at) => String(parser(string(value, at), at));
}

export const i8Key: Parser<string> = intKey(bigInteger(-128n, 127n));
export const i16Key: Parser<string> = intKey(bigInteger(-32_768n, 32_767n));
export const i32Key: Parser<string> = intKey(bigInteger(-(2n ** 31n), 2n ** 31n - 1n));
export const i64Key: Parser<string> = intKey(bigI64);
export const u8Key: Parser<string> = intKey(bigInteger(0n, 255n));
export const u16Key: Parser<string> = intKey(bigInteger(0n, 65_535n));
export const u32Key: Parser<string> = intKey(bigInteger(0n, 2n ** 32n - 1n));
export const u64Key: Parser<string> = intKey(bigU64);
export const i128Key: Parser<string> = intKey(bigI128);
export const u128Key: Parser<string> = intKey(bigU128);

/** A time of day, `08:00:00.000`: what is finer than a millisecond is cut off. */
export const time: Parser<string> = (value, at) => {
  const parts = typeof value === 'string' ? /^(\d\d):(\d\d):(\d\d)(?:\.(\d+))?$/.exec(value) : null;
  if (parts === null || Number(parts[1]) > 23 || Number(parts[2]) > 59 || Number(parts[3]) > 59) {
    throw new InvalidPayload(at, 'expected a time of day, HH:MM:SS');
  }
  return `${parts[1]}:${parts[2]}:${parts[3]}.${(parts[4] ?? '').slice(0, 3).padEnd(3, '0')}`;
};

/** A date and time of day without a zone, `2026-11-21T08:00:00.000`. */
export const localDateTime: Parser<string> = (value, at) => {
  const [day, clock, more] = typeof value === 'string' ? value.split('T') : [];
  if (more !== undefined) throw new InvalidPayload(at, 'expected a date and a time of day');
  return `${date(day, at)}T${time(clock, at)}`;
};

/** An object that may lack some keys: those get these values. */
export function withDefaults<T>(defaults: Readonly<Record<string, unknown>>, parser: Parser<T>): Parser<T> {
  return (value, at) => parser(isRecord(value) ? { ...defaults, ...value } : value, at);
}

/** An object whose keys had other names once: `aliases` leads from those to the present ones. */
export function aliased<T>(aliases: Readonly<Record<string, string>>, parser: Parser<T>): Parser<T> {
  return (value, at) => {
    if (!isRecord(value)) return parser(value, at);
    const renamed = { ...value };
    for (const [alias, name] of Object.entries(aliases)) {
      if (!Object.hasOwn(renamed, alias) || Object.hasOwn(renamed, name)) continue;
      renamed[name] = renamed[alias];
      delete renamed[alias];
    }
    return parser(renamed, at);
  };
}

/** A name that was another once. */
export function aliasedName<T>(aliases: Readonly<Record<string, string>>, parser: Parser<T>): Parser<T> {
  return (value, at) => parser(typeof value === 'string' && Object.hasOwn(aliases, value) ? aliases[value] : value, at);
}

/** An object with keys of one type and values of another. */
export function record<T>(key: Parser<string>, member: Parser<T>): Parser<Readonly<Record<string, T>>> {
  return (value, at) => {
    if (!isRecord(value)) throw new InvalidPayload(at, 'expected an object');
    const known = new Set<string>();
    const members = Object.entries(value).map(([sent, inner]) => {
      const name = key(sent, pointer(at, sent));
      if (known.has(name)) throw new InvalidPayload(pointer(at, sent), 'the key is there twice');
      known.add(name);
      return [name, member(inner, pointer(at, sent))] as const;
    });
    return Object.fromEntries(members);
  };
}

/** The same for keys of a closed set, of which some may be missing. */
export function partialRecord<K extends string, T>(
  key: Parser<K>,
  member: Parser<T>,
): Parser<Readonly<Partial<Record<K, T>>>> {
  const members = record(key, member);
  return (value, at) => {
    const parsed: Partial<Record<string, T>> = members(value, at);
    // Its keys are what the key's parser returned.
    return parsed as Readonly<Partial<Record<K, T>>>;
  };
}

/** A list whose elements a key tells apart: of two with the same, the first stays. */
export function keyedList<T, K extends keyof T>(element: Parser<T>, key: K): Parser<readonly T[]> {
  const elements = list(element);
  return (value, at) => {
    const seen = new Set<T[K]>();
    return elements(value, at).filter((one) => !seen.has(one[key]) && seen.add(one[key]));
  };
}

/** Bounds of how many entries a map has, both included. */
export function entries<T extends object>(parser: Parser<T>, min: number | null, max: number | null): Parser<T> {
  return ruled(parser, (parsed, at) => {
    const size = Object.keys(parsed).length;
    if (min !== null && size < min) throw new InvalidPayload(at, `expected at least ${min} entries`);
    if (max !== null && size > max) throw new InvalidPayload(at, `expected at most ${max} entries`);
  });
}

/** A member of a tagged enum: the tag is taken off, the rest parsed, and the member's own name put back. */
export function withTag<Tag extends string, const Name extends string, T extends object>(
  tag: Tag,
  name: Name,
  parser: Parser<T>,
): Parser<T & { readonly [K in Tag]: Name }> {
  return (value, at) => {
    const { [tag]: _, ...rest } = isRecord(value) ? value : {};
    const parsed: object = { ...parser(rest, at), [tag]: name };
    // A computed key is more than the type system follows.
    return parsed as T & { readonly [K in Tag]: Name };
  };
}

/** An enum in serde's own way: a member without data is its name, any other an object with that one key. */
export function external<T>(units: Parser<T>, members: Readonly<Record<string, Parser<T>>>): Parser<T> {
  return (value, at) => {
    if (!isRecord(value)) return units(value, at);
    const [name, ...others] = Object.keys(value);
    const member = name !== undefined && Object.hasOwn(members, name) ? members[name] : undefined;
    if (member === undefined || others.length > 0) {
      throw new InvalidPayload(at, `expected one of ${Object.keys(members).join(', ')}`);
    }
    return member(value, at);
  };
}
