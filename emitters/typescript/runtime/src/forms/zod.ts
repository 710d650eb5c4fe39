/**
 * The parsers of `schemas/` as zod schemas, for forms: under the same names, taking and giving the same values. Nothing but the forms
 * imports it; zod is a dependency of whoever generates them.
 *
 * Where zod has a kind for something (a string, a number, an object with its shape), the schema is of that kind, so that a form library
 * finds the fields and what bounds them. What zod has no word for is asked of the parser.
 */
import { z } from 'zod';
import { InvalidPayload } from '../errors.js';
import { setFromList } from '../materializers/utils.js';
import * as combine from '../schemas/combine.js';
import * as validate from '../schemas/validate.js';

/** A schema that gives such values. */
export type FormOf<T> = z.ZodType<T>;

type Parser<T> = validate.Parser<T>;
type Shape = Readonly<Record<string, z.ZodType>>;

/** What may be missing: absent, or `undefined` as a form says it, which everything that takes a payload reads as absent. */
type Missing<O extends Shape> = { [K in keyof O]: z.ZodExactOptional<O[K]> };
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** An issue for what a parser refused. */
function issueOf(error: unknown, input: unknown): z.core.$ZodRawIssue {
  if (!(error instanceof InvalidPayload)) throw error;
  const path = error.pointer.split('/').slice(1);
  return {
    code: 'custom',
    message: error.message.slice(error.message.indexOf(': ') + 2),
    path: path.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~')),
    input,
  };
}

/** What zod took goes through the parser, too. */
function by<S extends z.ZodType>(schema: S, parser: Parser<z.output<S>>): S {
  return schema.check((payload) => {
    try {
      payload.value = parser(payload.value, '');
    } catch (error) {
      payload.issues.push(issueOf(error, payload.value));
    }
  });
}

/** A parser as a schema of no kind of zod's. */
function whole<T>(parser: Parser<T>): z.ZodType<T> {
  return z.unknown().transform((value, context) => {
    try {
      return parser(value, '');
    } catch (error) {
      context.issues.push(issueOf(error, value));
      return z.NEVER;
    }
  });
}

/** A schema as a parser, for what is made of others. */
function parserOf<T>(schema: z.ZodType<T>): Parser<T> {
  return (value, at) => {
    const { success, data, error } = schema.safeParse(value);
    if (success) return data;
    const [issue] = error.issues;
    const path = issue?.path.map(String) ?? [];
    throw new InvalidPayload(path.reduce(validate.pointer, at), issue?.message ?? 'refused');
  };
}

// --- Single values --------------------------------------------------------------------------------------------------------------

export const bool = z.boolean();
export const string = by(z.string(), validate.string);
export const char = by(z.string(), validate.char);
export const uuid = by(z.string(), validate.uuid);
export const date = by(z.string(), validate.date);
export const datetime = by(z.string(), validate.datetime);
export const time = by(z.string(), combine.time);
export const localDateTime = by(z.string(), combine.localDateTime);
export const decimal = by(z.string(), validate.decimal);
export const float = z.number();
export const float32 = by(z.number(), validate.float32);
export const json = whole(validate.json);
export const i8 = z.int().min(-128).max(127);
export const i16 = z.int().min(-32_768).max(32_767);
export const i32 = z.int().min(-2_147_483_648).max(2_147_483_647);
export const i64 = z.int();
export const u8 = z.int().min(0).max(255);
export const u16 = z.int().min(0).max(65_535);
export const u32 = z.int().min(0).max(4_294_967_295);
export const u64 = z.int().min(0);
export const bigI64 = whole(combine.bigI64);
export const bigU64 = whole(combine.bigU64);
export const bigI128 = whole(combine.bigI128);
export const bigU128 = whole(combine.bigU128);
export const i8Key = whole(combine.i8Key);
export const i16Key = whole(combine.i16Key);
export const i32Key = whole(combine.i32Key);
export const i64Key = whole(combine.i64Key);
export const i128Key = whole(combine.i128Key);
export const u8Key = whole(combine.u8Key);
export const u16Key = whole(combine.u16Key);
export const u32Key = whole(combine.u32Key);
export const u64Key = whole(combine.u64Key);
export const u128Key = whole(combine.u128Key);

/** One of these strings. */
export function oneOf<const T extends string>(...members: readonly T[]): z.ZodEnum<z.core.util.ToEnum<T>> {
  return z.enum(members);
}

// --- Rules ----------------------------------------------------------------------------------------------------------------------

/** Bounds of a number, both included. */
export function range<S extends z.ZodType<number | bigint>>(
  schema: S,
  min: z.output<S> | null,
  max: z.output<S> | null,
): S {
  const bounds = [min === null ? [] : z.gte(min), max === null ? [] : z.lte(max)].flat();
  return schema.check(...bounds);
}

/** Bounds of a decimal, both included. */
export function decimalRange(schema: z.ZodString, min: string | null, max: string | null): z.ZodString {
  return by(schema, validate.decimalRange(validate.decimal, min, max));
}

/** Bounds of a length: Unicode scalars of a string, elements of a list. */
export function length<S extends z.ZodType<string> | z.ZodType<readonly unknown[]>>(
  schema: S,
  min: number | null,
  max: number | null,
): S {
  const same: Parser<z.output<S>> = (value) => value as z.output<S>; // it is checked already
  return by(schema, validate.length(same, min, max));
}

/** Bounds of how many entries a map has, both included. */
export function entries<T extends object>(schema: z.ZodType<T>, min: number | null, max: number | null): z.ZodType<T> {
  const same: Parser<T> = (value) => value as T; // it is checked already
  return by(schema, combine.entries(same, min, max));
}

/** A string that matches; the expression is anchored by whoever writes it. */
export function pattern(schema: z.ZodString, expression: RegExp): z.ZodString {
  return schema.regex(expression);
}

// --- Of others ------------------------------------------------------------------------------------------------------------------

/** The value, or null. */
export function nullable<S extends z.ZodType>(schema: S): z.ZodNullable<S> {
  return schema.nullable();
}

/** A list of any length. */
export function list<S extends z.ZodType>(element: S): z.ZodArray<S> {
  return z.array(element);
}

/** A list that is a set: without duplicates, sorted. */
export function set<S extends z.ZodType<string | number | bigint>>(member: S): z.ZodArray<S> {
  return z.array(member).overwrite((members) => [...setFromList(members)]);
}

/** A list whose elements a key tells apart: of two with the same, the first stays. */
export function keyedList<S extends z.ZodType<object>, K extends keyof z.output<S>>(element: S, key: K): z.ZodArray<S> {
  return z.array(element).overwrite((elements) => {
    const seen = new Set<unknown>();
    return elements.filter((one) => !seen.has(one[key]) && seen.add(one[key]));
  });
}

/** An array of a fixed length. */
export function array<S extends z.ZodType>(element: S, size: number): z.ZodArray<S> {
  return z.array(element).length(size);
}

/** A tuple, each place of its own type. */
export function tuple<const Places extends readonly [z.ZodType, ...z.ZodType[]]>(
  ...places: Places
): z.ZodTuple<Places, null> {
  return z.tuple(places);
}

/** An object of exactly these keys; any other is refused. */
export function object<R extends Shape>(required: R): z.ZodObject<Mutable<R>, z.core.$strict>;
export function object<R extends Shape, O extends Shape>(
  required: R,
  optional: O,
): z.ZodObject<Mutable<R & Missing<O>>, z.core.$strict>;
export function object(required: Shape, optional: Shape = {}): z.ZodObject<Shape, z.core.$strict> {
  const others = Object.entries(optional).map(([key, schema]) => [key, schema.optional()] as const);
  return z.strictObject({ ...required, ...Object.fromEntries(others) });
}

/** The payload `{}`. */
export const empty = object({});

/** An object of any keys with values of one type. */
export function map<T>(member: z.ZodType<T>): z.ZodType<Readonly<Record<string, T>>> {
  return whole(validate.map(parserOf(member)));
}

/** An object with keys of one type and values of another. */
export function record<T>(key: z.ZodType<string>, member: z.ZodType<T>): z.ZodType<Readonly<Record<string, T>>> {
  return whole(combine.record(parserOf(key), parserOf(member)));
}

/** The same for keys of a closed set, of which some may be missing. */
export function partialRecord<K extends string, T>(
  key: z.ZodType<K>,
  member: z.ZodType<T>,
): z.ZodType<Readonly<Partial<Record<K, T>>>> {
  return whole(combine.partialRecord(parserOf(key), parserOf(member)));
}

/** An object whose keys had other names once. */
export function aliased<T>(aliases: Readonly<Record<string, string>>, schema: z.ZodType<T>): z.ZodType<T> {
  return whole(combine.aliased(aliases, parserOf(schema)));
}

/** A name that was another once. */
export function aliasedName<T>(aliases: Readonly<Record<string, string>>, schema: z.ZodType<T>): z.ZodType<T> {
  return whole(combine.aliasedName(aliases, parserOf(schema)));
}

/** A tagged enum whose tag stands among the fields; each variant reads the whole object. */
export function tagged<T>(tag: string, variants: Readonly<Record<string, z.ZodType<T>>>): z.ZodType<T> {
  return whole(validate.tagged(tag, parsersOf(variants)));
}

/** A member of a tagged enum: the tag is taken off, the rest read, and the member's own name put back. */
export function withTag<Tag extends string, const Name extends string, T extends object>(
  tag: Tag,
  name: Name,
  schema: z.ZodType<T>,
): z.ZodType<T & { readonly [K in Tag]: Name }> {
  return whole(combine.withTag(tag, name, parserOf(schema)));
}

/** An enum in serde's own way: a member without data is its name, any other an object with that one key. */
export function external<T>(units: z.ZodType<T>, members: Readonly<Record<string, z.ZodType<T>>>): z.ZodType<T> {
  return whole(combine.external(parserOf(units), parsersOf(members)));
}

function parsersOf<T>(schemas: Readonly<Record<string, z.ZodType<T>>>): Record<string, Parser<T>> {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, parserOf(schema)]));
}
