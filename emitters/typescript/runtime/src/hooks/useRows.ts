/** Hooks over rows, which the generated hooks wrap. */
import { useCallback, useMemo, useRef, useSyncExternalStore } from 'react';
import type { ConflictOf } from '../client/conflict.js';
import type { EntityState, EventEnvelope, ModelDefinition } from '../model.js';
import { Rows } from '../rows/rows.js';
import { useSync } from './context.js';

/** What of one row waits for a decision: the same array as long as it would hold the same. */
export function useConflicts<
  State extends EntityState,
  Event extends EventEnvelope,
  Field extends keyof State & string,
>(model: ModelDefinition<State, Event>, id: string): readonly ConflictOf<State, Field>[] {
  const sync = useSync();
  const rows = useMemo(() => new Rows<State, Event, Field>(sync, model), [sync, model]);
  const held = useRef<readonly ConflictOf<State, Field>[]>(none);
  const subscribe = useCallback((listener: () => void) => sync.status.subscribe(listener), [sync]);
  const read = (): readonly ConflictOf<State, Field>[] => {
    const list = rows.conflicts(id);
    if (list.length !== held.current.length || list.some((one, at) => one !== held.current[at])) held.current = list;
    return held.current;
  };
  return useSyncExternalStore(subscribe, read, () => none);
}

const none: readonly never[] = [];
