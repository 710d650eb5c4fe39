import type { ReactElement } from 'react';
import { count } from '../format.js';
import { useSyncStatus } from '../sync/hooks/index.js';
import './OfflineBanner.css';

/** Nothing is wrong, and yet everybody in the room should know. */
export function OfflineBanner(): ReactElement | null {
  const { isOnline, connection, pendingCount, problem } = useSyncStatus();
  const noNetwork = !isOnline || connection === 'offline';
  if (!noNetwork && (connection !== 'connecting' || problem === null)) return null;
  return (
    <aside className="offline" aria-label="No network">
      <strong>{noNetwork ? 'No network.' : 'The server cannot be reached.'}</strong> Go on as usual: orders are kept on
      this tablet
      {pendingCount === 0 ? ' and sent later.' : `, ${count(pendingCount, 'change')} so far, and sent later.`}
    </aside>
  );
}
