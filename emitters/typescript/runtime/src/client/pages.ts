/** Pages of REST lists: what is asked for, and what comes. */
import type { Query } from './http.js';

/** A page of a REST list. */
export interface Page<State> {
  readonly data: readonly State[];
  /** To be given as `after` for the next page; null: this is the last. */
  readonly next: string | null;
}

/** What a list is filtered and sorted by: a value, not several. */
type Single = string | number | boolean | bigint | null;

/** The fields of a state that hold a single value. */
export type SingleField<State> = {
  [Field in keyof State & string]-?: Exclude<State[Field], undefined> extends Single ? Field : never;
}[keyof State & string];

/** Which states of a REST list: by equality of fields, in which order, from where. */
export interface PageQuery<State> {
  readonly where?: { readonly [Field in SingleField<State>]?: Exclude<State[Field], undefined> };
  /** A field; with a minus sign, downwards. */
  readonly orderBy?: SingleField<State> | `-${SingleField<State>}`;
  readonly after?: string | null;
  /** 100 unless set, at most 1000. */
  readonly limit?: number;
}

/** What is asked for, whoever checked its types. */
export interface LooseQuery {
  readonly where?: object | undefined;
  readonly orderBy?: string | undefined;
  readonly after?: string | null | undefined;
  readonly limit?: number | undefined;
}

/** A query as the server reads it. */
export function pageParameters({ where = {}, orderBy, after, limit }: LooseQuery): Query {
  return { ...filtersOf(where), order_by: orderBy, after, limit };
}

/** Filters as text, the same for the same filters. */
export function filtersOf(where: object): Readonly<Record<string, string>> {
  const given = Object.entries(where).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.sort(([a], [b]) => (a < b ? -1 : 1)).map(([field, value]) => [field, String(value)]));
}
