import { type ReactElement, useId, useState } from 'react';
import { Dialog } from '../Dialog.js';
import './ConflictDialog.css';

interface Props {
  /** What both have written. */
  readonly about: string;
  readonly mine: string;
  readonly theirs: string;
  readonly onMine: () => void;
  readonly onTheirs: () => void;
  readonly onMerge: (text: string) => void;
  readonly onClose: () => void;
}

/** Two have written the same: mine, theirs, or a third that is made of both. */
export function ConflictDialog({ about, mine, theirs, onMine, onTheirs, onMerge, onClose }: Props): ReactElement {
  const [merged, setMerged] = useState(() => [theirs, mine].filter(Boolean).join('\n'));
  const field = useId();
  return (
    <Dialog title={`Two have written ${about}`} onClose={onClose}>
      <div className="conflict">
        <section aria-label="Yours">
          <h3>Yours</h3>
          <p>{mine === '' ? <em>Nothing</em> : mine}</p>
          <button type="button" className="button" onClick={onMine}>
            Keep mine
          </button>
        </section>
        <section aria-label="Theirs">
          <h3>Theirs</h3>
          <p>{theirs === '' ? <em>Nothing</em> : theirs}</p>
          <button type="button" className="button" onClick={onTheirs}>
            Take theirs
          </button>
        </section>
      </div>
      <label htmlFor={field}>Or both in one</label>
      <textarea
        id={field}
        className="field"
        rows={3}
        maxLength={500}
        value={merged}
        onChange={({ target }) => setMerged(target.value)}
      />
      <button type="button" className="button button-primary" onClick={() => onMerge(merged.trim())}>
        Keep this
      </button>
    </Dialog>
  );
}
