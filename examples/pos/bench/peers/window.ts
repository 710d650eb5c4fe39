/** What the peers' pages give the window: of no library, so that the benchmark compiles without them. */
import type { View } from '../page/view.js';

declare global {
  interface Window {
    readonly livestore: {
      /** From a change to the DOM: milliseconds. */
      readonly toDom: (view: View, count: number) => Promise<readonly number[]>;
      /** Fills a store with the benchmark's log, and waits until its worker has all of it. */
      readonly fill: (storeId: string, total: number) => Promise<void>;
      /** Opens what `fill` made and lists all orders: milliseconds. */
      readonly reopen: (storeId: string) => Promise<number>;
    };
    readonly seed: {
      /** From a change to the DOM, one order: milliseconds. */
      readonly toDom: (count: number) => Promise<readonly number[]>;
      /** Events of the server, a hundred at a time, and the state of each entity that they touch: milliseconds for all. */
      readonly remote: (count: number) => Promise<number>;
    };
  }
}
