/** Which pages there are, and how much of each still counts. */
import type { Log } from './log.js';
import { parsePageKey } from './pages.js';

/** What is known of a page. */
export interface Page {
  readonly entities: number;
  live: number;
}

/** The pages of one store. */
export class PageTable {
  readonly pages = new Map<string, Page>();
  #next = 1;

  /** The number of the next new page. */
  next(): number {
    return this.#next++;
  }

  /** A page of so many entities is on the disk; none of them counts yet. */
  add(key: string, entities: number): void {
    this.#next = Math.max(this.#next, parsePageKey(key).number + 1);
    this.pages.set(key, { entities, live: 0 });
  }

  /** An entity's page is now this one. */
  place(log: Log, key: string | null): void {
    this.#count(log.page, -1);
    this.#count(key, 1);
    log.page = key;
  }

  /** These pages are gone. */
  remove(keys: readonly string[]): void {
    for (const key of keys) this.pages.delete(key);
  }

  #count(key: string | null, by: number): void {
    const page = key === null ? undefined : this.pages.get(key);
    if (page !== undefined) page.live += by;
  }
}
