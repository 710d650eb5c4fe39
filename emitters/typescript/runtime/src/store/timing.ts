/** Time, tasks and chance, as far as the engine uses them: one place to put a test's own. */

/**
 * A promise to be settled from outside. It is made when somebody asks for it, for most changes are never waited for; one that
 * rejects troubles only those who did.
 */
export class Deferred {
  #promise: Promise<void> | null = null;
  #settled: 'resolved' | 'rejected' | null = null;
  #error: unknown;
  #resolve: () => void = nothing;
  #reject: (error: unknown) => void = nothing;

  get promise(): Promise<void> {
    if (this.#promise !== null) return this.#promise;
    this.#promise = new Promise((resolve, reject) => {
      if (this.#settled === 'resolved') resolve();
      else if (this.#settled === 'rejected') reject(this.#error);
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#promise.catch(nothing);
    return this.#promise;
  }

  resolve(): void {
    this.#settled ??= 'resolved';
    this.#resolve();
  }

  reject(error: unknown): void {
    if (this.#settled === null) this.#error = error;
    this.#settled ??= 'rejected';
    this.#reject(error);
  }
}

function nothing(): void {}

/** Where time comes from. */
export interface Timers {
  /** The device's wall clock: Unix milliseconds, an integer. */
  readonly now: () => number;
  /** Runs later; what it returns is for {@link Timers.clear} alone. */
  readonly after: (ms: number, action: () => void) => unknown;
  readonly clear: (timer: unknown) => void;
  /** Runs in the next task, once what the caller began has rendered. */
  readonly task: (action: () => void) => void;
  /** From 0 up to 1. */
  readonly random: () => number;
}

/** The timers of the platform. */
export const platformTimers: Timers = {
  now: () => Date.now(),
  after: (ms, action) => setTimeout(action, ms),
  clear: (timer) => {
    // A timer is whatever the platform's `setTimeout` gave: a number in browsers, an object in Node.
    if (timer !== null && timer !== undefined) clearTimeout(timer as ReturnType<typeof setTimeout>);
  },
  task: (action) => {
    nextTask ??= taskRunner();
    nextTask(action);
  },
  random: () => Math.random(),
};

/** How to run something in the next task; chosen once, for a window takes long to say that it lacks something. */
let nextTask: Timers['task'] | undefined;

/** A zero timeout is clamped to 4 ms when nested, and a microtask is too early: a message is a task without delay. */
function taskRunner(): Timers['task'] {
  // Known by shape alone: a project for browsers has no types of Node.
  const { setImmediate } = globalThis as unknown as { readonly setImmediate?: Timers['task'] };
  if (setImmediate !== undefined) return setImmediate;
  if (typeof MessageChannel === 'undefined') return (action) => void setTimeout(action);
  const tasks: (() => void)[] = [];
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => tasks.shift()?.();
  return (action) => {
    tasks.push(action);
    port2.postMessage(null);
  };
}

/** Exponential backoff with full jitter: somewhere up to 1 s, then 2 s, and so on to `max`; never less than a twentieth. */
export function backoffMs(attempt: number, max: number, random: () => number): number {
  const ceiling = Math.min(max, 1000 * 2 ** Math.min(attempt, 20));
  return Math.round(ceiling * (0.05 + 0.95 * random()));
}

/** Listeners of one thing. */
export class Listeners<T extends readonly unknown[]> {
  readonly #all = new Set<(...args: T) => void>();

  /** Adds a listener; returns what removes it. */
  add(listener: (...args: T) => void): () => void {
    const own = (...args: T): void => listener(...args); // one listener may be added twice
    this.#all.add(own);
    return () => {
      this.#all.delete(own);
    };
  }

  get size(): number {
    return this.#all.size;
  }

  /** Calls all; one that throws does not keep the others from being called. */
  emit(...args: T): void {
    for (const listener of [...this.#all]) {
      try {
        listener(...args);
      } catch (error) {
        reportLater(error);
      }
    }
  }
}

/** An error of the application's own callback goes where its uncaught errors go. */
function reportLater(error: unknown): void {
  if (typeof reportError === 'function') reportError(error);
  else console.error(error);
}
