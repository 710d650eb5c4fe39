import { type FormEvent, type ReactElement, useState } from 'react';
import {
  useStaff,
  useStaffMember,
  useStaffMemberConflicts,
  useStaffMemberMutations,
  useSyncStatus,
} from '../../sync/hooks/index.js';
import type { StaffMember } from '../../sync/index.js';
import { ConflictDialog } from './ConflictDialog.js';
import { StaffEditor } from './StaffEditor.js';

/** What the fields are called. */
const fieldWords: Readonly<Record<string, string>> = {
  name: 'the name',
  job: 'the job',
  phone: 'the telephone number',
  rota_note: 'the note for the rota',
};

/** Who works here, kept on every tablet. */
export function Staff(): ReactElement {
  const { data: staff, isLoading } = useStaff({ orderBy: 'name' });
  const [open, setOpen] = useState<string | null>(null);
  return (
    <div className="house-page" aria-busy={isLoading}>
      <NewMember onMade={setOpen} />
      <Losses staff={staff} />
      {staff.length === 0 && !isLoading && <p>Nobody was entered yet.</p>}
      <ul className="house-list" aria-label="Staff">
        {staff.map((member) => (
          <li key={member.id}>
            <Member
              member={member}
              isOpen={open === member.id}
              onOpen={() => setOpen(open === member.id ? null : member.id)}
            />
          </li>
        ))}
      </ul>
    </div>
  );
}

function Member({
  member,
  isOpen,
  onOpen,
}: {
  readonly member: StaffMember;
  readonly isOpen: boolean;
  readonly onOpen: () => void;
}): ReactElement {
  const { id, name, job, phone } = member;
  const conflicts = useStaffMemberConflicts(id);
  const [deciding, setDeciding] = useState(false);
  return (
    <>
      <button type="button" className="house-row" aria-expanded={isOpen} onClick={onOpen}>
        <strong>{name}</strong>
        <span>{job}</span>
        <span>{phone}</span>
      </button>
      {conflicts.length > 0 && (
        <p className="house-inner">
          {name} was written by two.{' '}
          <button type="button" className="button" onClick={() => setDeciding(true)}>
            Decide
          </button>
        </p>
      )}
      {deciding && <Decision id={id} onClose={() => setDeciding(false)} />}
      {isOpen && <Editor id={id} />}
    </>
  );
}

function Editor({ id }: { readonly id: string }): ReactElement | null {
  const { data: member } = useStaffMember(id);
  const mutations = useStaffMemberMutations(id);
  if (member === undefined) return null;
  return <StaffEditor member={member} onSave={mutations.update} onRemove={mutations.delete} />;
}

/** What waits for a decision, one after the other. */
function Decision({ id, onClose }: { readonly id: string; readonly onClose: () => void }): ReactElement | null {
  const [conflict] = useStaffMemberConflicts(id);
  if (conflict === undefined) return null;
  const about = fieldWords[conflict.field] ?? 'somebody who was to be removed';
  const done = (decided: Promise<void>): void => void decided.then(onClose);
  return (
    <ConflictDialog
      key={`${conflict.eventId} ${conflict.field}`}
      about={about}
      mine={textOf(conflict.mine)}
      theirs={textOf(conflict.theirs)}
      onMine={() => done(conflict.keepMine())}
      onTheirs={() => done(conflict.keepServer())}
      onMerge={(text) => done(conflict.field === '*' ? conflict.keepServer() : conflict.merge(text))}
      onClose={onClose}
    />
  );
}

function textOf(value: StaffMember | string | null): string {
  return typeof value === 'string' ? value : (value?.name ?? '');
}

/** Changes that gave way to somebody else's, so that nobody believes that they stand. */
function Losses({ staff }: { readonly staff: readonly StaffMember[] }): ReactElement | null {
  const { losses } = useSyncStatus();
  const ours = losses.filter(({ entityType }) => entityType === 'staff_member');
  if (ours.length === 0) return null;
  return (
    <ul className="house-list" aria-label="Changes that gave way">
      {ours.map((loss) => (
        <li key={`${loss.eventId} ${loss.field}`} className="house-inner">
          {staff.find(({ id }) => id === loss.entityId)?.name ?? 'Somebody'}: {fieldWords[loss.field] ?? loss.field} is
          “{String(loss.theirs ?? '')}” now, and not “{String(loss.mine ?? '')}”.{' '}
          <button type="button" className="button" onClick={() => void loss.dismiss()}>
            I see
          </button>
        </li>
      ))}
    </ul>
  );
}

function NewMember({ onMade }: { readonly onMade: (id: string) => void }): ReactElement {
  const { create } = useStaffMemberMutations();
  const [name, setName] = useState('');
  const [job, setJob] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onMade(create({ name: name.trim(), job: job.trim() }).entityId);
    setName('');
    setJob('');
  };
  return (
    <form className="house-form" onSubmit={submit}>
      <label>
        New colleague
        <input
          className="field"
          value={name}
          maxLength={80}
          pattern=".*\S.*"
          required
          onChange={({ target }) => setName(target.value)}
        />
      </label>
      <label>
        Works as
        <input
          className="field"
          value={job}
          maxLength={40}
          pattern=".*\S.*"
          required
          onChange={({ target }) => setJob(target.value)}
        />
      </label>
      <button type="submit" className="button button-primary">
        Enter
      </button>
    </form>
  );
}
