import { type FormEvent, type ReactElement, useState } from 'react';
import { useOrderActions } from '../actions.js';
import { money, parseMoney } from '../format.js';
import { isActive } from '../orders.js';
import type { Order } from '../sync/index.js';
import './Tip.css';

const quick = [100, 200, 500];

/** Gives a tip. Amounts are added, so that two waiters’ tips both count. */
export function TipButtons({ order }: { readonly order: Order }): ReactElement {
  const { tip } = useOrderActions(order);
  const [typing, setTyping] = useState(false);
  const add = (cents: number): void => {
    tip(cents);
    setTyping(false);
  };
  return (
    <div className="tip">
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
      {typing && <OtherTip onAdd={add} />}
    </div>
  );
}

/** The tip so far, if there is one. */
export function TipSum({ order }: { readonly order: Order }): ReactElement | null {
  const { tip } = useOrderActions(order);
  if (order.tip_cents === 0) return null;
  return (
    <div className="bill-sum">
      <span>Tip</span>
      <output aria-label="Tip so far">{money(order.tip_cents)}</output>
      {isActive(order) && (
        <button type="button" className="tip-none" onClick={() => tip(-order.tip_cents)} aria-label="No tip">
          ✕
        </button>
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
