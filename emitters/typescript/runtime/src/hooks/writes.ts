/**
 * Writes of models in api mode, through TanStack Query.
 *
 * What the cache holds is what the server has said. A write that is under way lies over it for as long as it is under way: there is
 * nothing to take back when it fails, and writes of one row do not undo each other.
 */
import { MutationObserver, type QueryClient } from '@tanstack/react-query';
import { ApiClient, type ApiModel, type Row, type Tagged } from '../client/api.js';
import type { Mutation } from '../client/collection.js';
import type { SyncClient } from '../client/sync.js';
import { InvalidPayload } from '../errors.js';
import { equal } from '../materializers/utils.js';
import { newUuid } from '../store/ids.js';
import { type Cached, type Queries, queriesOf } from './queries.js';

/** A write under way. */
export type Write<State extends Row, Create extends object, Update extends object> =
  | { readonly kind: 'create'; readonly id: State['id']; readonly payload: Create }
  | { readonly kind: 'update'; readonly id: State['id']; readonly payload: Update }
  | { readonly kind: 'delete'; readonly id: State['id'] };

/** A write as what lies over the rows knows it. */
export interface Overlay {
  readonly kind: 'create' | 'update' | 'delete';
  readonly id: Row['id'];
  readonly payload?: object;
}

/** Sends a write; those of one row go one after the other. */
export function send<State extends Row, Create extends object, Update extends object>(
  client: QueryClient,
  sync: SyncClient,
  model: ApiModel<State, Create, Update>,
  write: Write<State, Create, Update>,
): Mutation {
  const queries = queriesOf(sync, model);
  const api = new ApiClient(model, () => sync.http());
  const observer = new MutationObserver<Cached<State>, Error, Write<State, Create, Update>>(client, {
    mutationKey: [...queries.key, 'write'],
    scope: { id: JSON.stringify([...queries.key, String(write.id)]) },
    mutationFn: (one) => perform(api, one),
    onSuccess: (answer) => keep(client, queries, write.id, answer),
    onSettled: () => {
      // Where it failed, what is held may be out of date; where it did not, lists may hold other rows now.
      void client.invalidateQueries({ queryKey: queries.lists });
      void client.invalidateQueries({ queryKey: queries.one(write.id).queryKey });
    },
  });
  // Without a subscriber the cache would keep the write for good; without a mounted client nothing sends it when the network returns.
  const leave = observer.subscribe(() => {});
  client.mount();
  const answered = observer.mutate(write).finally(() => {
    leave();
    client.unmount();
  });
  return new SentWrite(
    String(write.id),
    answered.then(() => {}),
  );
}

async function perform<State extends Row, Create extends object, Update extends object>(
  api: ApiClient<State, Create, Update>,
  write: Write<State, Create, Update>,
): Promise<Cached<State>> {
  switch (write.kind) {
    case 'create':
      return api.create(write.payload, write.id);
    case 'update':
      return api.update(write.id, write.payload);
    case 'delete':
      await api.delete(write.id);
      return null;
    default:
      return write satisfies never;
  }
}

/** Puts the server's answer into the cache. */
async function keep<State extends Row>(
  client: QueryClient,
  queries: Queries<State>,
  id: State['id'],
  answer: Tagged<State> | null,
): Promise<void> {
  const one = queries.one(id).queryKey;
  // What was asked for before the write is older than its answer.
  await Promise.all([one, queries.lists].map((queryKey) => client.cancelQueries({ queryKey })));
  client.setQueryData(one, answer);
  client.setQueriesData<readonly State[]>({ queryKey: queries.lists }, (rows) =>
    rows?.flatMap((row) => (row.id !== id ? [row] : answer === null ? [] : [answer.data])),
  );
}

/** A row with the writes that are under way; undefined where it is to end. */
export function overlaid<State extends Row>(
  parse: (value: unknown) => State,
  row: State,
  writes: readonly Overlay[],
): State | undefined {
  let state: State | undefined = row;
  for (const { kind, id, payload } of writes) {
    if (id !== row.id || state === undefined) continue;
    if (kind === 'delete') state = undefined;
    else if (kind === 'update') state = patched(parse, state, payload ?? {});
  }
  return state;
}

/** A patch may lack what only the server fills in: then its answer is waited for. */
function patched<State extends Row>(parse: (value: unknown) => State, state: State, patch: object): State {
  try {
    return parse({ ...state, ...patch });
  } catch (error) {
    if (error instanceof InvalidPayload) return state;
    throw error;
  }
}

/** Rows with the writes that are under way: those that a patch takes out of the list's filter go at once. */
export function overlaidList<State extends Row>(
  parse: (value: unknown) => State,
  rows: readonly State[],
  writes: readonly Overlay[],
  where: object,
): readonly State[] {
  if (writes.length === 0) return rows;
  const filters = Object.entries(where).filter(([, value]) => value !== undefined);
  return rows.flatMap((row) => {
    const state = overlaid(parse, row, writes);
    if (state === undefined) return [];
    const fields = new Map<string, unknown>(Object.entries(state));
    return state === row || filters.every(([field, value]) => equal(fields.get(field), value)) ? [state] : [];
  });
}

/** A write, as its caller has it: nothing of it is on this device, so that `saved` and `synced` are the server's answer alike. */
class SentWrite implements Mutation {
  readonly eventId = newUuid();
  readonly entityId: string;
  readonly synced: Promise<void>;

  constructor(entityId: string, synced: Promise<void>) {
    this.entityId = entityId;
    this.synced = synced;
  }

  get saved(): Promise<void> {
    return this.synced;
  }

  flush(): Promise<void> {
    return this.synced;
  }

  // biome-ignore lint/suspicious/noThenProperty: awaiting a write means that the server has it
  readonly then: Mutation['then'] = (done, failed) => this.synced.then(done, failed);
}
