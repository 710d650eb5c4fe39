import type { ReactElement } from 'react';
import { count, when } from '../format.js';
import { useOrder } from '../sync/hooks/index.js';
import { type EventEnvelope, eventTime, type RejectionInfo } from '../sync/index.js';
import { useToast } from '../toast.js';
import { eventWords, refusalWords } from '../words.js';
import './Rejections.css';

interface Props {
  readonly rejections: readonly RejectionInfo[];
  readonly onRetry: (eventId: string) => Promise<void>;
  readonly onDiscard: (eventId: string) => Promise<void>;
  readonly now: number;
}

/** Own changes that the server did not accept: each is tried again or dropped by hand, never by itself. */
export function Rejections({ rejections, onRetry, onDiscard, now }: Props): ReactElement | null {
  if (rejections.length === 0) return null;
  return (
    <section className="rejections" aria-label="Not accepted">
      <h3>Not accepted</h3>
      <ul>
        {rejections.map((rejection) => (
          <Rejection
            key={rejection.event.id}
            rejection={rejection}
            onRetry={() => onRetry(rejection.event.id)}
            onDiscard={() => onDiscard(rejection.event.id)}
            now={now}
          />
        ))}
      </ul>
    </section>
  );
}

interface RejectionProps {
  readonly rejection: RejectionInfo;
  readonly onRetry: () => Promise<void>;
  readonly onDiscard: () => Promise<void>;
  readonly now: number;
}

function Rejection({ rejection, onRetry, onDiscard, now }: RejectionProps): ReactElement {
  const { event, code, reason, at, blocked } = rejection;
  const { data: order } = useOrder(event.entity_id);
  const toast = useToast();
  const attempt = (action: () => Promise<void>): void => {
    action().catch((error: unknown) => toast(error instanceof Error ? error.message : String(error)));
  };
  return (
    <li className="rejection">
      <strong>
        {eventWords(event, (id) => order?.items.find((item) => item.id === id)?.name)}
        {order !== undefined && ` · Table ${order.table_number}`}
      </strong>
      <p>{refusalWords(code, reason, order?.status)}</p>
      <p className="rejection-soft">
        Done at {when(Date.parse(eventTime(event.timestamp)), now)}, refused at {when(at, now)}
        {blocked > 0 && ` · ${count(blocked, 'change')} of the same order wait for it`}
      </p>
      <div className="rejection-tools">
        <button type="button" className="button" onClick={() => attempt(onRetry)}>
          Try again
        </button>
        <button type="button" className="button button-danger" onClick={() => attempt(onDiscard)}>
          {blocked > 0 ? `Discard all ${blocked + 1}` : 'Discard'}
        </button>
      </div>
    </li>
  );
}

/** Own changes that were accepted and then came to nothing, because somebody else had been earlier. */
export function Overtaken({
  events,
  now,
}: {
  readonly events: readonly EventEnvelope[];
  readonly now: number;
}): ReactElement | null {
  if (events.length === 0) return null;
  return (
    <section className="rejections" aria-label="Overtaken">
      <h3>Overtaken by others</h3>
      <ul>
        {events.map((event) => (
          <OvertakenEvent key={event.id} event={event} now={now} />
        ))}
      </ul>
    </section>
  );
}

function OvertakenEvent({ event, now }: { readonly event: EventEnvelope; readonly now: number }): ReactElement {
  const { data: order } = useOrder(event.entity_id);
  return (
    <li className="rejection" data-overtaken="true">
      <strong>
        {eventWords(event, (id) => order?.items.find((item) => item.id === id)?.name)}
        {order !== undefined && ` · Table ${order.table_number}`}
      </strong>
      <p>Somebody else had been earlier, so this no longer has an effect.</p>
      <p className="rejection-soft">Done at {when(Date.parse(eventTime(event.timestamp)), now)}</p>
    </li>
  );
}
