/** Hooks over one model, which the generated hooks wrap. */
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { Collection, HistoryEntry, ListQuery } from '../client/collection.js';
import type { SyncPhase } from '../client/sync.js';
import type { EntityState, EventEnvelope, ModelDefinition } from '../model.js';
import { comparePlaces } from '../store/logEntry.js';
import { useSync } from './context.js';

/** Something that is read, and whether it may yet come. */
export interface Loaded<T> {
  readonly data: T;
  readonly isLoading: boolean;
}

/** The entities of a model, from the nearest provider's client. */
export function useCollection<State extends EntityState, Event extends EventEnvelope>(
  model: ModelDefinition<State, Event>,
): Collection<State, Event> {
  return useSync().collection(model);
}

/** One entity; undefined where there is none. Renders again when it, and only when it, changed. */
export function useEntity<State extends EntityState, Event extends EventEnvelope>(
  model: ModelDefinition<State, Event>,
  id: string | null | undefined,
): Loaded<State | undefined> {
  const collection = useCollection(model);
  const phase = usePhase();
  const subscribe = useCallback(
    (listener: () => void) => (id == null ? () => {} : collection.subscribe(id, listener)),
    [collection, id],
  );
  const read = useCallback(() => (id == null ? undefined : collection.get(id)), [collection, id]);
  const data = useSyncExternalStore(subscribe, read, nothing);
  return { data, isLoading: id != null && data === undefined && isEarly(phase) };
}

/** Entities by query; the same array for as long as it would hold the same. */
export function useEntities<State extends EntityState, Event extends EventEnvelope>(
  model: ModelDefinition<State, Event>,
  query: ListQuery<State> = {},
): Loaded<readonly State[]> {
  const collection = useCollection(model);
  const phase = usePhase();
  const subscribe = useCallback((listener: () => void) => collection.subscribe(null, listener), [collection]);
  // The collection keeps lists by what a query says, so a query written out in the component is no new one. It keeps some
  // of them only; each component keeps its own, or a screen of many lists would never come to rest.
  const held = useRef<readonly State[]>(none);
  const read = (): readonly State[] => {
    const list = collection.list(query);
    if (!sameElements(held.current, list)) held.current = list;
    return held.current;
  };
  const data = useSyncExternalStore(subscribe, read, () => none);
  return { data, isLoading: data.length === 0 && isEarly(phase) };
}

/** The audit trail of an entity: what this device holds at once, what the server has as soon as it answers. */
export function useHistory<State extends EntityState, Event extends EventEnvelope>(
  model: ModelDefinition<State, Event>,
  id: string,
  limit = 100,
): Loaded<readonly HistoryEntry[]> {
  const collection = useCollection(model);
  const held = useHeld(collection, id);
  const [fetched, setFetched] = useState<{ readonly id: string; readonly events: readonly HistoryEntry[] } | null>(
    null,
  );
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let current = true;
    setFailed(false);
    collection.fetchHistory(id, { limit }).then(
      ({ events }) => {
        const entries = events.map(({ applied, ...event }) => ({ event, applied, status: 'synced' as const }));
        if (current) setFetched({ id, events: entries });
      },
      () => {
        if (current) setFailed(true); // offline: what is held has to do
      },
    );
    return () => {
      current = false;
    };
  }, [collection, id, limit]);
  const remote = fetched?.id === id ? fetched.events : [];
  const known = new Set(held.map(({ event }) => event.id));
  const data = [...remote.filter(({ event }) => !known.has(event.id)), ...held].sort((a, b) =>
    comparePlaces(a.event, b.event),
  );
  return { data, isLoading: fetched?.id !== id && !failed };
}

/** The events held locally, with an identity that changes only with the entity. */
function useHeld<State extends EntityState, Event extends EventEnvelope>(
  collection: Collection<State, Event>,
  id: string,
): readonly HistoryEntry[] {
  const cache = useRef<{ readonly key: string; readonly entries: readonly HistoryEntry[] }>({ key: '', entries: none });
  const subscribe = useCallback((listener: () => void) => collection.subscribeHistory(id, listener), [collection, id]);
  const read = (): readonly HistoryEntry[] => {
    const entries = collection.history(id);
    const key = entries.map(({ event, applied, status }) => `${event.id}${event.timestamp}${applied}${status}`).join();
    if (cache.current.key !== key) cache.current = { key, entries };
    return cache.current.entries;
  };
  return useSyncExternalStore(subscribe, read, () => none);
}

function usePhase(): SyncPhase {
  const { subscribePhase, getPhase } = useSync();
  return useSyncExternalStore(subscribePhase, getPhase, () => 'new' as const);
}

/** Whether what is not there may only not be there yet. */
function isEarly(phase: SyncPhase): boolean {
  return phase === 'new' || phase === 'opening' || phase === 'fetching';
}

function sameElements(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a === b || (a.length === b.length && a.every((one, at) => one === b[at]));
}

const none: readonly never[] = [];

function nothing(): undefined {
  return undefined;
}
