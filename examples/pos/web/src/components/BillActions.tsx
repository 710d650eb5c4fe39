import { type ReactElement, useState } from 'react';
import { useOrderActions } from '../actions.js';
import { money } from '../format.js';
import { total } from '../orders.js';
import { closedHref } from '../route.js';
import { type Order, orderStatusMoves } from '../sync/index.js';
import { Dialog } from './Dialog.js';
import './BillActions.css';

/** What may happen to the order next: what its state machine allows. */
export function BillActions({ order }: { readonly order: Order }): ReactElement | null {
  const actions = useOrderActions(order);
  const [asking, setAsking] = useState(false);
  const next = orderStatusMoves[order.status];
  const forward = next.find((status) => status !== 'cancelled');
  if (next.length === 0) return <Archive order={order} />;
  return (
    <div className="actions">
      {next.includes('cancelled') && (
        <button type="button" className="button button-large button-danger" onClick={() => setAsking(true)}>
          Cancel
        </button>
      )}
      {forward !== undefined && (
        <button
          type="button"
          className="button button-large button-primary"
          disabled={order.items.length === 0}
          onClick={() => actions.change(forward)}
        >
          {forward === 'sent' ? 'Send to kitchen' : `Paid ${money(total(order))}`}
        </button>
      )}
      {asking && (
        <Dialog
          title={`Cancel the order of table ${order.table_number}?`}
          onClose={() => setAsking(false)}
          actions={
            <>
              <button type="button" className="button" onClick={() => setAsking(false)}>
                Keep it
              </button>
              <button
                type="button"
                className="button button-danger-solid"
                onClick={() => {
                  setAsking(false);
                  actions.change('cancelled');
                }}
              >
                Cancel the order
              </button>
            </>
          }
        >
          It comes to {money(total(order))}. A cancelled order cannot be taken up again.
        </Dialog>
      )}
    </div>
  );
}

function Archive({ order }: { readonly order: Order }): ReactElement {
  const actions = useOrderActions(order);
  return (
    <div className="actions">
      <button
        type="button"
        className="button"
        onClick={() => {
          actions.archive();
          location.hash = closedHref;
        }}
      >
        Remove from the list
      </button>
    </div>
  );
}
