/** Stores of which one knows whether they have answered all that they were asked for. */
import type { StoreAdapter, StoreFactory } from '../../src/store/db.js';

/** What is asked of some stores. */
export class Watch {
  readonly #asked = new Set<Promise<unknown>>();

  /** The same stores, watched. */
  over(stores: StoreFactory): StoreFactory {
    return (name) => this.#watched(stores(name));
  }

  /** Resolves once all that was asked for has been answered; with false where that was so already. */
  async waited(): Promise<boolean> {
    const busy = this.#asked.size > 0;
    while (this.#asked.size > 0) await Promise.allSettled(this.#asked);
    return busy;
  }

  #watched(adapter: StoreAdapter): StoreAdapter {
    const until = <T>(answer: Promise<T>): Promise<T> => {
      this.#asked.add(answer);
      const answered = (): void => void this.#asked.delete(answer);
      answer.then(answered, answered);
      return answer;
    };
    const sql = adapter.sql?.bind(adapter);
    return {
      shared: adapter.shared,
      load: () => until(adapter.load()),
      append: (text, options) => until(adapter.append(text, options)),
      tail: (after) => until(adapter.tail(after)),
      compact: (compaction, freezing) => until(adapter.compact(compaction, freezing)),
      persist: () => until(adapter.persist()),
      ...(sql === undefined ? {} : { sql: (text, parameters) => until(sql(text, parameters)) }),
      onLost: (listener) => adapter.onLost(listener),
      close: () => until(adapter.close()),
    };
  }
}
