import { type ReactElement, useState } from 'react';
import { useRoute } from '../route.js';
import { Closed } from './Closed.js';
import { Floor } from './Floor.js';
import { Notices } from './Notices.js';
import { NewOrderPage, OrderPage } from './OrderPage.js';
import { SyncPanel } from './SyncPanel.js';
import { TopBar } from './TopBar.js';
import './Shell.css';

/** The frame around every page. */
export function Shell(): ReactElement {
  const [panel, setPanel] = useState(false);
  const openPanel = (): void => setPanel(true);
  return (
    <div className="shell">
      <TopBar onSync={openPanel} />
      <Notices onOpen={openPanel} />
      <main className="shell-main">
        <Page />
      </main>
      {panel && <SyncPanel onClose={() => setPanel(false)} />}
    </div>
  );
}

function Page(): ReactElement {
  const route = useRoute();
  switch (route.page) {
    case 'floor':
      return <Floor />;
    case 'closed':
      return <Closed />;
    case 'table':
      return <NewOrderPage key={route.table} table={route.table} />;
    case 'order':
      return <OrderPage key={route.id} id={route.id} />;
    default:
      return route satisfies never;
  }
}
