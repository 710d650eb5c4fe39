/** Medians with their spread, as an aligned table. */

/** A median, the smallest and the largest. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** One line of the table. */
export interface Line {
  readonly what: string;
  readonly ours: Spread;
  readonly unit: string;
  /** What it is held against. */
  readonly against: string;
  readonly ratio: Spread | null;
  readonly aim: string;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

function show({ median: middle, min, max }: Spread, unit: string): string {
  const digits = middle >= 10 ? 1 : 2;
  const text = `${middle.toFixed(digits)}${unit}`;
  return min === max ? text : `${text} (${min.toFixed(digits)} to ${max.toFixed(digits)})`;
}

/** Prints lines below a title. */
export function print(lines: readonly Line[], title: string): void {
  const rows = [
    ['', 'client', 'against', 'ratio', 'aim'],
    ...lines.map(({ what, ours, unit, against, ratio, aim }) => [
      what,
      show(ours, ` ${unit}`),
      against,
      ratio === null ? '' : show(ratio, 'x'),
      aim,
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  console.log(title);
  for (const row of rows)
    console.log(`  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
}
