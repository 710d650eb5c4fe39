import type { ReactElement } from 'react';
import { elapsed } from '../format.js';
import { useSyncStatus } from '../sync/hooks/index.js';
import { useNow } from '../useNow.js';
import { connectionWords } from '../words.js';
import './SyncChip.css';

/** How sync stands, at a glance; opens the rest. */
export function SyncChip({ onOpen }: { readonly onOpen: () => void }): ReactElement {
  const status = useSyncStatus();
  const now = useNow();
  const { text, tone } = connectionWords(status);
  const refused = status.rejections.length;
  const { pendingCount, oldestPendingAt } = status;
  return (
    <button type="button" className="sync-chip" data-tone={tone} onClick={onOpen} aria-label={`Sync: ${text}. Details`}>
      <span className="sync-dot" aria-hidden="true" />
      <span className="sync-words">
        <strong>{text}</strong>
        <span aria-live="polite">
          {pendingCount === 0
            ? 'All sent'
            : `${pendingCount} to send${oldestPendingAt === null ? '' : ` · ${age(oldestPendingAt, now)}`}`}
        </span>
      </span>
      {refused > 0 && (
        <span className="sync-refused">
          {refused}
          <span className="visually-hidden"> not accepted</span>
        </span>
      )}
    </button>
  );
}

function age(since: number, now: number): string {
  return now - since < 60_000 ? 'just now' : elapsed(since, now);
}
