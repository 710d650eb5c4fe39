/** What one state says otherwise than another, path by path. */
import { equal } from '../materializers/utils.js';
import { isRecord } from '../schemas/validate.js';

/** One value that differs; undefined where there is none on that side. */
export interface Difference {
  /** Keys from the root; an element of a list by its id, where it has one. */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** The differences between two values, in the order of their keys. */
export function differences(before: unknown, after: unknown, path = ''): Difference[] {
  if (equal(before, after)) return [];
  const [left, right] = [members(before), members(after)];
  if (left === null || right === null) return [{ path, before, after }];
  const keys = new Set([...left.keys(), ...right.keys()]);
  return [...keys].flatMap((key) => differences(left.get(key), right.get(key), path === '' ? key : `${path}.${key}`));
}

/** The parts of a record, or of a list whose elements have ids: what else there is, is one value. */
function members(value: unknown): Map<string, unknown> | null {
  if (Array.isArray(value)) {
    const named = value.map((element: unknown) => [isRecord(element) ? element['id'] : undefined, element] as const);
    if (!named.every(([id]) => typeof id === 'string')) return null;
    return new Map(named.map(([id, element]) => [String(id), element]));
  }
  return isRecord(value) ? new Map(Object.entries(value)) : null;
}
