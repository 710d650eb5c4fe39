import { type ReactElement, useEffect, useState } from 'react';
import { count } from '../format.js';
import { useOrder, useSyncStatus } from '../sync/hooks/index.js';
import type { RejectionInfo } from '../sync/index.js';
import { useToast } from '../toast.js';
import { eventWords, refusalWords } from '../words.js';
import './RejectionToasts.css';

const SHOWN = 3;

/** What the server has just refused, where it cannot be missed: tried again, dropped, or put off. Put off, it stays in the sync panel. */
export function RejectionToasts(): ReactElement | null {
  const { rejections, retry, discard } = useSyncStatus();
  const [later, setLater] = useState<ReadonlySet<string>>(() => new Set());
  useEffect(() => {
    // Refused again after it was tried again, it is news again.
    setLater((known) => {
      const kept = rejections.filter((rejection) => known.has(keyOf(rejection))).map(keyOf);
      return kept.length === known.size ? known : new Set(kept);
    });
  }, [rejections]);
  const fresh = rejections.filter((rejection) => !later.has(keyOf(rejection)));
  if (fresh.length === 0) return null;
  return (
    <section className="refusals" aria-label="Just refused" aria-live="assertive">
      {fresh.slice(0, SHOWN).map((rejection) => (
        <RejectionToast
          key={keyOf(rejection)}
          rejection={rejection}
          onRetry={() => retry(rejection.event.id)}
          onDiscard={() => discard(rejection.event.id)}
          onLater={() => setLater(new Set([...later, keyOf(rejection)]))}
        />
      ))}
      {fresh.length > SHOWN && <p className="refusal refusal-more">and {fresh.length - SHOWN} more</p>}
    </section>
  );
}

interface Props {
  readonly rejection: RejectionInfo;
  readonly onRetry: () => Promise<void>;
  readonly onDiscard: () => Promise<void>;
  readonly onLater: () => void;
}

function RejectionToast({ rejection, onRetry, onDiscard, onLater }: Props): ReactElement {
  const { event, code, reason, blocked } = rejection;
  const { data: order } = useOrder(event.entity_id);
  const toast = useToast();
  const attempt = (action: () => Promise<void>): void => {
    action().catch((error: unknown) => toast(error instanceof Error ? error.message : String(error)));
  };
  const words = eventWords(event, (id) => order?.items.find((item) => item.id === id)?.name);
  return (
    <article className="refusal">
      <button type="button" className="button button-round refusal-later" onClick={onLater} aria-label="Decide later">
        ✕
      </button>
      <strong>
        {words}
        {order !== undefined && ` · Table ${order.table_number}`}
      </strong>
      <p>{refusalWords(code, reason, order?.status)}</p>
      {blocked > 0 && <p className="refusal-soft">{count(blocked, 'later change')} of this order wait for it.</p>}
      <div className="refusal-tools">
        <button type="button" className="button" onClick={() => attempt(onRetry)}>
          Retry
        </button>
        <button type="button" className="button button-danger" onClick={() => attempt(onDiscard)}>
          {blocked > 0 ? `Drop all ${blocked + 1}` : 'Drop it'}
        </button>
      </div>
    </article>
  );
}

function keyOf({ event, at }: RejectionInfo): string {
  return `${event.id} ${at}`;
}
