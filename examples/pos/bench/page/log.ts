/** What a server of the benchmark has logged. */

/** What an event may say. */
interface Payload {
  readonly table_number?: number;
  readonly by?: number;
  readonly note?: string;
  readonly item?: { readonly id: string; readonly name: string; readonly price_cents: number };
}

/** An event of the feed, as far as it is looked at here. */
export interface Logged {
  readonly id: string;
  readonly event_type: string;
  readonly entity_id: string;
  readonly payload: Payload;
  readonly timestamp: string;
}

/** How many orders there are. */
export const ORDERS = 100;
const FIRST_MS = 1_763_712_000_000;

/** What a server has logged: 100 orders, and so many events of them, at random: of ten, three add an item, six a tip, one writes a note. */
export function eventLog(count: number): readonly Logged[] {
  const total = ORDERS + count;
  const ids = Array.from({ length: ORDERS }, () => crypto.randomUUID());
  let seed = 1;
  const random = (): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const change = (at: number): readonly [type: string, payload: Payload] => {
    const dice = random();
    if (dice < 0.6) return ['order.tip_added', { by: 1 }];
    if (dice < 0.7) return ['order.note_changed', { note: `Allergic to dish ${at % 40}` }];
    return ['order.item_added', { item: { id: crypto.randomUUID(), name: `Dish ${at % 40}`, price_cents: 1250 } }];
  };
  return Array.from({ length: total }, (_, at) => {
    const created = at < ORDERS;
    const id = crypto.randomUUID();
    const [event_type, payload] = created ? ['order.created', { table_number: at }] : change(at);
    return {
      id,
      event_type,
      entity_type: 'order',
      entity_id: ids[created ? at : Math.floor(ORDERS * random())] ?? '',
      payload,
      timestamp: stampOf(at),
      schema_version: 1,
      user_id: 'other',
      idempotency_key: id,
      seq: at + 1,
    };
  });
}

/** The stamp of an event by its place. */
export const stampOf = (at: number): string => `${String(FIRST_MS + at).padStart(15, '0')}.00000.9f3c2a10`;
/** Its time. */
export const timeOf = (at: number): string => new Date(FIRST_MS + at).toISOString();
