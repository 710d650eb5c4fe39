import type { ReactElement } from 'react';
import { closedHref, floorHref, houseHref, kitchenHref, useRoute } from '../route.js';
import { useSession } from '../session.js';
import { SyncChip } from './SyncChip.js';
import './TopBar.css';

/** Where to go, who is there, and how sync stands. */
export function TopBar({ onSync }: { readonly onSync: () => void }): ReactElement {
  const { page } = useRoute();
  const { session } = useSession();
  return (
    <header className="topbar">
      <nav className="topbar-nav" aria-label="Pages">
        <a
          href={floorHref}
          className="topbar-link"
          aria-current={page === 'closed' || page === 'kitchen' || page === 'house' ? undefined : 'page'}
        >
          Tables
        </a>
        <a href={kitchenHref} className="topbar-link" aria-current={page === 'kitchen' ? 'page' : undefined}>
          Kitchen
        </a>
        <a href={closedHref} className="topbar-link" aria-current={page === 'closed' ? 'page' : undefined}>
          Closed
        </a>
        <a href={houseHref('plan')} className="topbar-link" aria-current={page === 'house' ? 'page' : undefined}>
          House
        </a>
      </nav>
      <p className="topbar-who">
        <strong>{session.name}</strong>
        <span>{session.role}</span>
      </p>
      <SyncChip onOpen={onSync} />
    </header>
  );
}
