/** Where in the page we are: kept in the address, so that a reload and the back button do what they should. */
import { useSyncExternalStore } from 'react';

/** What there is besides orders. */
export type HousePart = 'plan' | 'staff' | 'reports';

export type Route =
  | { readonly page: 'floor' }
  | { readonly page: 'kitchen' }
  | { readonly page: 'closed' }
  | { readonly page: 'house'; readonly part: HousePart }
  /** A table where nothing was ordered yet. */
  | { readonly page: 'table'; readonly table: number }
  | { readonly page: 'order'; readonly id: string };

export function parseRoute(hash: string): Route {
  const [, page, argument = ''] = hash.split('/');
  if (page === 'closed' || page === 'kitchen') return { page };
  if (page === 'house') {
    return { page, part: argument === 'staff' || argument === 'reports' ? argument : 'plan' };
  }
  if (page === 'orders' && argument !== '') return { page: 'order', id: argument };
  const table = Number(argument);
  if (page === 'tables' && Number.isInteger(table) && table > 0 && table < 1000) return { page: 'table', table };
  return { page: 'floor' };
}

export const floorHref = '#/';
export const kitchenHref = '#/kitchen';
export const closedHref = '#/closed';
export const houseHref = (part: HousePart): string => `#/house/${part}`;
export const tableHref = (table: number): string => `#/tables/${table}`;
export const orderHref = (id: string): string => `#/orders/${id}`;

/** Goes elsewhere without leaving this place in the history of the browser. */
export function replaceRoute(href: string): void {
  history.replaceState(null, '', href);
  window.dispatchEvent(new HashChangeEvent('hashchange'));
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => location.hash);
  return parseRoute(hash);
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener);
  return () => window.removeEventListener('hashchange', listener);
}
