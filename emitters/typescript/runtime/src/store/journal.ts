/**
 * Write-behind with group commit: one append in flight, and all that comes meanwhile goes into the next.
 *
 * A write begins in a *task* after the caller's: begun in a microtask it would run before React's own render, which doubles the time
 * until the screen shows the change.
 */
import { StoreError } from '../errors.js';
import { encodeChunk } from './codec.js';
import type { JournalEntry } from './db.js';
import { Deferred, type Timers } from './timing.js';

/** Entries that go into one chunk together, and who waits for them. */
interface Write {
  readonly entries: readonly JournalEntry[];
  /** The entity whose local events these are; null for what must be kept at any price. */
  readonly entity: string | null;
  readonly flush: boolean;
  readonly done: Deferred;
}

/** What the journal tells its owner. */
export interface JournalListener {
  /** A chunk is on the disk under this key. */
  saved(key: number, text: string, entries: readonly JournalEntry[]): void;
  /** Local events could not be written and are to leave the fold. */
  lost(entries: readonly JournalEntry[], error: unknown): void;
  /** Whether the last write went well; an error that lasts is tried again. */
  health(error: unknown): void;
}

const RETRY_MS = 1000;

/** The queue in front of a store. */
export class Journal {
  readonly #append: (text: string, flush: boolean) => Promise<number>;
  readonly #listener: JournalListener;
  readonly #timers: Timers;
  #queue: Write[] = [];
  #running: Promise<void> | null = null;
  #scheduled = false;
  #retryTimer: unknown = null;
  #closed = false;

  constructor(append: (text: string, flush: boolean) => Promise<number>, listener: JournalListener, timers: Timers) {
    this.#append = append;
    this.#listener = listener;
    this.#timers = timers;
  }

  /** The entries that wait for the disk, in order. */
  get queued(): readonly JournalEntry[] {
    return this.#queue.flatMap(({ entries }) => entries);
  }

  /**
   * Queues entries for the next chunk; resolved once they are saved. With an `entity`, a failed write gives them up and rejects. Without
   * one they stay queued until they are written, and the promise resolves all the same: a disk that takes nothing holds up nobody.
   */
  write(entries: readonly JournalEntry[], options: { entity?: string; flush?: boolean } = {}): Deferred {
    const done = new Deferred();
    this.#queue.push({ entries, entity: options.entity ?? null, flush: options.flush ?? false, done });
    if (this.#closed) this.#giveUp();
    else this.#schedule();
    return done;
  }

  /** Begins to write at once: the page may be about to go. */
  kick(): void {
    if (this.#running === null && this.#queue.length > 0 && !this.#closed) this.#running = this.#run();
  }

  /** Resolves once nothing waits, or what waits cannot be written. */
  async settle(): Promise<void> {
    this.kick();
    while (this.#running !== null) await this.#running;
  }

  /** Runs alone, between two appends. */
  async exclusive<T>(action: () => Promise<T>): Promise<T> {
    await this.settle();
    const result = action();
    const gate = result.then(
      () => {},
      () => {},
    );
    this.#running = gate.then(() => {
      this.#running = null;
      this.#schedule();
    });
    return result;
  }

  /** Writes what waits, then no more: what comes later, or cannot be written, is given up. */
  async close(): Promise<void> {
    this.#timers.clear(this.#retryTimer);
    await this.settle();
    await this.settle(); // what was recorded meanwhile
    this.#closed = true;
    this.#giveUp();
  }

  #giveUp(): void {
    this.#fail([], new StoreError('closed', 'the store was closed before this was saved'));
    this.#queue = [];
  }

  #schedule(): void {
    if (this.#scheduled || this.#running !== null || this.#closed || this.#queue.length === 0) return;
    this.#scheduled = true;
    this.#timers.task(() => {
      this.#scheduled = false;
      this.kick();
    });
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      const writes = this.#queue;
      this.#queue = [];
      const entries = writes.flatMap((write) => write.entries);
      const text = encodeChunk(entries);
      try {
        const key = await this.#append(
          text,
          writes.some(({ flush }) => flush),
        );
        this.#listener.saved(key, text, entries);
        for (const { done } of writes) done.resolve();
        this.#listener.health(null);
      } catch (error) {
        this.#fail(writes, error);
        break;
      }
    }
    this.#running = null;
  }

  /** Local events are given up, and with them the later ones of their entities, which were made on top of them. */
  #fail(writes: readonly Write[], error: unknown): void {
    const all = [...writes, ...this.#queue];
    const entities = new Set(
      (this.#closed ? all : writes).map(({ entity }) => entity).filter((entity) => entity !== null),
    );
    const given = all.filter(({ entity }) => entity !== null && entities.has(entity));
    this.#queue = all.filter(({ entity }) => entity === null || !entities.has(entity));
    this.#listener.lost(
      given.flatMap(({ entries }) => entries),
      error,
    );
    for (const { done } of given) done.reject(error);
    for (const { done } of this.#queue) done.resolve();
    if (this.#closed) return;
    this.#listener.health(error);
    if (this.#queue.length === 0) return;
    this.#timers.clear(this.#retryTimer);
    this.#retryTimer = this.#timers.after(RETRY_MS, () => this.kick());
  }
}
