/** The screen that every store is shown on, and how long it takes until it shows a change. */
import type { ReactElement } from 'react';
import { createRoot } from 'react-dom/client';

/** One order, or a list of 100. */
export type View = 'detail' | 'list';

/** An order, as far as it is shown. */
export interface Row {
  readonly id: string;
  readonly table_number: number;
  readonly status: string;
  readonly tip_cents: number;
}

export function Line({ row }: { readonly row: Row }): ReactElement {
  return (
    <li>
      {row.table_number} {row.status} <b>{row.tip_cents}</b>
    </li>
  );
}

export function Lines({ rows }: { readonly rows: readonly Row[] }): ReactElement {
  return (
    <ul>
      {rows.map((row) => (
        <Line key={row.id} row={row} />
      ))}
    </ul>
  );
}

/** Shows a component below the page's body. */
export function mount(component: ReactElement): HTMLElement {
  const root = document.body.appendChild(document.createElement('div'));
  createRoot(root).render(component);
  return root;
}

/** Milliseconds from the call until the DOM below `root` is another. */
export function untilShown(root: HTMLElement, change: () => unknown): Promise<number> {
  return new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      observer.disconnect();
      resolve(performance.now() - begin);
    });
    observer.observe(root, { subtree: true, childList: true, characterData: true });
    const begin = performance.now();
    change();
  });
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
