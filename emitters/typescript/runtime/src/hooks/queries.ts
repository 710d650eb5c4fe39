/** What models in api mode have in TanStack Query's cache: under which keys, and how it is read. */
import { onlineManager, QueryClient, type QueryKey, queryOptions, skipToken } from '@tanstack/react-query';
import { ApiReader, type ApiReadModel, isProblem, type Row, type Tagged } from '../client/api.js';
import type { HttpClient } from '../client/http.js';
import { filtersOf, pageParameters } from '../client/pages.js';
import type { SyncClient } from '../client/sync.js';
import { HttpError } from '../errors.js';

/** Which rows, in which order, how many; without a `limit`, all of them, page by page. */
export interface RowsQuery {
  readonly where?: object | undefined;
  readonly orderBy?: string | undefined;
  readonly offset?: number | undefined;
  readonly limit?: number | undefined;
}

/** The most that a page holds. */
const PAGE = 1000;
const ATTEMPTS = 3;

/** The queries of one model, for a component's hooks and for an application that prefetches or invalidates. */
export function queriesOf<State extends Row>(sync: SyncClient, model: ApiReadModel<State>) {
  const http = (): Promise<HttpClient> => sync.http();
  const reader = new ApiReader(model, http);
  // Users of one page may have one cache: what one of them has read is nothing to the next.
  const key: QueryKey = ['syncable', sync.internals.name, model.entity];
  return {
    /** What the keys of all of them begin with. */
    key,
    /** What those of all lists begin with. */
    lists: [...key, 'list'] satisfies QueryKey,
    /** One row; null where there is none, and nothing is asked for without an id. */
    one: (id: State['id'] | null) =>
      queryOptions({
        queryKey: [...key, 'one', String(id)],
        queryFn: id === null ? skipToken : ({ signal }) => reader.get(id, signal).catch(noneIfNotFound),
        retry,
        retryDelay,
      }),
    /** Rows by query. */
    list: ({ where = {}, orderBy = 'id', offset = 0, limit }: RowsQuery) =>
      queryOptions({
        queryKey: [...key, 'list', { where: filtersOf(where), orderBy, offset, limit: limit ?? null }],
        queryFn: ({ signal }) => read(model, http, { where, orderBy, offset, limit }, signal),
        retry,
        retryDelay,
      }),
  };
}

/** The queries of one model. */
export type Queries<State extends Row> = ReturnType<typeof queriesOf<State>>;

/** All rows that a query asks for, page by page. */
async function read<State extends Row>(
  model: ApiReadModel<State>,
  http: () => Promise<HttpClient>,
  { where, orderBy, offset = 0, limit = Number.POSITIVE_INFINITY }: RowsQuery,
  signal: AbortSignal,
): Promise<readonly State[]> {
  const client = await http();
  const rows: State[] = [];
  let after: string | null = null;
  do {
    const wanted = Math.min(PAGE, offset + limit - rows.length);
    if (wanted <= 0) break;
    const query = pageParameters({ where, orderBy, after, limit: wanted });
    const page = await client.list(model.path, query, signal);
    rows.push(...page.data.map(model.parseState));
    after = page.next;
  } while (after !== null);
  return rows.slice(offset);
}

function noneIfNotFound(error: unknown): null {
  if (isProblem(error, 'not_found', 'entity_not_found')) return null;
  throw error;
}

/** What the server said no to, it will say no to again. */
function retry(failures: number, error: Error): boolean {
  const passes = error instanceof HttpError && (error.status === 0 || error.status === 429 || error.status >= 500);
  return passes && failures < ATTEMPTS;
}

function retryDelay(failures: number, error: Error): number {
  const named = error instanceof HttpError ? error.retryAfter : null;
  return named ?? Math.min(1000 * 2 ** failures, 30_000);
}

const clients = new WeakMap<SyncClient, QueryClient>();

/** The cache of one client, where the application has none of its own. */
export function queryClientOf(sync: SyncClient): QueryClient {
  const known = clients.get(sync) ?? new QueryClient();
  clients.set(sync, known);
  return known;
}

/** Whose word TanStack Query takes for whether there is a network. */
let heeded: SyncClient | null = null;

/** Has TanStack Query's `onlineManager` hear of the network from the client's status, as all others do. */
export function heed(sync: SyncClient): void {
  if (heeded === sync) return;
  heeded = sync;
  onlineManager.setEventListener((setOnline) => {
    const tell = (): void => setOnline(sync.status.parts.isOnline);
    tell();
    return sync.status.subscribe(tell);
  });
}

/** What a cache holds of one row. */
export type Cached<State> = Tagged<State> | null;
