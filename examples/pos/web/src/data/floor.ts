/** The tables, as painted on the floor plan. */

export interface Area {
  readonly name: string;
  readonly tables: readonly number[];
}

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

export const areas: readonly Area[] = [
  { name: 'Dining room', tables: range(1, 10) },
  { name: 'Terrace', tables: range(11, 15) },
  { name: 'Bar', tables: range(16, 20) },
];

export const allTables: readonly number[] = areas.flatMap(({ tables }) => tables);
