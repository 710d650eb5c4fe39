/** What a waiter can do to an order. What is refused is said, and nothing was recorded then. */
import { useCallback, useMemo } from 'react';
import type { Dish } from './data/menu.js';
import { useOrderMutations } from './sync/hooks/index.js';
import { type Mutation, newUuid, type Order, type OrderItem, type OrderStatus, SyncError } from './sync/index.js';
import { useToast } from './toast.js';
import { refusalWords } from './words.js';

/** Opens a table with a first dish; returns the new order's id, null where that did not work. */
export function useOpenTable(): (table: number, dish: Dish) => string | null {
  const { create } = useOrderMutations();
  const attempt = useAttempt();
  return useCallback(
    (table, { name, price_cents }) => {
      const items = [{ id: newUuid(), name, price_cents }];
      return attempt(() => create({ table_number: table, items }))?.entityId ?? null;
    },
    [create, attempt],
  );
}

export interface OrderActions {
  readonly add: (dish: Dish) => void;
  readonly setQuantity: (item: OrderItem, quantity: number) => void;
  readonly remove: (item: OrderItem) => void;
  readonly move: (table: number) => void;
  readonly note: (note: string | null) => void;
  readonly tip: (cents: number) => void;
  readonly change: (status: OrderStatus) => void;
  readonly archive: () => void;
}

/** The changes of one order. */
export function useOrderActions({ id, items }: Order): OrderActions {
  const mutations = useOrderMutations(id);
  const attempt = useAttempt();
  return useMemo(() => {
    const setQuantity = (item: OrderItem, quantity: number): void => {
      attempt(() => mutations.updateItem({ item_id: item.id, item: { quantity } }));
    };
    const add = ({ name, price_cents }: Dish): void => {
      const same = items.find((item) => item.name === name && item.price_cents === price_cents);
      if (same !== undefined) setQuantity(same, same.quantity + 1);
      else attempt(() => mutations.addItem({ item: { id: newUuid(), name, price_cents } }));
    };
    return {
      add,
      setQuantity,
      remove: (item) => attempt(() => mutations.removeItem({ item_id: item.id })),
      move: (table) => attempt(() => mutations.update({ table_number: table })),
      note: (note) => attempt(() => mutations.changeNote({ note })),
      tip: (cents) => attempt(() => mutations.addTip({ by: cents })),
      change: (status) => attempt(() => mutations.changeState({ new_status: status })),
      archive: () => attempt(() => mutations.archive()),
    };
  }, [mutations, attempt, items]);
}

/** Makes a change and says what went wrong with it: at once, or when it could not be written down. */
function useAttempt(): (change: () => Mutation) => Mutation | null {
  const toast = useToast();
  return useCallback(
    (change) => {
      try {
        const mutation = change();
        mutation.saved.catch((error: unknown) => toast(`That could not be kept on this device: ${textOf(error)}`));
        return mutation;
      } catch (error) {
        toast(textOf(error));
        return null;
      }
    },
    [toast],
  );
}

function textOf(error: unknown): string {
  if (error instanceof SyncError) return refusalWords(error.code, error.message);
  return error instanceof Error ? error.message : String(error);
}
