/** The token: where it comes from, and what happens when the server does not take it. */
import { pause } from '../store/stream.js';
import { Listeners, type Timers } from '../store/timing.js';
import type { TokenSource } from './config.js';

const RETRY_MS = 30_000;
const OFTEN_MS = 5000;

/** Holds the token of one session. */
export class TokenHolder {
  /** Fires when there is a token worth trying. */
  readonly onToken = new Listeners<[]>();
  readonly #source: TokenSource;
  readonly #onAuthError: (() => unknown) | undefined;
  readonly #timers: Timers;
  #token: string | null = null;
  #fetching: Promise<string | null> | null = null;
  #renewed = Number.NEGATIVE_INFINITY;
  #renewing: Promise<void> | null = null;

  constructor(source: TokenSource, onAuthError: (() => unknown) | undefined, timers: Timers) {
    this.#source = source;
    this.#onAuthError = onAuthError;
    this.#timers = timers;
    if (typeof source === 'string') this.#token = source;
  }

  /** The token to send. */
  get(): Promise<string | null> {
    if (this.#token !== null || typeof this.#source !== 'function') return Promise.resolve(this.#token);
    const source = this.#source;
    this.#fetching ??= (async () => source())()
      .then((token) => {
        this.#token = token;
        return token;
      })
      .finally(() => {
        this.#fetching = null;
      });
    return this.#fetching;
  }

  /** Goes on with another token. */
  set(token: string): void {
    this.#token = token;
    this.onToken.emit();
  }

  /** The server refused the token: resolves once there is another, or it is time to try the same again. */
  renew(signal: AbortSignal): Promise<void> {
    this.#renewing ??= this.#renew(signal).finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async #renew(signal: AbortSignal): Promise<void> {
    const refused = this.#token;
    const soon = this.#timers.now() - this.#renewed < OFTEN_MS;
    this.#renewed = this.#timers.now();
    const stop = new AbortController();
    const finish = (): void => stop.abort();
    const unlisten = this.onToken.add(finish);
    signal.addEventListener('abort', finish);
    try {
      if (typeof this.#source === 'function') this.#token = null;
      // A source whose every token is refused is not asked in a tight circle.
      if (soon) await pause(this.#timers, OFTEN_MS, stop.signal);
      if (stop.signal.aborted) return;
      const given = await this.#ask();
      if (stop.signal.aborted) return; // set while it was asked for
      if (typeof given === 'string') return this.set(given);
      const fresh = await this.get().catch(() => null);
      if (fresh !== null && fresh !== refused) return this.onToken.emit();
      await pause(this.#timers, RETRY_MS, stop.signal);
    } finally {
      unlisten();
      signal.removeEventListener('abort', finish);
    }
  }

  async #ask(): Promise<unknown> {
    try {
      return await this.#onAuthError?.();
    } catch {
      return undefined; // the application could not help: the wait goes on
    }
  }
}
