/** Who uses this tablet. */
import { createContext, useContext } from 'react';
import { createSync, type Sync } from './sync/index.js';

export type Role = 'waiter' | 'owner';

export interface Session {
  readonly name: string;
  readonly role: Role;
}

/** A session with its client. */
export interface OpenSession {
  readonly session: Session;
  readonly sync: Sync;
  readonly leave: () => void;
}

const KEY = 'bistro.session';
const TENANT = 'bistro';

/** A name as a user id: in letters that a header may carry, and back by {@link nameOf}. */
export function userIdOf(name: string): string {
  return encodeURIComponent(name.toWellFormed());
}

export function nameOf(userId: string): string {
  try {
    return decodeURIComponent(userId);
  } catch {
    return userId; // not one of ours
  }
}

/** A client for a session. It does nothing before it is started, which its provider does. */
export function openSync({ name, role }: Session): Sync {
  const userId = userIdOf(name);
  return createSync({
    baseUrl: `${location.origin}/api/v1`,
    tenantId: TENANT,
    userId,
    // Taken at its word by the example's server. A real restaurant has a login.
    token: `dev:${TENANT}:${userId}:${role}`,
  });
}

export function loadSession(): Session | null {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? 'null');
    if (typeof value !== 'object' || value === null || !('name' in value) || !('role' in value)) return null;
    const { name, role } = value;
    if (typeof name !== 'string' || name === '' || (role !== 'waiter' && role !== 'owner')) return null;
    return { name, role };
  } catch {
    return null;
  }
}

export function saveSession(session: Session | null): void {
  if (session === null) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, JSON.stringify(session));
}

export const SessionContext = createContext<OpenSession | null>(null);

export function useSession(): OpenSession {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('useSession needs a session above it');
  return session;
}
