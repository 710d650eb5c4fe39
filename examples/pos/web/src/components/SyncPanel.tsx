import { type ReactElement, useState } from 'react';
import { count, elapsed, when } from '../format.js';
import { useSession } from '../session.js';
import { useSyncStatus } from '../sync/hooks/index.js';
import { useNow } from '../useNow.js';
import { connectionWords } from '../words.js';
import { Dialog } from './Dialog.js';
import { Overtaken, Rejections } from './Rejections.js';
import './SyncPanel.css';

/** How sync stands, in full, and what wants a decision. */
export function SyncPanel({ onClose }: { readonly onClose: () => void }): ReactElement {
  const { retry, discard, ...status } = useSyncStatus();
  const { sync } = useSession();
  const now = useNow(5000);
  const { pendingCount, oldestPendingAt, lastSyncedAt, problem } = status;
  const pending =
    pendingCount === 0
      ? 'Nothing'
      : `${count(pendingCount, 'change')}${oldestPendingAt === null ? '' : `, the oldest from ${when(oldestPendingAt, now)}`}`;
  return (
    <Dialog title="Sync" onClose={onClose} actions={<Leave />}>
      <dl className="sync-facts">
        <dt>Connection</dt>
        <dd>{connectionWords(status).text}</dd>
        <dt>Waiting to be sent</dt>
        <dd>{pending}</dd>
        <dt>Last in step</dt>
        <dd>{lastSyncedAt === null ? 'Not yet' : `${when(lastSyncedAt, now)} (${ago(lastSyncedAt, now)})`}</dd>
        <dt>Who talks to the server</dt>
        <dd>{status.isLeader ? 'This tab' : 'Another tab on this device'}</dd>
        <dt>Kept on this device</dt>
        <dd>{status.storagePersisted === true ? 'Always' : 'Unless the browser runs out of space'}</dd>
        {problem !== null && (
          <>
            <dt>Problem</dt>
            <dd>{problem.message}</dd>
          </>
        )}
      </dl>
      <button type="button" className="button" disabled={!status.isOnline} onClick={() => sync.syncNow()}>
        Sync now
      </button>
      <Rejections rejections={status.rejections} onRetry={retry} onDiscard={discard} now={now} />
      <Overtaken events={status.overtaken} now={now} />
    </Dialog>
  );
}

function ago(time: number, now: number): string {
  return now - time < 60_000 ? 'just now' : `${elapsed(time, now)} ago`;
}

/** Hands the tablet to somebody else. */
function Leave(): ReactElement {
  const { session, leave } = useSession();
  const { pendingCount } = useSyncStatus();
  const [asked, setAsked] = useState(false);
  if (pendingCount > 0 && asked) {
    return (
      <>
        <p className="sync-leave">
          {count(pendingCount, 'change')} will be sent when {session.name} signs in here again.
        </p>
        <button type="button" className="button button-danger-solid" onClick={leave}>
          Sign out all the same
        </button>
      </>
    );
  }
  return (
    <button type="button" className="button" onClick={() => (pendingCount > 0 ? setAsked(true) : leave())}>
      Sign {session.name} out
    </button>
  );
}
