/** No store at all: what the client holds in memory is all there is, and goes with the page. */
import type { StoreAdapter } from '../db.js';

/** `high`: the keys of the store that it takes the place of go up to here. */
export function nowhere(high = 0): StoreAdapter {
  let last = high;
  return {
    shared: false,
    load: async () => ({ floor: 0, chunks: [], snapshots: [] }),
    append: async () => ++last,
    tail: async () => ({ floor: 0, chunks: [] }),
    compact: async ({ expect }) => expect === last,
    persist: async () => false,
    onLost: () => {},
    close: async () => {},
  };
}
