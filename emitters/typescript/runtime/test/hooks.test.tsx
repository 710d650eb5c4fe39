import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { act, createElement, type ReactElement, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import type { Mutation } from '../src/client/collection.js';
import { SyncProvider, useSync } from '../src/hooks/context.js';
import { useEntities, useEntity, useHistory } from '../src/hooks/useEntity.js';
import { useSyncStatus } from '../src/hooks/useSyncStatus.js';
import { withDocument } from './dom.js';
import { client, uuid } from './helpers.js';
import { orderModel } from './models/order.js';
import { FakeServer } from './server.js';

const counts = { entity: 0, list: 0, status: 0 };

withDocument();

function One({ id }: { id: string }): ReactElement {
  const { data, isLoading } = useEntity(orderModel, id);
  counts.entity += 1;
  return createElement('p', null, `${isLoading ? 'loading' : 'ready'} ${data?.tip_cents ?? 'none'}`);
}

function All(): ReactElement {
  const { data } = useEntities(orderModel, { where: { status: 'open' }, orderBy: '-tip_cents', limit: 10 });
  counts.list += 1;
  return createElement(
    'ol',
    null,
    data.map((order) => createElement('li', { key: order.id }, order.tip_cents)),
  );
}

function Status(): ReactElement {
  const { pendingCount } = useSyncStatus();
  counts.status += 1;
  return createElement('b', null, pendingCount);
}

function Trail({ id }: { id: string }): ReactElement {
  const { data } = useHistory(orderModel, id);
  return createElement('i', null, data.map(({ event }) => event.event_type).join(' '));
}

describe('hooks', () => {
  it('render on the server without a store', () => {
    const sync = client('http://127.0.0.1:9');
    const html = renderToString(
      createElement(SyncProvider, { sync }, createElement(One, { id: uuid() }), createElement(All)),
    );
    assert.match(html, /loading none/);
    assert.throws(() => renderToString(createElement(Orphan)), /SyncProvider/);
  });

  it('show a change at once, and render again for nothing else', async () => {
    const sync = client('http://127.0.0.1:9', { fetch: () => Promise.reject(new Error('no network')) });
    await sync.start();
    const orders = sync.collection(orderModel);
    const [id, other] = [uuid(), uuid()];
    orders.record('order.created', id, { table_number: 1 });
    orders.record('order.created', other, { table_number: 2 });
    const container = document.createElement('div');
    const root = createRoot(container);
    const tree = createElement(
      SyncProvider,
      { sync },
      createElement(One, { id }),
      createElement(All),
      createElement(Status),
      createElement(Trail, { id }),
    );
    await act(async () => root.render(createElement(StrictMode, null, tree)));
    assert.match(container.innerHTML, /ready 0/);
    assert.match(container.innerHTML, /order.created</);
    const entity = counts.entity;
    await act(async () => void orders.record('order.tip_added', other, { by: 7 }));
    assert.equal(counts.entity, entity, 'another entity changed');
    assert.match(container.innerHTML, /<li>7<\/li><li>0<\/li>/);
    const list = counts.list;
    await act(async () => void orders.record('order.tip_added', id, { by: 3 }));
    assert.ok(counts.list > list);
    assert.match(container.innerHTML, /ready 3/);
    assert.match(container.innerHTML, /<b>4<\/b>/);
    assert.match(container.innerHTML, /order.created order.tip_added</);
    await act(async () => root.unmount());
    await sync.close();
  });

  it('show how the events of a history get on', async () => {
    const server = new FakeServer();
    const sync = client(await server.start(), { notification: 'polling' });
    await sync.start();
    const id = uuid();
    const container = document.createElement('div');
    const root = createRoot(container);
    await act(async () => root.render(createElement(SyncProvider, { sync }, createElement(Stands, { id }))));
    let mutation: Mutation | null = null;
    await act(async () => {
      mutation = sync.collection(orderModel).record('order.created', id, { table_number: 1 });
    });
    assert.match(container.innerHTML, /pending/);
    await act(async () => {
      await mutation?.synced;
      await sync.settled();
    });
    assert.match(container.innerHTML, /accepted|synced/);
    await act(async () => root.unmount());
    await sync.close();
    await server.stop();
  });

  it('come to rest with more lists on a screen than are kept', async () => {
    const sync = client('http://127.0.0.1:9', { fetch: () => Promise.reject(new Error('no network')) });
    await sync.start();
    const rows = Array.from({ length: 100 }, (_, table) => createElement(Table, { key: table, table }));
    const container = document.createElement('div');
    const root = createRoot(container);
    await act(async () => root.render(createElement(SyncProvider, { sync }, rows)));
    await act(async () => void sync.collection(orderModel).record('order.created', uuid(), { table_number: 99 }));
    assert.match(container.innerHTML, /99:1/);
    assert.match(container.innerHTML, /98:0/);
    await act(async () => root.unmount());
    await sync.close();
  });
});

function Stands({ id }: { readonly id: string }): ReactElement {
  const { data } = useHistory(orderModel, id);
  return createElement('i', null, data.map(({ status }) => status).join(' '));
}

function Table({ table }: { readonly table: number }): ReactElement {
  const { data } = useEntities(orderModel, { where: { table_number: table } });
  return createElement('p', null, `${table}:${data.length}`);
}

function Orphan(): ReactElement {
  return createElement('p', null, useSync().getPhase());
}
