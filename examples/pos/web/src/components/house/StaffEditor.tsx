import { type FormEvent, type ReactElement, useId, useState } from 'react';
import type { StaffMember, StaffMemberUpdate } from '../../sync/index.js';
import { ConflictDialog } from './ConflictDialog.js';
import { begin, clash, type Draft, decide, type Field, patchOf, shown, textsOf, theirs, type } from './draft.js';
import './StaffEditor.css';

const inputs: readonly { readonly field: Field; readonly label: string; readonly max: number }[] = [
  { field: 'name', label: 'Name', max: 80 },
  { field: 'job', label: 'Job', max: 40 },
  { field: 'phone', label: 'Telephone', max: 40 },
  { field: 'rota_note', label: 'Note for the rota', max: 500 },
];

interface Props {
  readonly member: StaffMember;
  readonly onSave: (patch: StaffMemberUpdate) => unknown;
  readonly onRemove: () => unknown;
}

/**
 * A form that stays as it is while others write to the same row: what they wrote is told below each field, where there is room for it
 * all along, and gets into the form only by whoever sits before it.
 */
export function StaffEditor({ member, onSave, onRemove }: Props): ReactElement {
  const [draft, setDraft] = useState<Draft>(() => begin(member));
  const [asking, setAsking] = useState<Field | null>(null);
  const form = useId();
  const save = (next: Draft): void => {
    const open = clash(next, member);
    setAsking(open);
    setDraft(next);
    if (open !== null) return;
    const patch = patchOf(next);
    if (Object.keys(patch).length > 0) onSave(patch);
    setDraft(begin({ ...member, ...patch }));
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save(draft);
  };
  return (
    <form className="staff-editor" aria-label={`Edit ${draft.base.name}`} onSubmit={submit}>
      {inputs.map(({ field, label, max }) => {
        const other = theirs(draft, member, field);
        const id = `${form}-${field}`;
        return (
          <div key={field} className="staff-field">
            <label htmlFor={id}>{label}</label>
            <input
              id={id}
              className="field"
              maxLength={max}
              required={field === 'name' || field === 'job'}
              value={shown(draft, field)}
              aria-describedby={`${id}-others`}
              onChange={({ target }) => setDraft(type(draft, field, target.value))}
            />
            <p id={`${id}-others`} className="staff-others">
              {other !== null && (
                <>
                  <span>{other === '' ? 'Emptied by somebody else.' : `Somebody else wrote “${other}”.`}</span>
                  <button type="button" onClick={() => setDraft(decide(draft, member, field, other))}>
                    Take it
                  </button>
                </>
              )}
            </p>
          </div>
        );
      })}
      <div className="staff-buttons">
        <button type="submit" className="button button-primary">
          Save
        </button>
        <button type="button" className="button button-danger" onClick={() => onRemove()}>
          Remove
        </button>
      </div>
      {asking !== null && (
        <ConflictDialog
          key={asking}
          about={inputs.find(({ field }) => field === asking)?.label.toLowerCase() ?? asking}
          mine={shown(draft, asking)}
          theirs={textsOf(member)[asking]}
          onMine={() => save(decide(draft, member, asking, shown(draft, asking)))}
          onTheirs={() => save(decide(draft, member, asking, textsOf(member)[asking]))}
          onMerge={(text) => save(decide(draft, member, asking, text))}
          onClose={() => setAsking(null)}
        />
      )}
    </form>
  );
}
