/**
 * Primitives that check a value from outside (user, network, disk) and return its normal form.
 *
 * A parser takes the value and the JSON pointer where it stands, and throws `InvalidPayload` with that pointer. Normal form is that
 * of the wire, but for `big` integers, which are `bigint` in memory. What is in normal form already passes unchanged.
 */
import { InvalidPayload } from '../errors.js';
import { civilFromDays, setFromList } from '../materializers/utils.js';

/** Checks a value; `at` is its JSON pointer. */
export type Parser<T> = (value: unknown, at: string) => T;

/** What a parser returns. */
export type Parsed<P> = P extends Parser<infer T> ? T : never;

/** A value of a `serde_json::Value` field. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

type Fields = Readonly<Record<string, Parser<unknown>>>;

/** The type that {@link object} and {@link shape} give for required and optional fields. */
export type ObjectOf<Required extends Fields, Optional extends Fields> = {
  readonly [K in keyof Required]: Parsed<Required[K]>;
} & { readonly [K in keyof Optional]?: Parsed<Optional[K]> };

function fail(at: string, expected: string): never {
  throw new InvalidPayload(at, `expected ${expected}`);
}

/** The pointer of a member of the value at `at`. */
export function pointer(at: string, key: string | number): string {
  return `${at}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** `true` or `false`. */
export const bool: Parser<boolean> = (value, at) => (typeof value === 'boolean' ? value : fail(at, 'true or false'));

// biome-ignore lint/suspicious/noControlCharactersInRegex: U+0000 is what it looks for
const UNSTORABLE = /[\u0000\p{Surrogate}]/u;

/** A string without U+0000 and lone surrogates, which no database and no JSON reader agree on. */
export const string: Parser<string> = (value, at) => {
  if (typeof value !== 'string') fail(at, 'a string');
  if (UNSTORABLE.test(value)) fail(at, 'a string without U+0000 and lone surrogates');
  return value;
};

/** A string of exactly one Unicode scalar. */
export const char: Parser<string> = (value, at) => {
  const text = string(value, at);
  return [...text].length === 1 ? text : fail(at, 'a single character');
};

/** A UUID, in lower case. */
export const uuid: Parser<string> = (value, at) => {
  if (typeof value !== 'string' || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)) fail(at, 'a UUID');
  return value.toLowerCase();
};

/** An integer of a range that lies within ±(2^53-1). */
export function int(min: number = Number.MIN_SAFE_INTEGER, max: number = Number.MAX_SAFE_INTEGER): Parser<number> {
  return (value, at) => {
    if (!Number.isSafeInteger(value) || typeof value !== 'number' || value < min || value > max) {
      fail(at, `an integer from ${min} to ${max}`);
    }
    return value + 0; // -0 becomes 0
  };
}

/** An integer marked `big`: a decimal string on the wire, `bigint` in memory; takes either. */
export function bigInteger(min: bigint, max: bigint): Parser<bigint> {
  return (value, at) => {
    if (typeof value !== 'bigint' && (typeof value !== 'string' || !/^-?\d{1,40}$/.test(value))) {
      fail(at, 'an integer as a string of digits');
    }
    const parsed = BigInt(value);
    return parsed < min || parsed > max ? fail(at, `an integer from ${min} to ${max}`) : parsed;
  };
}

/** A finite number. */
export const float: Parser<number> = (value, at) =>
  typeof value === 'number' && Number.isFinite(value) ? value + 0 : fail(at, 'a finite number');

/** A finite number, rounded to what an `f32` holds. */
export const float32: Parser<number> = (value, at) => {
  const rounded = Math.fround(float(value, at));
  return Number.isFinite(rounded) ? rounded : fail(at, 'a number that 32 bits can hold');
};

/** A calendar date, `YYYY-MM-DD`. */
export const date: Parser<string> = (value, at) => {
  const parts = typeof value === 'string' ? /^(\d{4})-(\d{2})-(\d{2})$/.exec(value) : null;
  if (parts === null || dayNumber(Number(parts[1]), Number(parts[2]), Number(parts[3])) === null) {
    fail(at, 'a date, YYYY-MM-DD');
  }
  return parts[0];
};

const DATETIME = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

/** A time of RFC 3339 with any offset: UTC with exactly three decimals, what is finer cut off. */
export const datetime: Parser<string> = (value, at) => {
  const parts = typeof value === 'string' ? DATETIME.exec(value) : null;
  const of = (index: number): number => Number(parts?.[index] ?? 0);
  const day = parts === null ? null : dayNumber(of(1), of(2), of(3));
  if (parts === null || day === null || of(4) > 23 || of(5) > 59 || of(6) > 59 || of(9) > 23 || of(10) > 59) {
    fail(at, 'a time of RFC 3339');
  }
  const offset = (of(9) * 60 + of(10)) * (parts[8] === '-' ? -1 : 1);
  const minutes = day * 1440 + of(4) * 60 + of(5) - offset;
  const [year, month, dayOfMonth] = civilFromDays(Math.floor(minutes / 1440));
  if (year < 0 || year > 9999) fail(at, 'a time of the years 0000 to 9999');
  const inDay = ((minutes % 1440) + 1440) % 1440;
  const two = (part: number): string => String(part).padStart(2, '0');
  const fraction = (parts[7] ?? '').slice(0, 3).padEnd(3, '0');
  const clock = `${two(Math.floor(inDay / 60))}:${two(inDay % 60)}:${two(of(6))}.${fraction}`;
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(dayOfMonth)}T${clock}Z`;
};

/** Days since 1970-01-01, or null where there is no such date. */
function dayNumber(year: number, month: number, day: number): number | null {
  const shiftedYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(shiftedYear / 400);
  const yearOfEra = shiftedYear - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  const days = era * 146_097 + dayOfEra - 719_468;
  const [y, m, d] = civilFromDays(days);
  return y === year && m === month && d === day ? days : null;
}

/** 2^96, written out: what is computed stays in a bundle that has no decimals. */
const DECIMAL_LIMIT = 79_228_162_514_264_337_593_543_950_336n;

/** A decimal as a string: no exponent, no plus sign, no trailing zeros after the point. */
export const decimal: Parser<string> = (value, at) => {
  const parts = typeof value === 'string' ? /^([+-]?)0*(\d{1,30})(?:\.(?=\d)(\d*?)0*)?$/.exec(value) : null;
  if (parts === null) fail(at, 'a decimal number as a string');
  const whole = parts[2] ?? '0';
  const fraction = parts[3] ?? '';
  if (fraction.length > 28 || BigInt(whole + fraction) >= DECIMAL_LIMIT) fail(at, 'a decimal of at most 96 bits');
  const digits = fraction === '' ? whole : `${whole}.${fraction}`;
  return parts[1] === '-' && digits !== '0' ? `-${digits}` : digits;
};

/** Any JSON value. */
export const json: Parser<Json> = (value, at) => {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return jsonNumber(value, at);
  if (typeof value === 'string') return string(value, at);
  if (Array.isArray(value)) return value.map((element: unknown, index) => json(element, pointer(at, index)));
  return isRecord(value) ? map(json)(value, at) : fail(at, 'a JSON value');
};

/** JSON writes an integer of up to 64 bits as one, which no reader may take for a rounded one. */
const jsonNumber: Parser<number> = (value, at) => {
  const number = float(value, at);
  if (Number.isInteger(number) && !Number.isSafeInteger(number) && number >= -(2 ** 63) && number < 2 ** 64) {
    fail(at, 'an integer within ±(2^53-1); send it as a string');
  }
  return number;
};

/** One of these strings. */
export function oneOf<const T extends string>(...members: readonly T[]): Parser<T> {
  return (value, at) => members.find((member) => member === value) ?? fail(at, `one of ${members.join(', ')}`);
}

/** The value, or null. */
export function nullable<T>(parser: Parser<T>): Parser<T | null> {
  return (value, at) => (value === null ? null : parser(value, at));
}

/** A list of any length. */
export function list<T>(element: Parser<T>): Parser<readonly T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) fail(at, 'a list');
    return value.map((member: unknown, index) => element(member, pointer(at, index)));
  };
}

/** A list that is a set: without duplicates, sorted by code point or by value. */
export function set<T extends string | number | bigint>(member: Parser<T>): Parser<readonly T[]> {
  const members = list(member);
  return (value, at) => setFromList(members(value, at));
}

/** An array of a fixed length. */
export function array<T>(element: Parser<T>, length: number): Parser<readonly T[]> {
  const elements = list(element);
  return (value, at) => {
    const parsed = elements(value, at);
    return parsed.length === length ? parsed : fail(at, `a list of ${length}`);
  };
}

/** A tuple, each place of its own type. */
export function tuple<const Places extends readonly Parser<unknown>[]>(
  ...places: Places
): Parser<{ readonly [K in keyof Places]: Parsed<Places[K]> }> {
  return (value, at) => {
    if (!Array.isArray(value) || value.length !== places.length) fail(at, `a list of ${places.length}`);
    const parsed: unknown = places.map((place, index) => place(value[index], pointer(at, index)));
    // A mapped tuple cannot be built element by element in a way the type system follows.
    return parsed as { readonly [K in keyof Places]: Parsed<Places[K]> };
  };
}

/** An object of any keys with values of one type. */
export function map<T>(parser: Parser<T>): Parser<Readonly<Record<string, T>>> {
  return (value, at) => {
    if (!isRecord(value)) fail(at, 'an object');
    const entries = Object.entries(value).map(
      ([key, member]) => [string(key, at), parser(member, pointer(at, key))] as const,
    );
    return Object.fromEntries(entries); // defines, never assigns: `__proto__` stays an ordinary key
  };
}

/** An object of exactly these keys; any other is refused. */
export function object<R extends Fields, O extends Fields = Record<never, never>>(
  required: R,
  optional?: O,
): Parser<ObjectOf<R, O>> {
  return fields(required, optional, true);
}

/** An object with at least these keys; others, which a newer writer may know, are left out. */
export function shape<R extends Fields, O extends Fields = Record<never, never>>(
  required: R,
  optional?: O,
): Parser<ObjectOf<R, O>> {
  return fields(required, optional, false);
}

function fields<R extends Fields, O extends Fields>(
  required: R,
  optional: O | undefined,
  exact: boolean,
): Parser<ObjectOf<R, O>> {
  // The pointer of each key is made once: to make it for each value would cost more than most checks.
  const needed = Object.entries(required).map(([key, parser]) => [key, parser, pointer('', key)] as const);
  const others = Object.entries(optional ?? {}).map(([key, parser]) => [key, parser, pointer('', key)] as const);
  const known = new Set([...needed, ...others].map(([key]) => key));
  return (value, at) => {
    if (!isRecord(value)) fail(at, 'an object');
    const parsed: Record<string, unknown> = {};
    for (const [key, parser, below] of needed) {
      // A bare `undefined` is what JSON drops: the key counts as absent.
      if (!Object.hasOwn(value, key) || value[key] === undefined) fail(at + below, 'a value');
      parsed[key] = parser(value[key], at + below);
    }
    for (const [key, parser, below] of others) {
      if (Object.hasOwn(value, key) && value[key] !== undefined) parsed[key] = parser(value[key], at + below);
    }
    if (exact) {
      const unknown = Object.keys(value).find((key) => !known.has(key) && value[key] !== undefined);
      if (unknown !== undefined) throw new InvalidPayload(pointer(at, unknown), 'unknown key');
    }
    // Built key by key from the very parsers that the type is computed from.
    return parsed as ObjectOf<R, O>;
  };
}

/** The payload `{}`. */
export const empty: Parser<Readonly<Record<string, never>>> = (value, at) => {
  object({})(value, at);
  return {};
};

/** A tagged enum whose tag stands among the fields (`serde(tag = "…")`); each variant parses the whole object. */
export function tagged<T>(tag: string, variants: Readonly<Record<string, Parser<T>>>): Parser<T> {
  return (value, at) => {
    if (!isRecord(value)) fail(at, 'an object');
    const name = value[tag];
    const variant = typeof name === 'string' && Object.hasOwn(variants, name) ? variants[name] : undefined;
    return variant === undefined
      ? fail(pointer(at, tag), `one of ${Object.keys(variants).join(', ')}`)
      : variant(value, at);
  };
}

/** The first parser that takes the value: for enums tagged by their one key or by a bare string. */
export function firstOf<T>(expected: string, ...parsers: readonly Parser<T>[]): Parser<T> {
  return (value, at) => {
    for (const parser of parsers) {
      try {
        return parser(value, at);
      } catch (error) {
        if (!(error instanceof InvalidPayload)) throw error;
      }
    }
    return fail(at, expected);
  };
}

/** Whether what is read was recorded already, perhaps under other rules. */
let recorded = false;

/**
 * Reads what was recorded, from the network or the disk: its shape is checked, and no rule (`range`, `length`, `pattern`). Rules are for
 * what is about to be recorded; an event that was accepted under looser ones stays readable, and folds as it does on the server.
 */
export function asRecorded<T>(read: () => T): T {
  const before = recorded;
  recorded = true;
  try {
    return read();
  } finally {
    recorded = before;
  }
}

/** A parser with a rule, which throws. */
export function ruled<T>(parser: Parser<T>, rule: (parsed: T, at: string) => void): Parser<T> {
  return (value, at) => {
    const parsed = parser(value, at);
    if (!recorded) rule(parsed, at);
    return parsed;
  };
}

/** Bounds of a number, both included. */
export function range<T extends number | bigint>(parser: Parser<T>, min: T | null, max: T | null): Parser<T> {
  return ruled(parser, (parsed, at) => {
    if (min !== null && parsed < min) fail(at, `at least ${min}`);
    if (max !== null && parsed > max) fail(at, `at most ${max}`);
  });
}

/** Bounds of a decimal, given as decimals in normal form, both included. */
export function decimalRange(parser: Parser<string>, min: string | null, max: string | null): Parser<string> {
  return ruled(parser, (parsed, at) => {
    if (min !== null && compareDecimals(parsed, min) < 0) fail(at, `at least ${min}`);
    if (max !== null && compareDecimals(parsed, max) > 0) fail(at, `at most ${max}`);
  });
}

/** Bounds of a length: Unicode scalars of a string, elements of a list. */
export function length<T extends string | readonly unknown[]>(
  parser: Parser<T>,
  min: number | null,
  max: number | null,
): Parser<T> {
  return ruled(parser, (parsed, at) => {
    const size = [...parsed].length;
    if (min !== null && size < min) fail(at, `a length of at least ${min}`);
    if (max !== null && size > max) fail(at, `a length of at most ${max}`);
  });
}

/** A string that matches; the expression is anchored by whoever writes it. */
export function pattern(parser: Parser<string>, expression: RegExp): Parser<string> {
  return ruled(parser, (parsed, at) => {
    if (!expression.test(parsed)) fail(at, `a string that matches ${expression.source}`);
  });
}

/** Order of decimals in normal form, by value. */
export function compareDecimals(a: string, b: string): number {
  const scale = Math.max(a.split('.')[1]?.length ?? 0, b.split('.')[1]?.length ?? 0);
  const scaled = (decimal: string): bigint => {
    const [whole = '0', fraction = ''] = decimal.split('.');
    return BigInt(whole + fraction.padEnd(scale, '0'));
  };
  const difference = scaled(a) - scaled(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Whether a value is an object with keys. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
