/** The client in React's context. */
import { createContext, createElement, type ReactElement, type ReactNode, useContext, useEffect } from 'react';
import type { SyncClient } from '../client/sync.js';

const SyncContext = createContext<SyncClient | null>(null);

/** What {@link SyncProvider} takes. */
export interface SyncProviderProps {
  readonly sync: SyncClient;
  readonly children?: ReactNode;
}

/** Gives a client to the components below, and starts it. It does not close it: whoever made it does. */
export function SyncProvider({ sync, children }: SyncProviderProps): ReactElement {
  useEffect(() => {
    sync.start().catch(() => {}); // what went wrong stands in the status
  }, [sync]);
  return createElement(SyncContext.Provider, { value: sync }, children);
}

/** The client of the nearest {@link SyncProvider}. */
export function useSync(): SyncClient {
  const sync = useContext(SyncContext);
  if (sync === null) throw new Error('useSync needs a SyncProvider above it');
  return sync;
}
