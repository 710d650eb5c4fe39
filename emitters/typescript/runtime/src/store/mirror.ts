/**
 * The ledger in memory and the journal on the disk, held together. What other tabs append is read by `tail.ts`.
 *
 * Invariant: the ledger holds all chunks up to `high`, and this tab's own beyond it.
 */

import type { ModelDefinition } from '../model.js';
import { nowhere } from './adapters/nowhere.js';
import { countOf } from './codec.js';
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
  /** A chunk of another tab, which the ledger lacks, lies before one of this tab's. */
  behind(): void;
}

/** The two of one store. */
export class Mirror {
  readonly #models: readonly ModelDefinition[];
  readonly journal: Journal;
  readonly listener: MirrorListener;
  adapter: StoreAdapter;
  ledger: Ledger;
  /** Which pages there are. */
  table = new PageTable();
  /** The last chunk that the ledger holds. */
  high = 0;
  /** The chunk of the last compaction. */
  floor = 0;
  /** Chunks of this tab beyond `high`. */
  readonly ownKeys = new Set<number>();
  /** A tail that is being read. */
  catchUp: Promise<void> | null = null;
  /** How many entries the chunks hold. */
  entriesOnDisk = 0;
  /** A snapshot is due at once. */
  urgent = false;
  /** The disk holds what could not be read. */
  broken = false;

  constructor(models: readonly ModelDefinition[], adapter: StoreAdapter, journal: Journal, listener: MirrorListener) {
    this.#models = models;
    this.adapter = adapter;
    this.journal = journal;
    this.listener = listener;
    this.ledger = new Ledger(models);
  }

  /** The disk went away: goes on in memory alone, with what is held. */
  abandonDisk(): void {
    this.adapter = nowhere(this.high);
    this.ownKeys.clear();
  }

  /** Reads the disk. `then` puts on top what is not on it yet. */
  async load(then?: (ledger: Ledger, changes: Changes) => void): Promise<void> {
    const changes = noChanges();
    const ledger = new Ledger(this.#models);
    const { damage, outdated, table, entries, floor, high } = fill(ledger, await this.adapter.load(), changes);
    this.broken = damage > 0 || outdated;
    if (this.broken) forget(ledger, changes);
    this.entriesOnDisk = entries;
    then?.(ledger, changes);
    this.ledger = ledger;
    this.table = table;
    this.floor = floor;
    this.high = high;
    this.ownKeys.clear();
    this.listener.loaded(changes, damage);
  }

  /** A chunk of this tab is on the disk. */
  saved(key: number, entries: readonly JournalEntry[]): void {
    this.entriesOnDisk += countOf(entries);
    if (key === this.high + 1) this.high = key;
    else {
      this.ownKeys.add(key);
      this.listener.behind();
    }
  }

  /** An entity changed: its snapshot may be due at once. */
  note(log: Log): void {
    const rule = log.model.snapshot;
    if (rule !== null && !log.needsServer && log.sinceSnapshot() >= rule.max) this.urgent = true;
  }

  /** What came from the server is given up, in memory. */
  forget(): void {
    const changes = noChanges();
    forget(this.ledger, changes);
    this.listener.applied(changes);
  }
}

/** What came from the server is read from it again; what is unsynced stays. */
function forget(ledger: Ledger, changes: Changes): void {
  ledger.apply({ kind: 'reset', types: [...ledger.models.keys()] }, true, changes);
  ledger.apply({ kind: 'cursor', cursor: null }, true, changes);
}
