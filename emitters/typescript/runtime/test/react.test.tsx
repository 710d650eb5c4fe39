/** What React asks of a store: no tearing, nothing rendered for nothing, and safe under whatever React does with a tree. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import {
  act,
  createElement,
  lazy,
  type ReactElement,
  type ReactNode,
  StrictMode,
  Suspense,
  startTransition,
  useEffect,
  useState,
} from 'react';
import { createRoot, hydrateRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import type { SyncClient } from '../src/client/sync.js';
import { SyncProvider } from '../src/hooks/context.js';
import { useEntity } from '../src/hooks/useEntity.js';
import { useSyncStatus } from '../src/hooks/useSyncStatus.js';
import { withDocument } from './dom.js';
import { client, until, uuid } from './helpers.js';
import { orderModel } from './models/order.js';
import { useOrder, useOrderHistory, useOrderMutations, useOrders } from './models/useOrder.js';

withDocument();

const clients: SyncClient[] = [];

// One that a failed test has left open would keep the program from ending.
after(() => Promise.all(clients.map((sync) => sync.close())));

/** A client without a network, with one order. */
async function offline(): Promise<{
  readonly sync: SyncClient;
  readonly id: string;
  readonly tip: (by: number) => void;
}> {
  const sync = client('http://127.0.0.1:9', { fetch: () => Promise.reject(new Error('no network')) });
  clients.push(sync);
  await sync.start();
  const orders = sync.collection(orderModel);
  const id = uuid();
  await orders.record('order.created', id, { table_number: 1 });
  return { sync, id, tip: (by) => void orders.record('order.tip_added', id, { by }) };
}

/** Everything that the generated hooks of a model offer, in one component. */
function Screen({ id }: { readonly id: string }): ReactElement {
  const { data: order, isLoading } = useOrder(id);
  const { data: orders } = useOrders({ where: { status: 'open' }, orderBy: '-updated_at', limit: 5 });
  const { data: history } = useOrderHistory(id);
  const { tipAdded } = useOrderMutations(id);
  const { pendingCount } = useSyncStatus();
  const text = `${isLoading ? 'loading' : 'ready'} ${order?.tip_cents} of ${orders.length} with ${history.length}, ${pendingCount} to send`;
  return createElement('button', { type: 'button', onClick: () => tipAdded({ by: 1 }) }, text);
}

const under = (sync: SyncClient, ...children: ReactNode[]): ReactElement =>
  createElement(SyncProvider, { sync }, ...children);

describe('rendering on a server', () => {
  it('gives a page that a client takes over without a mismatch, and then shows what it holds', async () => {
    const { sync, id } = await offline();
    const html = renderToString(under(sync, createElement(Screen, { id })));
    assert.match(html, /loading undefined of 0 with 0, 0 to send/, 'a server knows nothing');
    const container = document.createElement('div');
    container.innerHTML = html;
    const problems: unknown[] = [];
    const root = await act(async () =>
      hydrateRoot(container, under(sync, createElement(Screen, { id })), {
        onRecoverableError: (error) => problems.push(error),
      }),
    );
    assert.match(container.innerHTML, /ready 0 of 1 with 1, 1 to send/);
    assert.deepEqual(problems, []);
    await act(async () => root.unmount());
    await sync.close();
  });
});

describe('strict mode', () => {
  it('counts each change once, however often React mounts', async () => {
    const { sync, id, tip } = await offline();
    const container = document.createElement('div');
    const root = createRoot(container);
    await act(async () => root.render(createElement(StrictMode, null, under(sync, createElement(Screen, { id })))));
    assert.match(container.innerHTML, /ready 0 of 1 with 1, 1 to send/);
    await act(async () => tip(4));
    assert.match(container.innerHTML, /ready 4 of 1 with 2, 2 to send/);
    await act(async () => root.unmount());
    await sync.close();
  });
});

describe('suspense', () => {
  it('shows what changed while a sibling was not there yet', async () => {
    const { sync, id, tip } = await offline();
    let come: (module: { readonly default: () => ReactElement }) => void = () => {};
    const Late = lazy(
      () =>
        new Promise<{ readonly default: () => ReactElement }>((resolve) => {
          come = resolve;
        }),
    );
    const container = document.createElement('div');
    const root = createRoot(container);
    const tree = createElement(Suspense, { fallback: 'wait' }, createElement(Screen, { id }), createElement(Late));
    await act(async () => root.render(under(sync, tree)));
    assert.equal(container.textContent, 'wait');
    await act(async () => tip(9));
    await act(async () => come({ default: () => createElement('i', null, 'late') }));
    assert.match(container.innerHTML, /ready 9 of 1 with 2, 2 to send.*late/);
    await act(async () => root.unmount());
    await sync.close();
  });
});

const rows = 60;
let rendered = 0;
let show: (visible: boolean) => void = () => {};

function SlowRow({ id }: { readonly id: string }): ReactElement {
  const { data } = useEntity(orderModel, id);
  const end = performance.now() + 1;
  while (performance.now() < end); // React yields after a few of these
  rendered += 1;
  return createElement('li', null, data?.tip_cents);
}

function SlowList({ id }: { readonly id: string }): ReactElement {
  const [visible, setVisible] = useState(false);
  useEffect(() => {
    show = setVisible;
  }, []);
  const all = Array.from({ length: visible ? rows : 0 }, (_, key) => createElement(SlowRow, { key, id }));
  return createElement('ul', null, all);
}

describe('a transition that is rendered bit by bit', () => {
  it('never shows two states of the store at once, though the store changes in the middle of it', async () => {
    const { sync, id, tip } = await offline();
    Reflect.set(globalThis, 'IS_REACT_ACT_ENVIRONMENT', false); // React's own scheduler is to yield
    const container = document.createElement('div');
    const root = createRoot(container);
    let changedAfter = 0;
    rendered = 0;
    root.render(under(sync, createElement(SlowList, { id })));
    await until('the list', () => container.querySelector('ul') !== null);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const torn: string[] = [];
    const look = (): void => {
      const texts = new Set([...container.querySelectorAll('li')].map(({ textContent }) => textContent));
      if (texts.size > 1) torn.push([...texts].join());
    };
    const observer = new window.MutationObserver(look);
    observer.observe(container, { childList: true, subtree: true, characterData: true });
    startTransition(() => show(true));
    for (let i = 0; i < 10_000 && changedAfter === 0; i++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (rendered === 0 || rendered >= rows) continue;
      changedAfter = rendered;
      tip(7);
    }
    await until('the rows', () => container.querySelectorAll('li').length === rows);
    await until('the new state', () => container.querySelector('li')?.textContent === '7');
    look();
    observer.disconnect();
    assert.ok(changedAfter > 0 && changedAfter < rows, `changed after ${changedAfter} of ${rows} rows`);
    assert.deepEqual(torn, []);
    root.unmount();
    await sync.close();
    Reflect.set(globalThis, 'IS_REACT_ACT_ENVIRONMENT', true);
  });
});

const counts = { pending: 0, leader: 0 };
let all: Readonly<Record<string, unknown>> = {};

function Pending(): ReactElement {
  counts.pending += 1;
  return createElement('b', null, useSyncStatus().pendingCount);
}

function Leader(): ReactElement {
  counts.leader += 1;
  return createElement('i', null, String(useSyncStatus().isLeader));
}

function All(): ReactElement {
  all = { ...useSyncStatus() };
  return createElement('u', null, String(all['pendingCount']));
}

describe('the status', () => {
  it('renders a component again only for what it reads of it', async () => {
    const { sync, tip } = await offline();
    await until('the lead', () => sync.status.getSnapshot().isLeader);
    const container = document.createElement('div');
    const root = createRoot(container);
    await act(async () => root.render(under(sync, createElement(Pending), createElement(Leader), createElement(All))));
    const before = { ...counts };
    await act(async () => tip(1));
    assert.match(container.innerHTML, /<b>2<\/b><i>true<\/i><u>2<\/u>/);
    assert.equal(counts.leader, before.leader, 'it does not read how much is pending');
    await act(async () => sync.status.set({ lastSyncedAt: 5 }));
    assert.deepEqual([counts.pending, counts.leader], [before.pending + 1, before.leader]);
    assert.equal(all['lastSyncedAt'], 5);
    await act(async () => root.unmount());
    await sync.close();
  });
});
