/** What was measured in several rounds, ours and theirs in turns. */
import { type Line, median, type Spread, spread } from './table.js';

/** Of each round its median; of those the spread. */
export class Measure {
  readonly #ours: number[] = [];
  readonly #baseline: number[] = [];

  add(ours: readonly number[], baseline: readonly number[]): void {
    this.#ours.push(median(ours));
    this.#baseline.push(median(baseline));
  }

  get ours(): Spread {
    return spread(this.#ours);
  }

  get baseline(): Spread {
    return spread(this.#baseline);
  }

  /** How many of so many a second. */
  perSecond(count: number): Spread {
    return spread(this.#ours.map((ms) => (count * 1000) / ms));
  }

  /** The same of what it is held against. */
  baselinePerSecond(count: number): Spread {
    return spread(this.#baseline.map((ms) => (count * 1000) / ms));
  }

  get ratio(): Spread {
    return spread(this.#ours.map((value, round) => value / (this.#baseline[round] ?? Number.NaN)));
  }
}

/** A line of milliseconds. */
export function timed(what: string, measure: Measure, against: string, aim: number): Line {
  return {
    what,
    ours: measure.ours,
    unit: 'ms',
    against: `${against} ${measure.baseline.median.toFixed(2)} ms`,
    ratio: measure.ratio,
    aim: `<= ${aim}x`,
  };
}
