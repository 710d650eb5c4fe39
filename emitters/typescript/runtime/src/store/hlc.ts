/** The hybrid logical clock: stamps that sort as causes do, and stay near the wall clock. */
import { SyncError } from '../errors.js';

/** How far ahead of the wall clock a stamp may be where drift is checked. */
export const MAX_DRIFT_MS = 60_000;

const MAX_COUNTER = 99_999;
const STAMP = /^(\d{15})\.(\d{5})\.([0-9a-f]{8})$/;

/** A stamp taken apart. */
export interface Stamp {
  readonly ms: number;
  readonly counter: number;
  readonly node: string;
}

/** Takes a stamp apart; anything else throws `invalid_timestamp`. */
export function parseStamp(text: string): Stamp {
  const parts = STAMP.exec(text);
  if (parts?.[3] === undefined) throw new SyncError('invalid_timestamp', `not a stamp: ${JSON.stringify(text)}`);
  return { ms: Number(parts[1]), counter: Number(parts[2]), node: parts[3] };
}

/** Whether a string is a stamp. */
export function isStamp(text: unknown): text is string {
  return typeof text === 'string' && STAMP.test(text);
}

/** Writes a stamp; stamps of this form compare as strings. */
export function formatStamp(ms: number, counter: number, node: string): string {
  return `${String(ms).padStart(15, '0')}.${String(counter).padStart(5, '0')}.${node}`;
}

/** Eight hexadecimal digits at random: a node is drawn anew by each tab or process. */
export function randomNode(random: () => number = Math.random): string {
  return Math.floor(random() * 0x1_0000_0000)
    .toString(16)
    .padStart(8, '0');
}

/** A clock of one node. */
export class HybridClock {
  readonly node: string;
  #ms = 0;
  #counter = 0;

  constructor(node: string, start: string | null = null) {
    this.node = node;
    if (start !== null) this.reset(start);
  }

  /** Goes to a stamp, forward or back, unchecked: how a clock starts again, or follows a moved store. */
  reset(stamp: string | null): void {
    const { ms, counter } = stamp === null ? { ms: 0, counter: 0 } : parseStamp(stamp);
    this.#set(ms, counter);
  }

  /** A stamp later than every one given or received before. */
  now(wall: number): string {
    if (wall > this.#ms) this.#set(wall, 0);
    else this.#set(this.#ms, this.#counter + 1);
    return formatStamp(this.#ms, this.#counter, this.node);
  }

  /** Takes in another node's stamp; with a `maxDrift`, one too far ahead throws `clock_drift` and changes nothing. */
  receive(wall: number, remote: string, maxDrift: number | null = null): void {
    const { ms, counter } = parseStamp(remote);
    if (maxDrift !== null && ms > wall + maxDrift) {
      throw new SyncError('clock_drift', `stamp is ${ms - wall} ms ahead of the clock`);
    }
    const latest = Math.max(this.#ms, ms, wall);
    if (latest === this.#ms && latest === ms) this.#set(latest, Math.max(this.#counter, counter) + 1);
    else if (latest === this.#ms) this.#set(latest, this.#counter + 1);
    else if (latest === ms) this.#set(latest, counter + 1);
    else this.#set(latest, 0);
  }

  #set(ms: number, counter: number): void {
    this.#ms = counter > MAX_COUNTER ? ms + 1 : ms;
    this.#counter = counter > MAX_COUNTER ? 0 : counter;
  }
}
