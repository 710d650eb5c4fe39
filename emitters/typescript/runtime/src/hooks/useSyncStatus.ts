/** How sync stands, for a component. */
import { useCallback, useSyncExternalStore } from 'react';
import type { SyncStatus } from '../client/status.js';
import { useSync } from './context.js';

/** The status, and what can be done about what went wrong. */
export interface UseSyncStatus extends SyncStatus {
  readonly retry: (eventId: string) => Promise<void>;
  readonly discard: (eventId: string) => Promise<void>;
  /** Takes an event from the overtaken ones. */
  readonly dismiss: (eventId: string) => Promise<void>;
}

/** The sync status; renders again when something in it changed. */
export function useSyncStatus(): UseSyncStatus {
  const sync = useSync();
  const { subscribe, getSnapshot, getServerSnapshot } = sync.status;
  const status = useSyncExternalStore(subscribe, getSnapshot, getServerSnapshot);
  const retry = useCallback((eventId: string) => sync.retry(eventId), [sync]);
  const discard = useCallback((eventId: string) => sync.discard(eventId), [sync]);
  const dismiss = useCallback((eventId: string) => sync.dismiss(eventId), [sync]);
  return { ...status, retry, discard, dismiss };
}
