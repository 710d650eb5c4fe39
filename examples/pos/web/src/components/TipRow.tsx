import { type FormEvent, type ReactElement, useState } from 'react';
import { useOrderActions } from '../actions.js';
import { money, parseMoney } from '../format.js';
import { isActive } from '../orders.js';
import type { Order } from '../sync/index.js';
import './TipRow.css';

const quick = [100, 200, 500];

/** The tip so far, and more of it. Amounts are added, so that two waiters’ tips both count. */
export function TipRow({ order }: { readonly order: Order }): ReactElement | null {
  const actions = useOrderActions(order);
  const [typing, setTyping] = useState(false);
  const active = isActive(order);
  if (!active && order.tip_cents === 0) return null;
  const add = (cents: number): void => {
    actions.tip(cents);
    setTyping(false);
  };
  return (
    <div className="tip">
      {active && (
        <div className="tip-buttons">
          <span aria-hidden="true">Tip</span>
          {quick.map((cents) => (
            <button
              key={cents}
              type="button"
              className="chip"
              onClick={() => add(cents)}
              aria-label={`Add a tip of ${money(cents)}`}
            >
              +{cents / 100}
            </button>
          ))}
          <button
            type="button"
            className="chip"
            aria-expanded={typing}
            aria-label="Another tip"
            onClick={() => setTyping(!typing)}
          >
            Other
          </button>
        </div>
      )}
      {active && typing && <OtherTip onAdd={add} />}
      {order.tip_cents !== 0 && (
        <div className="bill-sum">
          <span>Tip</span>
          <output aria-label="Tip so far">{money(order.tip_cents)}</output>
          {active && (
            <button type="button" className="tip-none" onClick={() => add(-order.tip_cents)} aria-label="No tip">
              ✕
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function OtherTip({ onAdd }: { readonly onAdd: (cents: number) => void }): ReactElement {
  const [text, setText] = useState('');
  const cents = parseMoney(text);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (cents !== null && cents > 0) onAdd(cents);
  };
  return (
    <form className="tip-other" onSubmit={submit}>
      <input
        className="field"
        aria-label="Tip in euros"
        aria-invalid={text !== '' && cents === null}
        inputMode="decimal"
        placeholder="3.50"
        value={text}
        onChange={(event) => setText(event.target.value)}
        // biome-ignore lint/a11y/noAutofocus: the waiter has just asked for this field
        autoFocus
      />
      <button type="submit" className="button" disabled={cents === null || cents === 0}>
        Add
      </button>
    </form>
  );
}
