/**
 * The ledger in memory and the journal on the disk, held together: loading, other tabs' chunks, compaction.
 *
 * Invariant: the ledger holds all chunks up to `high`, and this tab's own beyond it.
 */

import type { ModelDefinition } from '../model.js';
import { nowhere } from './adapters/nowhere.js';
import { countOf, decodeChunk } from './codec.js';
import type { JournalEntry, StoreAdapter } from './db.js';
import type { Journal } from './journal.js';
import { type Changes, Ledger, noChanges } from './ledger.js';
import { fill } from './loader.js';
import type { Log } from './log.js';
import { PageTable } from './pageTable.js';

/** What the mirror tells its owner. */
export interface MirrorListener {
  /** Another tab's entries were applied. */
  applied(changes: Changes): void;
  /** The ledger is another one; of the disk, so many records and lines could not be read. */
  loaded(changes: Changes, damage: number): void;
  /** A tail could not be read. */
  health(error: unknown): void;
}

/** The two of one store. */
export class Mirror {
  readonly #models: readonly ModelDefinition[];
  readonly #journal: Journal;
  readonly #listener: MirrorListener;
  #adapter: StoreAdapter;
  #ledger: Ledger;
  /** Which pages there are. */
  table = new PageTable();
  /** The last chunk that the ledger holds. */
  high = 0;
  /** The chunk of the last compaction. */
  floor = 0;
  readonly #ownKeys = new Set<number>();
  #catchUp: Promise<void> | null = null;
  /** How many entries the chunks hold. */
  entriesOnDisk = 0;
  /** A snapshot is due at once. */
  urgent = false;
  /** The disk holds what could not be read. */
  broken = false;

  constructor(models: readonly ModelDefinition[], adapter: StoreAdapter, journal: Journal, listener: MirrorListener) {
    this.#models = models;
    this.#adapter = adapter;
    this.#journal = journal;
    this.#listener = listener;
    this.#ledger = new Ledger(models);
  }

  get ledger(): Ledger {
    return this.#ledger;
  }

  get adapter(): StoreAdapter {
    return this.#adapter;
  }

  /** The disk went away: goes on in memory alone, with what is held. */
  abandonDisk(): void {
    this.#adapter = nowhere(this.high);
    this.#ownKeys.clear();
  }

  /** Reads the disk. `then` puts on top what is not on it yet. */
  async load(then?: (ledger: Ledger, changes: Changes) => void): Promise<void> {
    const changes = noChanges();
    const ledger = new Ledger(this.#models);
    const { damage, outdated, table, entries, floor, high } = fill(ledger, await this.#adapter.load(), changes);
    this.broken = damage > 0 || outdated;
    if (this.broken) forget(ledger, changes);
    this.entriesOnDisk = entries;
    then?.(ledger, changes);
    this.#ledger = ledger;
    this.table = table;
    this.floor = floor;
    this.high = high;
    this.#ownKeys.clear();
    this.#listener.loaded(changes, damage);
  }

  /** Another tab saved a chunk. */
  async takeChunk(key: number, text: string): Promise<void> {
    if (key <= this.high || this.#ownKeys.has(key)) return;
    if (key !== this.high + 1 || this.#catchUp !== null) {
      await this.readTail();
      if (key > this.high) await this.readTail(); // the first may have begun before the chunk was there
      return;
    }
    this.high = key;
    this.#apply(text);
  }

  /** Reads what other tabs appended. */
  readTail(): Promise<void> {
    this.#catchUp ??= this.#readTail().finally(() => {
      this.#catchUp = null;
    });
    return this.#catchUp;
  }

  async #readTail(): Promise<void> {
    const { floor, chunks } = await this.#adapter.tail(this.high);
    // Only our own chunk, and that as the very next one, can have been compacted without our missing another tab's.
    const ours = floor === this.high + 1 && this.#ownKeys.has(floor);
    if (floor > this.high && !ours) return this.#reload();
    for (const { key, text } of chunks) {
      if (key <= this.high) continue;
      this.high = key;
      if (!this.#ownKeys.delete(key)) this.#apply(text);
    }
  }

  /** What was compacted away while this tab did not look is read anew, and what it has not saved yet put on top. */
  async #reload(): Promise<void> {
    const journal = this.#journal;
    // Between two appends: what is on the disk is read, and what waits for it is put on top.
    await journal.exclusive(() =>
      this.load((ledger, changes) => {
        for (const entry of journal.queued) ledger.apply(entry, entry.kind !== 'new', changes);
      }),
    );
  }

  #apply(text: string): void {
    const changes = noChanges();
    const { entries } = decodeChunk(text);
    for (const entry of entries) this.#ledger.apply(entry, true, changes);
    this.entriesOnDisk += countOf(entries);
    this.#listener.applied(changes);
  }

  /** A chunk of this tab is on the disk. */
  saved(key: number, entries: readonly JournalEntry[]): void {
    this.entriesOnDisk += countOf(entries);
    if (key === this.high + 1) this.high = key;
    else {
      this.#ownKeys.add(key);
      void this.readTail().catch((error: unknown) => this.#listener.health(error));
    }
  }

  // --- For `upkeep.ts` ------------------------------------------------------------------------------------------------------

  /** An entity changed: its snapshot may be due at once. */
  note(log: Log): void {
    const rule = log.model.snapshot;
    if (rule !== null && !log.needsServer && log.sinceSnapshot() >= rule.max) this.urgent = true;
  }

  /** Runs between two appends. */
  exclusive<T>(action: () => Promise<T>): Promise<T> {
    return this.#journal.exclusive(action);
  }

  /** A tail is being read. */
  get isBehind(): boolean {
    return this.#catchUp !== null;
  }

  /** What came from the server is given up, in memory. */
  forget(): void {
    const changes = noChanges();
    forget(this.#ledger, changes);
    this.#listener.applied(changes);
  }
}

/** What came from the server is read from it again; what is unsynced stays. */
function forget(ledger: Ledger, changes: Changes): void {
  ledger.apply({ kind: 'reset', types: [...ledger.models.keys()] }, true, changes);
  ledger.apply({ kind: 'cursor', cursor: null }, true, changes);
}
