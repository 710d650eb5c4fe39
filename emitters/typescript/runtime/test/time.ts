/** Time that passes when a test says so. */
import type { Timers } from '../src/store/timing.js';

interface Alarm {
  readonly at: number;
  readonly ms: number;
  readonly action: () => void;
}

/** Timers over a clock that a test moves. */
export class VirtualTime {
  #now = 1_700_000_000_000;
  readonly #alarms = new Set<Alarm>();
  readonly timers: Timers;

  constructor(random: () => number) {
    this.timers = {
      now: () => this.#now,
      after: (ms, action) => {
        const alarm = { at: this.#now + ms, ms, action };
        this.#alarms.add(alarm);
        return alarm;
      },
      clear: (timer) => void this.#alarms.delete(timer as Alarm), // what `after` gave
      task: (action) => soon(action),
      random,
    };
  }

  now(): number {
    return this.#now;
  }

  /** How many timers are set, of other lengths than this one. */
  pendingBut(length: number): number {
    return [...this.#alarms].filter(({ ms }) => ms !== length).length;
  }

  /** Lets the next timer come. */
  next(): void {
    let first: Alarm | null = null;
    for (const alarm of this.#alarms) if (first === null || alarm.at < first.at) first = alarm;
    if (first === null) return;
    this.#alarms.delete(first);
    this.#now = Math.max(this.#now, first.at);
    first.action();
  }

  /** Resolves once everything that needs no timer has happened. */
  async settle(): Promise<void> {
    for (let i = 0; i < 12; i++) await new Promise<void>((resolve) => soon(resolve));
  }
}

/** Runs in a task of its own, without a timer: in Node, and in a page. */
const soon: (action: () => void) => void =
  typeof setImmediate === 'function' ? (action) => void setImmediate(action) : byMessage();

function byMessage(): (action: () => void) => void {
  const { port1, port2 } = new MessageChannel();
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()?.();
  return (action) => {
    waiting.push(action);
    port2.postMessage(null);
  };
}
