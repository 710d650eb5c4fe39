/** The hooks of a model in api mode, in React, against the real backend. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { onlineManager, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { Window } from 'happy-dom';
import { act, type ReactElement } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import {
  reportQueries,
  SyncProvider,
  useReport,
  useReportMutations,
  useReports,
  useSyncStatus,
} from '../generated/fixtures/src/hooks/index.js';
import {
  createSync,
  HttpError,
  InvalidPayload,
  type Mutation,
  memoryStore,
  type ReportUpdate,
  type Sync,
  type SyncConfig,
} from '../generated/fixtures/src/index.js';
import { type Backend, startBackend } from './backend.js';
import { options } from './consumer.js';

/** The network of one client: requests wait while it is held, and fail while it is cut. */
class Network {
  cut = false;
  #held: Promise<void> = Promise.resolve();
  #release: () => void = () => {};

  hold(): void {
    this.#held = new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  release(): void {
    this.#release();
  }

  readonly fetch: typeof fetch = async (input, init) => {
    if (init?.method !== 'GET' && init?.method !== undefined) await this.#held;
    if (this.cut) throw new TypeError('cut');
    return fetch(input, init);
  };
}

/** What the components below can do, for the tests. */
const hands: {
  create: ReturnType<typeof useReportMutations>['create'];
  update: (patch: ReportUpdate) => Mutation;
  end: () => Mutation;
} = { create: unmounted, update: unmounted, end: unmounted };

function unmounted(): never {
  throw new Error('no component is there');
}

function All(): ReactElement {
  const { data, isLoading } = useReports({ orderBy: 'title', limit: 10 });
  hands.create = useReportMutations().create;
  return <ol>{isLoading ? 'loading' : data.map(({ id, title, score }) => <li key={id}>{`${title}:${score}`}</li>)}</ol>;
}

function Recent(): ReactElement {
  const { data } = useReports({ where: { score: 1 } });
  return <ul>{data.map(({ title }) => title).join(' ')}</ul>;
}

function One({ id }: { readonly id: string }): ReactElement {
  const { data, isLoading, error } = useReport(id);
  const mutations = useReportMutations(id);
  hands.update = mutations.update;
  hands.end = mutations.delete;
  return <p>{error?.code ?? (isLoading ? 'loading' : (data?.title ?? 'none'))}</p>;
}

function Status(): ReactElement {
  const { isOnline, isVerified, latency } = useSyncStatus();
  return <b>{`${isOnline ? 'online' : 'offline'} ${isVerified ? 'verified' : 'unverified'} ${latency}`}</b>;
}

let backend: Backend;
let sync: Sync;
let network: Network;
let container: HTMLElement;
let root: Root;
let tenant: string;

before(async () => {
  const window = new Window({ url: 'http://localhost/' });
  Object.assign(globalThis, { window, document: window.document, IS_REACT_ACT_ENVIRONMENT: true });
  backend = await startBackend();
});
after(() => backend.stop());

beforeEach(() => {
  network = new Network();
  tenant = `t${crypto.randomUUID()}`;
  sync = client({ fetch: network.fetch });
});

function client(config: Partial<SyncConfig> = {}): Sync {
  return createSync({
    ...options,
    baseUrl: backend.baseUrl,
    tenantId: tenant,
    token: `dev:${tenant}:anna:owner`,
    adapter: memoryStore(),
    locks: null,
    channel: null,
    notification: 'sse',
    ...config,
  });
}

async function show(element: ReactElement, cache?: QueryClient): Promise<void> {
  container = document.createElement('div');
  root = createRoot(container);
  const tree = <SyncProvider sync={sync}>{element}</SyncProvider>;
  await act(async () =>
    root.render(cache === undefined ? tree : <QueryClientProvider client={cache}>{tree}</QueryClientProvider>),
  );
}

async function leave(): Promise<void> {
  await act(async () => root.unmount());
  await sync.close();
}

/** Waits until the page says something. */
async function shows(text: string): Promise<void> {
  const end = Date.now() + 10_000;
  while (!container.innerHTML.includes(text)) {
    if (Date.now() > end) assert.fail(`${text} never came: ${container.innerHTML}`);
    await act(async () => new Promise((resolve) => setTimeout(resolve, 5)));
  }
}

/** Makes a change, and has the page show it before the server has heard of it. In an object: a change is awaited when it is returned. */
async function atOnce(change: () => Mutation): Promise<{ readonly write: Mutation }> {
  const made: Mutation[] = [];
  await act(async () => {
    made.push(change());
    await new Promise((resolve) => setTimeout(resolve, 20)); // TanStack Query tells of changes in a task of its own
  });
  const [write] = made;
  assert.ok(write !== undefined);
  return { write };
}

describe('the hooks of a model in api mode', () => {
  it('show rows, and what is done to them, before and after the server has answered', async () => {
    const { data: may } = await sync.reports.create({ title: 'May', score: 1 });
    const { data: june } = await sync.reports.create({ title: 'June', score: 2 });
    await show(
      <>
        <All />
        <Recent />
        <One id={may.id} />
      </>,
    );
    await shows('<li>June:2</li><li>May:1</li>');
    await shows('<p>May</p>');
    network.hold();
    const { write: renamed } = await atOnce(() => hands.update({ title: 'April', score: 3 }));
    assert.match(container.innerHTML, /<p>April<\/p>/, 'shown at once');
    assert.match(container.innerHTML, /<li>June:2<\/li><li>April:3<\/li>/, 'in lists, where it stands');
    assert.match(container.innerHTML, /<ul><\/ul>/, 'it has left the list that it does not belong to any more');
    assert.equal((await client().reports.get(may.id)).data.title, 'May', 'the server has not heard of it');
    network.release();
    await act(async () => renamed);
    await shows('<li>April:3</li><li>June:2</li>'); // in its place, once the list was read again
    assert.equal((await client().reports.get(may.id)).data.title, 'April');

    network.hold();
    const { write: ended } = await atOnce(() => hands.end());
    assert.match(container.innerHTML, /<p>none<\/p>/);
    assert.match(container.innerHTML, /<ol><li>June:2<\/li><\/ol>/);
    network.release();
    await act(async () => ended.synced);
    assert.deepEqual((await client().reports.list()).data, [june]);
    await leave();
  });

  it('give a new row its id at once, and show it when the server has it', async () => {
    await show(<All />);
    await shows('<ol></ol>');
    network.hold();
    const { write: made } = await atOnce(() => hands.create({ title: 'New' }));
    assert.match(container.innerHTML, /<ol><\/ol>/, 'what the server fills in is not made up');
    await act(async () =>
      root.render(
        <SyncProvider sync={sync}>
          <All />
          <One id={made.entityId} />
        </SyncProvider>,
      ),
    );
    await shows('<p>loading</p>');
    network.release();
    await act(async () => made);
    await shows('<li>New:null</li>');
    await shows('<p>New</p>');
    assert.equal((await client().reports.get(made.entityId)).data.title, 'New');
    await leave();
  });

  it('take back what the server refuses, and no more', async () => {
    const { data } = await sync.reports.create({ title: 'May', score: 1 });
    await show(<One id={data.id} />);
    await shows('<p>May</p>');
    network.hold();
    const { write: first } = await atOnce(() => hands.update({ title: 'April' }));
    const { write: second } = await atOnce(() => hands.update({ title: 'March' }));
    assert.match(container.innerHTML, /<p>March<\/p>/);
    await client().reports.delete(data.id); // somebody else
    network.release();
    for (const write of [first, second]) {
      await act(() =>
        assert.rejects(Promise.resolve(write), (error) => error instanceof HttpError && error.status === 404),
      );
    }
    await shows('<p>none</p>');
    await leave();
  });

  it('sends the writes of one row in order', async () => {
    const { data } = await sync.reports.create({ title: '0' });
    await show(<One id={data.id} />);
    await shows('<p>0</p>');
    const writes: Mutation[] = [];
    await act(async () => {
      for (let at = 1; at <= 10; at++) writes.push(hands.update({ title: String(at) }));
      await Promise.all(writes);
    });
    assert.equal((await client().reports.get(data.id)).data.title, '10');
    await shows('<p>10</p>');
    await leave();
  });

  it('refuse at once what is not valid', async () => {
    await show(<All />);
    const wrong: unknown = { title: 1 };
    assert.throws(() => hands.create(wrong as { title: string }), InvalidPayload);
    await leave();
  });

  it('go by the network status that all go by', async () => {
    const { data } = await sync.reports.create({ title: 'May' });
    await show(
      <>
        <One id={data.id} />
        <Status />
      </>,
    );
    await shows('<p>May</p>');
    await shows('<b>online verified low</b>');
    assert.equal(onlineManager.isOnline(), true);
    await act(async () => sync.internals.unplug(true));
    await shows('<b>offline unverified low</b>');
    assert.equal(onlineManager.isOnline(), false);
    const { write } = await atOnce(() => hands.update({ title: 'June' }));
    assert.match(container.innerHTML, /<p>June<\/p>/, 'shown while it waits for the network');
    assert.equal((await client().reports.get(data.id)).data.title, 'May');
    await act(async () => sync.internals.unplug(false));
    await act(async () => write);
    assert.equal((await client().reports.get(data.id)).data.title, 'June');
    assert.equal(onlineManager.isOnline(), true);
    await leave();
  });

  it('use the application’s own cache where it has one, under keys that do not change', async () => {
    const { data } = await sync.reports.create({ title: 'May', score: 1 });
    const cache = new QueryClient();
    const queries = reportQueries(sync);
    await cache.prefetchQuery(queries.one(data.id));
    await cache.prefetchQuery(queries.list({ orderBy: 'title', limit: 10 }));
    network.cut = true;
    await show(
      <>
        <All />
        <One id={data.id} />
      </>,
      cache,
    );
    await shows('<li>May:1</li>');
    await shows('<p>May</p>');
    const keys = cache
      .getQueryCache()
      .getAll()
      .map(({ queryHash }) => queryHash);
    assert.equal(keys.length, 2);
    assert.deepEqual(
      queries.list({ limit: 10, orderBy: 'title', where: {} }).queryKey,
      queries.list({ orderBy: 'title', limit: 10 }).queryKey,
    );
    const [one, other] = [reportQueries(sync), reportQueries(client({ userId: 'other' }))];
    assert.notDeepEqual(one.key, other.key, 'another user reads nothing of it');
    cache.clear();
    await leave();
  });

  it('say what kept them from reading', async () => {
    sync = client({ token: 'nobody' });
    await show(<One id={crypto.randomUUID()} />);
    await shows('<p>unauthorized</p>');
    await leave();
  });
});
