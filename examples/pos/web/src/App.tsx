import { type ReactElement, useMemo, useState } from 'react';
import { Shell } from './components/Shell.js';
import { SignIn } from './components/SignIn.js';
import { loadSession, openSync, type Session, SessionContext, saveSession } from './session.js';
import { SyncProvider } from './sync/hooks/index.js';
import type { Sync } from './sync/index.js';
import { ToastProvider } from './toast.js';

interface Opened {
  readonly session: Session;
  readonly sync: Sync;
}

const open = (session: Session): Opened => ({ session, sync: openSync(session) });

/** Somebody signs in, and has the restaurant. */
export function App(): ReactElement {
  const [opened, setOpened] = useState<Opened | null>(() => {
    const session = loadSession();
    return session === null ? null : open(session);
  });
  const value = useMemo(() => {
    if (opened === null) return null;
    const leave = (): void => {
      void opened.sync.signOut();
      saveSession(null);
      setOpened(null);
    };
    return { ...opened, leave };
  }, [opened]);

  if (value === null) {
    const enter = (session: Session): void => {
      saveSession(session);
      setOpened(open(session));
    };
    return <SignIn onSignIn={enter} />;
  }
  return (
    <SyncProvider sync={value.sync}>
      <SessionContext value={value}>
        <ToastProvider>
          <Shell />
        </ToastProvider>
      </SessionContext>
    </SyncProvider>
  );
}
