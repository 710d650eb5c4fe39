/** Whether the server is really there: asked now and then by the tab that leads, and shown by the status of all. */
import type { Timers } from '../store/timing.js';
import type { StatusParts } from './status.js';

const EVERY_MS = 30_000;
/** An answer that takes so long is a slow one. */
const HIGH_MS = 500;
/** One that takes longer is none. */
const PATIENCE_MS = 10_000;

export interface VerifierOptions {
  /** Resolves once the server answers. */
  readonly ask: (signal: AbortSignal) => Promise<void>;
  readonly timers: Timers;
  readonly report: (parts: Pick<StatusParts, 'isVerified'> & Partial<Pick<StatusParts, 'latency'>>) => void;
}

/** Asks at once, and again every 30 s, for as long as it runs. */
export class Verifier {
  readonly #options: VerifierOptions;
  #life: AbortController | null = null;

  constructor(options: VerifierOptions) {
    this.#options = options;
  }

  /** Begins anew: what an earlier run still waits for says nothing any more. */
  start(): void {
    this.stop();
    this.#life = new AbortController();
    void this.#verify(this.#life.signal);
  }

  stop(): void {
    this.#life?.abort();
    this.#life = null;
  }

  async #verify(signal: AbortSignal): Promise<void> {
    const { ask, timers, report } = this.#options;
    const asked = timers.now();
    const answered = await ask(AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])).then(
      () => true,
      () => false,
    );
    if (signal.aborted) return;
    // How long it takes to learn nothing is no latency.
    const took = timers.now() - asked;
    report(answered ? { isVerified: true, latency: took < HIGH_MS ? 'low' : 'high' } : { isVerified: false });
    const timer = timers.after(EVERY_MS, () => void this.#verify(signal));
    signal.addEventListener('abort', () => timers.clear(timer), { once: true });
  }
}
