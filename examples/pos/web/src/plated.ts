/**
 * What the kitchen has plated. A note of this screen alone: the order's own states know of sent and paid, and nobody but the kitchen asks
 * which dish of a ticket stands on the pass.
 */
import { useCallback, useState } from 'react';
import type { Order, OrderItem } from './sync/index.js';

const KEY = 'bistro.plated';

/** A line with more of the same added is not done again. */
export function lineKey({ id, quantity }: OrderItem): string {
  return `${id}×${quantity}`;
}

export interface Plated {
  readonly has: (item: OrderItem) => boolean;
  readonly toggle: (item: OrderItem) => void;
  /** All of an order, or, where all of it was, none. */
  readonly toggleAll: (order: Order) => void;
}

/** The plated lines of this screen, which outlive a reload; those of other days are forgotten. */
export function usePlated(): Plated {
  const [keys, setKeys] = useState(load);
  const change = useCallback((items: readonly OrderItem[], plated: boolean): void => {
    setKeys((known) => {
      const next = new Set(known);
      for (const item of items) {
        if (plated) next.add(lineKey(item));
        else next.delete(lineKey(item));
      }
      save(next);
      return next;
    });
  }, []);
  const has = (item: OrderItem): boolean => keys.has(lineKey(item));
  return {
    has,
    toggle: (item) => change([item], !has(item)),
    toggleAll: ({ items }) => change(items, !items.every(has)),
  };
}

function load(): ReadonlySet<string> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? 'null');
    if (typeof value !== 'object' || value === null || !('day' in value) || !('keys' in value)) return new Set();
    if (value.day !== today() || !Array.isArray(value.keys)) return new Set();
    return new Set(value.keys.filter((key) => typeof key === 'string'));
  } catch {
    return new Set();
  }
}

function save(keys: ReadonlySet<string>): void {
  localStorage.setItem(KEY, JSON.stringify({ day: today(), keys: [...keys] }));
}

function today(): string {
  return new Date().toDateString();
}
