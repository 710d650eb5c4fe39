/** How sync stands, for a component. */
import { useMemo, useSyncExternalStore } from 'react';
import type { SyncStatus } from '../client/status.js';
import type { SyncClient } from '../client/sync.js';
import { useSync } from './context.js';

/** The status, and what can be done about what went wrong. */
export interface UseSyncStatus extends SyncStatus {
  readonly retry: (eventId: string) => Promise<void>;
  readonly discard: (eventId: string) => Promise<void>;
  /** Takes an event from the overtaken ones. */
  readonly dismiss: (eventId: string) => Promise<void>;
}

/** The sync status; renders again only when something changed that the component read of it. */
export function useSyncStatus(): UseSyncStatus {
  const sync = useSync();
  const { subscribe, read, readServer } = useMemo(() => tracked(sync), [sync]);
  return useSyncExternalStore(subscribe, read, readServer);
}

/** The status as one component sees it: the same object until a member changes that was read of it. */
function tracked(sync: SyncClient): {
  readonly subscribe: (listener: () => void) => () => void;
  readonly read: () => UseSyncStatus;
  readonly readServer: () => UseSyncStatus;
} {
  const { subscribe, getSnapshot, getServerSnapshot } = sync.status;
  const actions = {
    retry: (eventId: string) => sync.retry(eventId),
    discard: (eventId: string) => sync.discard(eventId),
    dismiss: (eventId: string) => sync.dismiss(eventId),
  };
  const used = new Set<keyof SyncStatus>();
  const viewOf = (status: SyncStatus): UseSyncStatus => {
    const view = { ...status, ...actions };
    for (const key of keysOf(status)) {
      const get = (): unknown => {
        used.add(key);
        // What nobody read so far may have changed unnoticed.
        return (view === held.view ? getSnapshot() : status)[key];
      };
      Object.defineProperty(view, key, { get, enumerable: true });
    }
    return view;
  };
  const first = getSnapshot();
  const held = { status: first, view: viewOf(first) };
  const read = (): UseSyncStatus => {
    const now = getSnapshot();
    for (const key of used) {
      if (now[key] === held.status[key]) continue;
      held.status = now;
      held.view = viewOf(now);
      break;
    }
    return held.view;
  };
  const server = viewOf(getServerSnapshot());
  return { subscribe, read, readServer: () => server };
}

function keysOf(status: SyncStatus): (keyof SyncStatus)[] {
  return Object.keys(status) as (keyof SyncStatus)[]; // exactly what `SyncStatus` declares is in it
}
