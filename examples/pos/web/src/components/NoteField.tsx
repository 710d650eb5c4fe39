import { type ReactElement, useId, useState } from 'react';
import { useOrderActions } from '../actions.js';
import { isActive } from '../orders.js';
import type { Order } from '../sync/index.js';
import './NoteField.css';

/** The note for the kitchen. It is kept when the field is left; what others write shows as long as nobody types here. */
export function NoteField({ order }: { readonly order: Order }): ReactElement | null {
  const actions = useOrderActions(order);
  const [draft, setDraft] = useState<string | null>(null);
  const field = useId();
  const note = order.note ?? '';
  if (!isActive(order)) return note === '' ? null : <p className="note note-read">“{note}”</p>;
  const keep = (): void => {
    const text = (draft ?? note).trim();
    if (text !== note) actions.note(text === '' ? null : text);
    setDraft(null);
  };
  return (
    <div className="note">
      <label htmlFor={field}>Note for the kitchen</label>
      <textarea
        id={field}
        className="field"
        rows={1}
        maxLength={500}
        placeholder="Allergies, wishes, no onions…"
        value={draft ?? note}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={keep}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
          event.preventDefault();
          event.currentTarget.blur();
        }}
      />
    </div>
  );
}
