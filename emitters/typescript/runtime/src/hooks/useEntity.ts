/** Hooks over one model, which the generated hooks wrap. */
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { Collection, HistoryEntry, ListQuery } from '../client/collection.js';
import type { SyncClient, SyncPhase } from '../client/sync.js';
import type { SyncError } from '../errors.js';
import type { EntityState, EventEnvelope, ModelDefinition } from '../model.js';
import { comparePlaces } from '../store/logEntry.js';
import { useSync } from './context.js';

/** Something that is read, and whether it may yet come. */
export interface Loaded<T> {
  readonly data: T;
  readonly isLoading: boolean;
  /** What kept it from being read: of models in api mode, which the server alone keeps; else null. */
  readonly error: SyncError | null;
}

/** The entities of a model, from the nearest provider's client. */
export function useCollection<State extends EntityState, Event extends EventEnvelope>(
  model: ModelDefinition<State, Event>,
): Collection<State, Event> {
  return useSync().collection(model);
}

/** What is not there, and may only not be there yet. */
const early = Symbol('early');
const earlyList: readonly never[] = [];

/** One entity; undefined where there is none. Renders again when it, and only when it, changed. */
export function useEntity<State extends EntityState, Event extends EventEnvelope>(
  model: ModelDefinition<State, Event>,
  id: string | null | undefined,
): Loaded<State | undefined> {
  const sync = useSync();
  const collection = sync.collection(model);
  const subscribe = useCallback(
    (listener: () => void) => (id == null ? () => {} : both(collection.subscribe(id, listener), sync, listener)),
    [collection, sync, id],
  );
  const read = (): State | undefined | typeof early =>
    id == null ? undefined : (collection.get(id) ?? (isEarly(sync.getPhase()) ? early : undefined));
  // One store for both: to a component that shows an entity a second one would cost as much as the first.
  const seen = useSyncExternalStore(subscribe, read, () => (id == null ? undefined : early));
  return seen === early
    ? { data: undefined, isLoading: true, error: null }
    : { data: seen, isLoading: false, error: null };
}

/** Entities by query; the same array for as long as it would hold the same. */
export function useEntities<State extends EntityState, Event extends EventEnvelope>(
  model: ModelDefinition<State, Event>,
  query: ListQuery<State> = {},
): Loaded<readonly State[]> {
  const sync = useSync();
  const collection = sync.collection(model);
  const subscribe = useCallback(
    (listener: () => void) => both(collection.subscribe(null, listener), sync, listener),
    [collection, sync],
  );
  // The collection keeps lists by what a query says, so a query written out in the component is no new one. It keeps some
  // of them only; each component keeps its own, or a screen of many lists would never come to rest.
  const held = useRef<readonly State[]>(none);
  const read = (): readonly State[] => {
    const list = collection.list(query);
    if (!sameElements(held.current, list)) held.current = list;
    return list.length === 0 && isEarly(sync.getPhase()) ? earlyList : held.current;
  };
  const data = useSyncExternalStore(subscribe, read, () => earlyList);
  return { data, isLoading: data === earlyList, error: null };
}

/** Listens to how far the client has come, too. */
function both(stop: () => void, sync: SyncClient, listener: () => void): () => void {
  const stopPhase = sync.subscribePhase(listener);
  return () => {
    stop();
    stopPhase();
  };
}

/** The audit trail of an entity: what this device holds at once, what the server has as soon as it answers. */
export function useHistory<State extends EntityState, Event extends EventEnvelope>(
  model: ModelDefinition<State, Event>,
  id: string,
  limit = 100,
): Loaded<readonly HistoryEntry[]> {
  const collection = useCollection(model);
  const held = useHeld(collection, id);
  const [asked, setAsked] = useState<Asked>({ id: '', events: none });
  useEffect(() => {
    let current = true;
    const answer = (events: readonly HistoryEntry[]): void => {
      if (current) setAsked({ id, events });
    };
    collection.fetchHistory(id, { limit }).then(
      ({ events }) => answer(events.map(({ applied, ...event }) => ({ event, applied, status: 'synced' }))),
      () => answer(none), // offline, or nowhere but here: what is held has to do
    );
    return () => {
      current = false;
    };
  }, [collection, id, limit]);
  const data = useMemo(() => {
    const known = new Set(held.map(({ event }) => event.id));
    const remote = asked.id === id ? asked.events.filter(({ event }) => !known.has(event.id)) : none;
    return [...remote, ...held].sort((a, b) => comparePlaces(a.event, b.event));
  }, [asked, held, id]);
  return { data, isLoading: asked.id !== id, error: null };
}

/** What the server said of whose history. */
interface Asked {
  readonly id: string;
  readonly events: readonly HistoryEntry[];
}

/** The events held locally: the same array until one of them changes. */
function useHeld<State extends EntityState, Event extends EventEnvelope>(
  collection: Collection<State, Event>,
  id: string,
): readonly HistoryEntry[] {
  const held = useRef<readonly HistoryEntry[]>(none);
  const subscribe = useCallback((listener: () => void) => collection.subscribeHistory(id, listener), [collection, id]);
  const read = (): readonly HistoryEntry[] => {
    const entries = collection.history(id);
    const same = (one: HistoryEntry, at: number): boolean => {
      const other = held.current[at];
      return one.event === other?.event && one.applied === other.applied && one.status === other.status;
    };
    if (entries.length !== held.current.length || !entries.every(same)) held.current = entries;
    return held.current;
  };
  return useSyncExternalStore(subscribe, read, () => none);
}

/** Whether what is not there may only not be there yet. */
function isEarly(phase: SyncPhase): boolean {
  return phase === 'new' || phase === 'opening' || phase === 'fetching';
}

function sameElements(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a === b || (a.length === b.length && a.every((one, at) => one === b[at]));
}

const none: readonly never[] = [];
