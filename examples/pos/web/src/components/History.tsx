import { type ReactElement, useMemo } from 'react';
import { when } from '../format.js';
import { nameOf, useSession } from '../session.js';
import { useOrderHistory } from '../sync/hooks/index.js';
import { eventTime, type HistoryEntry, type Order } from '../sync/index.js';
import { useNow } from '../useNow.js';
import { eventWords, itemNames } from '../words.js';
import { Dialog } from './Dialog.js';
import './History.css';

/** Who did what to an order, and whether it counted. */
export function History({ order, onClose }: { readonly order: Order; readonly onClose: () => void }): ReactElement {
  const { data, isLoading } = useOrderHistory(order.id);
  const now = useNow();
  const names = useMemo(() => itemNames(data.map(({ event }) => event)), [data]);
  return (
    <Dialog title={`Table ${order.table_number}: what happened`} onClose={onClose}>
      <ol className="history" aria-busy={isLoading}>
        {data.map((entry) => (
          <HistoryRow key={entry.event.id} entry={entry} names={names} now={now} />
        ))}
      </ol>
      {isLoading && <p className="history-note">Asking the server for the rest…</p>}
    </Dialog>
  );
}

interface RowProps {
  readonly entry: HistoryEntry;
  readonly names: ReadonlyMap<string, string>;
  readonly now: number;
}

function HistoryRow({ entry, names, now }: RowProps): ReactElement {
  const { session } = useSession();
  const { event } = entry;
  const remark = remarkOn(entry);
  return (
    <li className="history-row" data-void={!entry.applied}>
      <time dateTime={eventTime(event.timestamp)}>{when(Date.parse(eventTime(event.timestamp)), now)}</time>
      <span className="history-what">{eventWords(event, (id) => names.get(id))}</span>
      <span className="history-who">{event.user_id === null ? session.name : nameOf(event.user_id)}</span>
      {remark !== null && <span className="history-remark">{remark}</span>}
    </li>
  );
}

function remarkOn({ status, applied }: HistoryEntry): string | null {
  switch (status) {
    case 'rejected':
      return 'Not accepted';
    case 'blocked':
      return 'Waits for the order to be accepted';
    case 'pending':
      return applied ? 'Not sent yet' : 'Not sent yet · has no effect';
    case 'sending':
      return applied ? 'Being sent' : 'Being sent · has no effect';
    case 'accepted':
    case 'synced':
      return applied ? null : 'Had no effect';
    default:
      return status satisfies never;
  }
}
