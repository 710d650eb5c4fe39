/** Lists that are kept in order. */

/** Where an item stands, or would stand, in a sorted list. The end is tried first: what is new mostly comes last. */
export function placeIn<T>(list: readonly T[], item: T, compare: (a: T, b: T) => number): number {
  let low = 0;
  let high = list.length;
  const last = list[high - 1];
  if (last === undefined || compare(last, item) < 0) return high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const known = list[middle];
    if (known !== undefined && compare(known, item) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
