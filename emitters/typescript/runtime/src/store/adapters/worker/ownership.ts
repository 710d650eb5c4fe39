/**
 * Which tab owns a store's files: the one that holds a lock, in the order of asking. A tab that closes or crashes loses it by itself; one
 * that is frozen, or kept for the way back, must give it up, for it would hold the files and serve nobody.
 */
import { StoreError } from '../../../errors.js';

/** What a tab does about ownership. */
export interface OwnerActions {
  /** The files are this tab's. */
  readonly gained: () => void;
  /** The page stops within this very task: whatever holds files must be ended now. */
  readonly dropped: () => void;
  /** The page goes on, and stands in the queue again. */
  readonly resumed: () => void;
}

/** One tab's place in the queue for a store's files. */
export class Ownership {
  readonly #name: string;
  readonly #actions: OwnerActions;
  #place: AbortController | null = null;
  readonly #ends: (() => void)[] = [];

  constructor(name: string, actions: OwnerActions) {
    this.#name = name;
    this.#actions = actions;
  }

  /** Stands in the queue, and listens to the page's life. */
  join(): void {
    this.#queue();
    if (this.#ends.length > 0 || typeof document === 'undefined') return;
    this.#on(document, 'freeze', () => this.#stop());
    this.#on(document, 'resume', () => this.#resume());
    this.#on(window, 'pagehide', (event) => {
      if (event instanceof PageTransitionEvent && event.persisted) this.#stop();
    });
    this.#on(window, 'pageshow', (event) => {
      if (event instanceof PageTransitionEvent && event.persisted) this.#resume();
    });
  }

  /** Gives up the files, or the place in the queue, and stands at its end again. */
  rejoin(): void {
    this.#leave();
    this.#queue();
  }

  /** Gives up the files, or the place in the queue. */
  close(): void {
    this.#leave();
    for (const end of this.#ends.splice(0)) end();
  }

  #queue(): void {
    const place = new AbortController();
    this.#place = place;
    const { signal } = place;
    const held = (): Promise<void> =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        signal.addEventListener('abort', () => resolve());
        this.#actions.gained();
      });
    navigator.locks.request(this.#name, { signal }, held).catch(() => {}); // left the queue
  }

  #leave(): void {
    this.#place?.abort();
    this.#place = null;
  }

  #stop(): void {
    if (this.#place === null) return;
    this.#actions.dropped();
    this.#leave();
  }

  #resume(): void {
    if (this.#place !== null) return;
    this.#queue();
    this.#actions.resumed();
  }

  #on(target: EventTarget, type: string, action: (event: Event) => void): void {
    target.addEventListener(type, action);
    this.#ends.push(() => target.removeEventListener(type, action));
  }
}

/** Why files cannot be owned here; null where they can. */
export function cannotOwn(): StoreError | null {
  const here = typeof navigator === 'undefined' ? undefined : navigator;
  const able = here?.locks !== undefined && here.storage?.getDirectory !== undefined;
  if (able && typeof BroadcastChannel !== 'undefined' && typeof Worker !== 'undefined') return null;
  return new StoreError('storage_unavailable', 'this browser has no private file system that tabs can share');
}
