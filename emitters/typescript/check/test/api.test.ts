/** A model in api mode: its typed client against the real backend. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { rename } from '../generated/docs/reports.js';
import {
  createSync,
  HttpError,
  InvalidPayload,
  isProblem,
  memoryStore,
  type Report,
  type Sync,
  type SyncConfig,
} from '../generated/fixtures/src/index.js';
import { type Backend, startBackend } from './backend.js';
import { options } from './consumer.js';

let backend: Backend;
before(async () => {
  backend = await startBackend();
});
after(() => backend.stop());

/** A client of a tenant of its own, unless another is named. */
function client(config: Partial<SyncConfig> & { readonly tenant?: string } = {}): Sync {
  const { tenant = `t${crypto.randomUUID()}`, ...rest } = config;
  return createSync({
    ...options,
    baseUrl: backend.baseUrl,
    tenantId: tenant,
    token: `dev:${tenant}:anna:owner`,
    adapter: memoryStore(),
    locks: null,
    channel: null,
    ...rest,
  });
}

/** What a request is refused with. */
async function problemOf(request: Promise<unknown>): Promise<HttpError> {
  const error = await request.then(
    () => null,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof HttpError, `a problem, not ${String(error)}`);
  return error;
}

describe('the client of a model in api mode', () => {
  it('makes, reads, changes and ends rows', async () => {
    const { reports } = client();
    const made = await reports.create({ title: 'May' });
    assert.equal(made.data.title, 'May');
    assert.equal(made.data.body, null);
    assert.match(made.data.id, /^[0-9a-f-]{36}$/);
    const { id } = made.data;
    assert.deepEqual(await reports.get(id), made);
    const changed = await reports.update(id, { score: 0.5 });
    assert.deepEqual([changed.data.title, changed.data.score], ['May', 0.5]);
    assert.notEqual(changed.etag, made.etag);
    await reports.delete(id);
    assert.ok(isProblem(await problemOf(reports.get(id)), 'not_found'));
    assert.ok(isProblem(await problemOf(reports.update(id, {})), 'entity_not_found', 'not_found'));
  });

  it('keeps a writer from what somebody else has changed', async () => {
    const { reports } = client();
    const mine = crypto.randomUUID();
    const { data, etag } = await reports.create({ title: 'May' }, mine);
    assert.equal(data.id, mine);
    assert.ok(etag !== null);
    await reports.update(mine, { title: 'June' }, { ifMatch: etag });
    const problem = await problemOf(reports.update(mine, { title: 'July' }, { ifMatch: etag }));
    assert.ok(isProblem(problem, 'precondition_failed'));
    assert.equal(problem.status, 412);
    assert.ok(isProblem(await problemOf(reports.delete(mine, { ifMatch: etag })), 'precondition_failed'));
    const read = await reports.get(mine);
    assert.equal(read.data.title, 'June');
    await reports.delete(mine, { ifMatch: read.etag });
    const twice = await reports.create({ title: 'again' }, crypto.randomUUID());
    assert.ok(isProblem(await problemOf(reports.create({ title: 'again' }, twice.data.id)), 'entity_exists'));
  });

  it('does what the documentation shows', async () => {
    const tenant = `t${crypto.randomUUID()}`;
    const sync = client({ tenant });
    const { data } = await sync.reports.create({ title: 'May' });
    assert.equal((await rename(sync, data.id, 'June'))?.title, 'June');
    let faster: Promise<unknown> = Promise.resolve();
    const late = client({
      tenant,
      fetch: async (input, init) => {
        if (init?.method === 'PATCH') await faster;
        const answer = await fetch(input, init);
        // Between this client's reading and its writing somebody else writes.
        if (init?.method === 'GET') faster = sync.reports.update(data.id, { title: 'July' });
        return answer;
      },
    });
    assert.equal(await rename(late, data.id, 'August'), null);
    assert.equal((await sync.reports.get(data.id)).data.title, 'July');
  });

  it('filters, sorts and pages lists', async () => {
    const { reports } = client();
    for (const [title, score] of [
      ['a', 3],
      ['b', null],
      ['c', 1],
      ['', 2],
      ['null', 1],
    ] as const) {
      await reports.create({ title, score });
    }
    const titles = (rows: readonly Report[]): string[] => rows.map(({ title }) => title);
    assert.deepEqual(titles((await reports.list({ where: { score: 1 }, orderBy: 'title' })).data), ['c', 'null']);
    assert.deepEqual(titles((await reports.list({ where: { score: null } })).data), ['b']);
    assert.deepEqual(titles((await reports.list({ where: { title: '' } })).data), ['']);
    assert.deepEqual(titles((await reports.list({ where: { title: 'a', score: 1 } })).data), []);
    const read: string[] = [];
    let after: string | null = null;
    let pages = 0;
    do {
      const page = await reports.list({ orderBy: '-title', after, limit: 2 });
      read.push(...titles(page.data));
      after = page.next;
      pages++;
    } while (after !== null);
    assert.deepEqual(read, ['null', 'c', 'b', 'a', '']);
    assert.equal(pages, 3);
    assert.ok(isProblem(await problemOf(reports.list({ after: 'no page' })), 'invalid_query'));
  });

  it('sends nothing that is not valid', async () => {
    let requests = 0;
    const counting: typeof fetch = (...args) => {
      requests++;
      return fetch(...args);
    };
    const { reports } = client({ fetch: counting });
    const wrong: unknown = { title: 5 };
    await assert.rejects(reports.create(wrong as { title: string }), (error) => {
      assert.ok(error instanceof InvalidPayload);
      assert.equal(error.pointer, '/title');
      return true;
    });
    const unknown: unknown = { colour: 'red' };
    await assert.rejects(reports.update(crypto.randomUUID(), unknown as object), InvalidPayload);
    assert.equal(requests, 0);
  });

  it('has another token where one is refused, once', async () => {
    const tenant = `t${crypto.randomUUID()}`;
    let asked = 0;
    const { reports } = client({
      tenant,
      token: 'stale',
      onAuthError: () => {
        asked++;
        return `dev:${tenant}:anna:owner`;
      },
    });
    const made = await Promise.all(['a', 'b', 'c'].map((title) => reports.create({ title })));
    assert.equal(made.length, 3);
    assert.equal(asked, 1);
    const refused = client({ token: 'stale' });
    assert.ok(isProblem(await problemOf(refused.reports.list()), 'unauthorized'));
  });

  it('says that there is no server', async () => {
    const { reports } = client({ baseUrl: 'http://127.0.0.1:9/api/v1' });
    const problem = await problemOf(reports.list());
    assert.ok(isProblem(problem, 'network_error'));
    assert.equal(problem.status, 0);
  });

  it('keeps tenants apart', async () => {
    const one = client();
    const { data } = await one.reports.create({ title: 'ours' });
    const other = client();
    assert.ok(isProblem(await problemOf(other.reports.get(data.id)), 'not_found'));
    assert.deepEqual((await other.reports.list()).data, []);
  });
});
