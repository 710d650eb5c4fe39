/** The token: where it comes from, and what happens when the server does not take it. */
import { SyncError } from '../errors.js';
import { pause } from '../store/stream.js';
import { Listeners, type Timers } from '../store/timing.js';
import type { TokenSource } from './config.js';

const RETRY_MS = 30_000;
const OFTEN_MS = 5000;
/** An application that takes longer to come up with a token gives none. */
const PATIENCE_MS = 15_000;

/** Holds the token of one session. */
export class TokenHolder {
  /** Fires when there is a token worth trying. */
  readonly onToken = new Listeners<[]>();
  readonly #source: TokenSource;
  readonly #onAuthError: (() => unknown) | undefined;
  readonly #timers: Timers;
  /** Goes up with each token that is set. */
  edition = 0;
  #token: string | null = null;
  #fetching: Promise<string | null> | null = null;
  #renewed = Number.NEGATIVE_INFINITY;
  #renewing: Promise<void> | null = null;
  #seeking = false;
  #refused: string | null = null;

  constructor(source: TokenSource, onAuthError: (() => unknown) | undefined, timers: Timers) {
    this.#source = source;
    this.#onAuthError = onAuthError;
    this.#timers = timers;
    if (typeof source === 'string') this.#token = source;
  }

  /** The token held now. */
  get current(): string | null {
    return this.#token;
  }

  /** The token to send. Rejects where its source does, or says nothing for too long. */
  get(): Promise<string | null> {
    if (this.#token !== null || typeof this.#source !== 'function') return Promise.resolve(this.#token);
    const source = this.#source;
    this.#fetching ??= this.#patiently(async () => source())
      .then((token) => {
        this.#token ??= token; // one that was set meanwhile is newer
        return this.#token;
      })
      .finally(() => {
        this.#fetching = null;
      });
    return this.#fetching;
  }

  /** Goes on with another token. */
  set(token: string): void {
    this.#token = token;
    this.edition += 1;
    this.onToken.emit();
  }

  /** Another tab has this token: worth a try where our own was refused. */
  offer(token: string): void {
    if (this.#renewing !== null && token !== this.#refused) this.set(token);
  }

  /**
   * The server refused the token, which was sent when {@link edition} stood at `edition`: resolves once there is another, or it is time
   * to try the same again.
   */
  async renew(signal: AbortSignal, edition = this.edition): Promise<void> {
    if (edition !== this.edition) return; // set meanwhile
    this.#renewing ??= this.#renew(signal).finally(() => {
      this.#renewing = null;
    });
    await this.#renewing;
  }

  /** The server refused this token of a single request: whether there is another, or comes one while it is worth waiting for. */
  async another(refused: string | null, signal: AbortSignal): Promise<boolean> {
    const isAnother = (token: string | null): boolean => token !== null && token !== refused && !signal.aborted;
    if (isAnother(this.#token)) return true;
    if (typeof this.#source !== 'function' && this.#onAuthError === undefined) return false; // nobody to ask
    await this.renew(signal);
    return isAnother(await this.get().catch(() => null));
  }

  async #renew(signal: AbortSignal): Promise<void> {
    this.#refused = this.#token;
    const soon = this.#timers.now() - this.#renewed < OFTEN_MS;
    this.#renewed = this.#timers.now();
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    const unlisten = this.onToken.add(() => stop.abort());
    try {
      if (typeof this.#source === 'function') this.#token = null;
      // A source whose every token is refused is not asked in a tight circle.
      if (soon) await pause(this.#timers, OFTEN_MS, either);
      if (either.aborted) return;
      if (!this.#seeking) {
        this.#seeking = true;
        void this.#seek(either).finally(() => {
          this.#seeking = false;
        });
      }
      await pause(this.#timers, RETRY_MS, either); // another token ends it
    } finally {
      unlisten();
    }
  }

  /** Asks the application, which may ask its user and take its time, then the source. */
  async #seek(signal: AbortSignal): Promise<void> {
    const given = await (async () => this.#onAuthError?.())().catch(() => null);
    if (typeof given === 'string') return this.set(given);
    if (signal.aborted) return; // set while it was asked for
    const fresh = await this.get().catch(() => null);
    if (!signal.aborted && fresh !== null && fresh !== this.#refused) this.set(fresh);
  }

  async #patiently<T>(ask: () => Promise<T>): Promise<T> {
    const answered = new AbortController();
    const late = pause(this.#timers, PATIENCE_MS, answered.signal).then((): never => {
      throw new SyncError('no_token', `the token's source said nothing for ${PATIENCE_MS / 1000} s`);
    });
    try {
      return await Promise.race([ask(), late]);
    } finally {
      answered.abort();
      late.catch(() => {});
    }
  }
}
