import { lazy, type ReactElement, Suspense, useEffect, useRef, useState } from 'react';
import { type Route, useRoute } from '../route.js';
import { useSession } from '../session.js';
import { useDevtools } from '../useDevtools.js';
import { Closed } from './Closed.js';
import { Floor } from './Floor.js';
import { Kitchen } from './Kitchen.js';
import { Notices } from './Notices.js';
import { OfflineBanner } from './OfflineBanner.js';
import { NewOrderPage, OrderPage } from './OrderPage.js';
import { RejectionToasts } from './RejectionToasts.js';
import { SyncPanel } from './SyncPanel.js';
import { TopBar } from './TopBar.js';
import './Shell.css';

/** What is looked at now and then comes when it is looked at. */
const House = lazy(() => import('./house/House.js'));

/** The frame around every page. */
export function Shell(): ReactElement {
  const [panel, setPanel] = useState(false);
  useDevtools(useSession().sync);
  const openPanel = (): void => setPanel(true);
  return (
    <div className="shell">
      <TopBar onSync={openPanel} />
      <OfflineBanner />
      <Notices onOpen={openPanel} />
      <Main />
      <RejectionToasts />
      {panel && <SyncPanel onClose={() => setPanel(false)} />}
    </div>
  );
}

/** Where the focus went with what was on the page before, it comes here: a keyboard goes on from there. */
function Main(): ReactElement {
  const route = useRoute();
  const element = useRef<HTMLElement>(null);
  const place = JSON.stringify(route);
  const shown = useRef(place);
  useEffect(() => {
    if (shown.current === place) return;
    shown.current = place;
    if (document.activeElement === document.body) element.current?.focus({ preventScroll: true });
  }, [place]);
  return (
    <main ref={element} className="shell-main" tabIndex={-1}>
      <Page route={route} />
    </main>
  );
}

function Page({ route }: { readonly route: Route }): ReactElement {
  switch (route.page) {
    case 'floor':
      return <Floor />;
    case 'kitchen':
      return <Kitchen />;
    case 'closed':
      return <Closed />;
    case 'house':
      return (
        <Suspense fallback={<p className="empty">One moment…</p>}>
          <House part={route.part} />
        </Suspense>
      );
    case 'table':
      return <NewOrderPage key={route.table} table={route.table} />;
    case 'order':
      return <OrderPage key={route.id} id={route.id} />;
    default:
      return route satisfies never;
  }
}
