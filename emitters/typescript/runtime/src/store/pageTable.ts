/** Which pages there are, and how much of each still counts. */
import type { EntityLog } from './entityLog.js';
import { parsePageKey } from './pages.js';

interface Page {
  readonly entities: number;
  live: number;
}

/** Entities in a page. */
export const PAGE_ENTITIES = 100;
const SMALL = PAGE_ENTITIES / 4;
const SMALL_PAGES = 8;

/** The pages of one store. */
export class PageTable {
  readonly #pages = new Map<string, Page>();
  #next = 1;

  /** The number of the next new page. */
  next(): number {
    return this.#next++;
  }

  /** A page of so many entities is on the disk; none of them counts yet. */
  add(key: string, entities: number): void {
    this.#next = Math.max(this.#next, parsePageKey(key).number + 1);
    this.#pages.set(key, { entities, live: 0 });
  }

  /** An entity's page is now this one. */
  place(log: EntityLog, key: string | null): void {
    this.#count(log.page, -1);
    this.#count(key, 1);
    log.page = key;
  }

  /** Pages to be written anew with what else is written: half empty ones, and small ones where there are many. */
  wasteful(): Set<string> {
    const all = [...this.#pages];
    const merge = all.filter(([, { live }]) => live < SMALL).length > SMALL_PAGES;
    const found = all.filter(([, { entities, live }]) => live * 2 < entities || (merge && live < SMALL));
    return new Set(found.map(([key]) => key));
  }

  /** The pages of which nothing counts any more once these entities are elsewhere. */
  without(logs: Iterable<EntityLog>): string[] {
    const left = new Map([...this.#pages].map(([key, { live }]) => [key, live]));
    for (const { page } of logs) if (page !== null) left.set(page, (left.get(page) ?? 0) - 1);
    return [...left].filter(([, live]) => live === 0).map(([key]) => key);
  }

  /** These pages are gone. */
  remove(keys: readonly string[]): void {
    for (const key of keys) this.#pages.delete(key);
  }

  #count(key: string | null, by: number): void {
    const page = key === null ? undefined : this.#pages.get(key);
    if (page !== undefined) page.live += by;
  }
}
