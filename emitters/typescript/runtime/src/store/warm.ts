/** Entities that are held parsed: the least recently used ones go back to being text. */
import type { Log } from './log.js';
import type { Timers } from './timing.js';

/** How many entities are held parsed. */
const LIMIT = 1000;

/** Keeps the parsed entities of a store few. */
export class Warm {
  readonly #limit: number;
  readonly #timers: Timers;
  /** The least recently used first. */
  readonly #logs = new Set<Log>();
  /** At how many it is time to look again. */
  #mark: number;

  /** `logs`: some may have been looked at already. */
  constructor(logs: Iterable<Log>, timers: Timers, limit = LIMIT) {
    this.#limit = limit;
    this.#timers = timers;
    this.#mark = 2 * limit;
    for (const log of logs) if (!('asleep' in log && log.asleep)) this.use(log);
  }

  /** An entity was looked at. */
  use(log: Log): void {
    this.#logs.delete(log);
    this.#logs.add(log);
    if (this.#logs.size !== this.#mark) return;
    this.#mark = Number.POSITIVE_INFINITY;
    this.#timers.task(() => this.#cool());
  }

  /** All are forgotten. */
  clear(): void {
    this.#logs.clear();
    this.#mark = 2 * this.#limit;
  }

  #cool(): void {
    let excess = this.#logs.size - this.#limit;
    for (const log of this.#logs) {
      if (excess-- <= 0) break;
      if (log.rest()) this.#logs.delete(log);
    }
    // Those that no page says yet are to be looked at again when there are many more.
    this.#mark = Math.max(2 * this.#limit, this.#logs.size + this.#limit);
  }
}
