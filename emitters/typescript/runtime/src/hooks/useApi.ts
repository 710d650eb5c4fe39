/** Hooks over one model in api mode, which the generated hooks wrap. They stand on TanStack Query. */
import { type Mutation as Pending, QueryClientContext, useMutationState, useQuery } from '@tanstack/react-query';
import { useContext, useEffect, useMemo } from 'react';
import type { ApiModel, ApiReadModel, Row } from '../client/api.js';
import type { Mutation } from '../client/collection.js';
import { SyncError } from '../errors.js';
import { useSync } from './context.js';
import { heed, queriesOf, queryClientOf, type RowsQuery } from './queries.js';
import type { Loaded } from './useEntity.js';
import { type Overlay, overlaid, overlaidList, send } from './writes.js';

/** What can be done without an id. */
export interface ApiCreation<State extends Row, Create extends object> {
  /** Makes a row. Its id is drawn here unless it is given: it is known before the server has answered. */
  create(payload?: Create, newId?: State['id']): Mutation;
}

/** What can be done with the row of an id. */
export interface ApiChanges<Update extends object> {
  /** Changes what is given. */
  update(payload: Update): Mutation;
  /** Ends it. */
  delete(): Mutation;
}

/** One row; undefined where there is none. */
export function useApiRow<State extends Row>(
  model: ApiReadModel<State>,
  id: State['id'] | null | undefined,
): Loaded<State | undefined> {
  const { client, queries, writes } = useApi(model);
  const { data, error, isLoading } = useQuery(queries.one(id ?? null), client);
  const row = id == null ? undefined : data?.data;
  const shown = useMemo(() => row && overlaid(model.parseState, row, writes), [model, row, writes]);
  const isComing = shown === undefined && writes.some((write) => write.kind === 'create' && write.id === id);
  return { data: shown, isLoading: isLoading || isComing, error: useSyncError(error) };
}

/** Rows by query; the same array for as long as it would hold the same. */
export function useApiRows<State extends Row>(
  model: ApiReadModel<State>,
  query: RowsQuery = {},
): Loaded<readonly State[]> {
  const { client, queries, writes } = useApi(model);
  const options = queries.list(query);
  const { data = none, error, isLoading } = useQuery(options, client);
  // A query written out in the component is a new object each time, and says the same.
  const asked = JSON.stringify(options.queryKey);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `asked` stands for the query
  const where = useMemo(() => query.where ?? {}, [asked]);
  const shown = useMemo(() => overlaidList(model.parseState, data, writes, where), [model, data, writes, where]);
  return { data: shown, isLoading, error: useSyncError(error) };
}

/** What can be done without an id. */
export function useApiMutations<State extends Row, Create extends object, Update extends object>(
  model: ApiModel<State, Create, Update>,
): ApiCreation<State, Create>;
/** All that can be done with the row of an id. */
export function useApiMutations<State extends Row, Create extends object, Update extends object>(
  model: ApiModel<State, Create, Update>,
  id: State['id'] | undefined,
): ApiCreation<State, Create> | (ApiChanges<Update> & ApiCreation<State, Create>);
export function useApiMutations<State extends Row, Create extends object, Update extends object>(
  model: ApiModel<State, Create, Update>,
  id?: State['id'],
): ApiCreation<State, Create> | (ApiChanges<Update> & ApiCreation<State, Create>) {
  const { sync, client } = useClient();
  return useMemo(() => {
    const creating: ApiCreation<State, Create> = {
      create(payload, newId = model.newId?.()) {
        if (newId === undefined) throw new SyncError('no_id', `a new ${model.entity} needs an id`);
        return send(client, sync, model, { kind: 'create', id: newId, payload: model.parseCreate(payload ?? {}) });
      },
    };
    if (id === undefined) return creating;
    return {
      ...creating,
      update: (payload) => send(client, sync, model, { kind: 'update', id, payload: model.parseUpdate(payload) }),
      delete: () => send(client, sync, model, { kind: 'delete', id }),
    };
  }, [client, sync, model, id]);
}

function useApi<State extends Row>(model: ApiReadModel<State>) {
  const { sync, client } = useClient();
  const queries = useMemo(() => queriesOf(sync, model), [sync, model]);
  const writes = useMutationState<Overlay | undefined, Pending<unknown, Error, Overlay>>(
    {
      filters: { mutationKey: [...queries.key, 'write'], status: 'pending' },
      select: ({ state }) => state.variables,
    },
    client,
  );
  const present = useMemo(() => writes.filter((write) => write !== undefined), [writes]);
  return { client, queries, writes: present };
}

/** The application's own cache, or else that of the client. */
function useClient() {
  const sync = useSync();
  const given = useContext(QueryClientContext);
  const client = given ?? queryClientOf(sync);
  useEffect(() => heed(sync), [sync]);
  useEffect(() => {
    client.mount();
    return () => client.unmount();
  }, [client]);
  return { sync, client };
}

function useSyncError(error: Error | null): SyncError | null {
  return useMemo(() => {
    if (error === null || error instanceof SyncError) return error;
    return new SyncError('unexpected', error.message, { cause: error });
  }, [error]);
}

const none: readonly never[] = [];
