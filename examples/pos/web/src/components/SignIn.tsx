import { type FormEvent, type ReactElement, useId, useState } from 'react';
import type { Role, Session } from '../session.js';
import './SignIn.css';

const roles: readonly { readonly role: Role; readonly name: string; readonly text: string }[] = [
  { role: 'waiter', name: 'Waiter', text: 'Takes orders' },
  { role: 'owner', name: 'Owner', text: 'Runs the house' },
];

const team = ['Anna', 'Ben', 'Chloé', 'David'];

/** Who takes this tablet. */
export function SignIn({ onSignIn }: { readonly onSignIn: (session: Session) => void }): ReactElement {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('waiter');
  const field = useId();
  const trimmed = name.trim();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (trimmed !== '') onSignIn({ name: trimmed, role });
  };
  return (
    <main className="signin">
      <form className="signin-card" onSubmit={submit}>
        <img src="/icon.svg" alt="" width="56" height="56" />
        <h1>Good evening</h1>
        <p className="signin-hint">Who is taking this tablet?</p>
        <label htmlFor={field}>Your name</label>
        <input
          id={field}
          className="field"
          value={name}
          onChange={(event) => setName(event.target.value)}
          maxLength={40}
          autoComplete="off"
          autoCapitalize="words"
          required
        />
        <div className="signin-team">
          {team.map((member) => (
            <button
              key={member}
              type="button"
              className="chip"
              aria-pressed={trimmed === member}
              onClick={() => setName(member)}
            >
              {member}
            </button>
          ))}
        </div>
        <fieldset className="signin-roles">
          <legend>Role</legend>
          {roles.map((choice) => (
            <label key={choice.role} className="signin-role" data-chosen={role === choice.role}>
              <input
                type="radio"
                name="role"
                value={choice.role}
                checked={role === choice.role}
                onChange={() => setRole(choice.role)}
              />
              <strong>{choice.name}</strong>
              <span>{choice.text}</span>
            </label>
          ))}
        </fieldset>
        <button type="submit" className="button button-primary button-large" disabled={trimmed === ''}>
          Start the shift
        </button>
      </form>
    </main>
  );
}
