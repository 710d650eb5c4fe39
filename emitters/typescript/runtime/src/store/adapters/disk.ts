/**
 * A store as the one thread has it that owns its database: what a database must do, and nothing about tabs.
 *
 * `worker/` puts one behind a worker, for the tabs of a browser; {@link diskStore} uses one where it stands, as in Node.
 */
import type { Compaction, SqlAnswer, StoreAdapter, StoreContents, StoreFactory, Tail } from '../db.js';
import type { SqlValue } from './sql/database.js';

/** Which write this is. */
export interface Ticket {
  /** One of its own for each write. */
  readonly id: string;
  /** It was asked for before and may have been done: whoever answers looks first. */
  readonly again: boolean;
}

/** An open database with one owner. Calls are carried out one after the other; each rejects with `StoreError`. */
export interface Disk {
  load(): Promise<StoreContents>;
  append(text: string, flush: boolean, ticket: Ticket): Promise<number>;
  tail(after: number): Promise<Tail>;
  compact(compaction: Compaction, ticket: Ticket): Promise<boolean>;
  sql(text: string, parameters: readonly SqlValue[], ticket: Ticket): Promise<SqlAnswer>;
  close(): Promise<void>;
}

/** Opens the database of a store by name. */
export type OpenDisk = (name: string) => Promise<Disk>;

/** Stores whose databases are opened in this very thread, and by no other program. */
export function diskStore(open: OpenDisk): StoreFactory {
  return (name) => new DiskAdapter(() => open(name));
}

class DiskAdapter implements StoreAdapter {
  readonly shared = false;
  readonly #open: () => Promise<Disk>;
  #disk: Promise<Disk> | null = null;
  #tickets = 0;

  constructor(open: () => Promise<Disk>) {
    this.#open = open;
  }

  async load(): Promise<StoreContents> {
    return (await this.#opened()).load();
  }

  async append(text: string, { flush }: { readonly flush: boolean }): Promise<number> {
    return (await this.#opened()).append(text, flush, this.#ticket());
  }

  async tail(after: number): Promise<Tail> {
    return (await this.#opened()).tail(after);
  }

  async compact(compaction: Compaction): Promise<boolean> {
    return (await this.#opened()).compact(compaction, this.#ticket());
  }

  async sql(text: string, parameters: readonly SqlValue[]): Promise<SqlAnswer> {
    return (await this.#opened()).sql(text, parameters, this.#ticket());
  }

  async persist(): Promise<boolean> {
    return true;
  }

  onLost(): void {}

  async close(): Promise<void> {
    const disk = await this.#disk?.catch(() => null);
    await disk?.close();
  }

  #opened(): Promise<Disk> {
    this.#disk ??= this.#open().catch((error: unknown) => {
      this.#disk = null; // the next attempt opens anew
      throw error;
    });
    return this.#disk;
  }

  #ticket(): Ticket {
    this.#tickets += 1;
    return { id: String(this.#tickets), again: false };
  }
}
