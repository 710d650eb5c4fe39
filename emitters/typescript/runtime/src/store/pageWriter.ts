/** Pages as they are written; `pages.ts` reads them. */
import { DELETED, type Head, PAGE_END, type Parts, type Row } from './pages.js';
import type { Snap } from './snap.js';

/** The key of a page. */
export function pageKey(entityType: string, number: number): string {
  return `${entityType}/p${number}`;
}

/** A page as text. `print` names the declaration that wrote it. */
export function encodePage(parts: Parts, print: string, separator: string = PAGE_END): string {
  const rows: Row[] = [];
  const texts: string[] = [];
  for (const [id, { older, newer, below, tail, state, count, newest, foreign }, ...place] of parts) {
    const lengths = [below.length, tail.length, count] as const;
    rows.push([
      id,
      headOf(older),
      headOf(newer),
      ...lengths,
      newest ?? 0,
      foreign ? 1 : 0,
      state?.length ?? 0,
      ...place,
    ]);
    texts.push(older?.text ?? '', newer?.text ?? '', below, tail, state ?? '');
  }
  return `${JSON.stringify({ page: 1, print, rows })}${separator}${texts.join('')}`;
}

function headOf(snap: Snap | null): Head | 0 {
  if (snap === null) return 0;
  const { place, seq, count, version, text, trusted } = snap;
  const head = [place.timestamp, place.id, seq, count, version, text === null ? DELETED : text.length] as const;
  return trusted ? head : [...head, 1];
}
