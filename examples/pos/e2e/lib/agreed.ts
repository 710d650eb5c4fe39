/** When devices and server are of one mind. */
import type { Sync } from '../../web/src/sync/index.js';
import type { Restaurant } from './restaurant.js';
import { ordersOf } from './tablet.js';
import { until } from './until.js';

/** Waits until all devices hold the orders that the server holds, to the last key. */
export async function agreed(restaurant: Restaurant, ...devices: readonly Sync[]): Promise<void> {
  const differing = async (): Promise<string | undefined> => {
    const remote = text(await restaurant.orders());
    const other = devices.map((device) => text(ordersOf(device))).find((held) => held !== remote);
    return other === undefined ? undefined : `server: ${remote}\ndevice: ${other}`;
  };
  try {
    await until('all devices and the server hold the same', async () => (await differing()) === undefined);
  } catch (error) {
    throw new Error(await differing(), { cause: error });
  }
}

/** What nobody here may see is no difference: a device holds it as its default, the server leaves it out. */
function text(orders: readonly object[]): string {
  return JSON.stringify(sorted(orders.map((order) => ({ ...order, margin_cents: null }))));
}

/** With the keys of every object in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
