/**
 * The rows of one model as a collection of TanStack DB, for its live queries: `createCollection(contactCollectionOptions(sync))`.
 *
 * Nothing of that library is imported: an application that has it hands these options to it. The collection keeps nothing of its own;
 * it is told what this device holds, and what is written to it is a change like any other.
 */
import type { Mutation } from '../client/collection.js';
import type { SyncClient } from '../client/sync.js';
import type { EntityState, EventEnvelope, ModelDefinition, PayloadOf } from '../model.js';
import { RowsMode } from './mode.js';
import { Rows } from './rows.js';
import { only } from './rules.js';

/** What a collection is told of a row. */
type Told<State> =
  | { readonly type: 'insert' | 'update'; readonly value: State }
  | { readonly type: 'delete'; readonly key: string };

/** How it is told. */
interface Telling<State> {
  readonly begin: () => void;
  readonly write: (message: Told<State>) => void;
  readonly commit: () => unknown;
  readonly markReady: () => void;
}

/** What was written to it. */
interface Written<State> {
  readonly transaction: {
    readonly mutations: readonly { readonly key: string; readonly modified: State; readonly changes: object }[];
  };
}

/** The options of a collection. */
export interface RowCollectionOptions<State extends EntityState> {
  readonly id: string;
  readonly getKey: (row: State) => string;
  readonly sync: { readonly rowUpdateMode: 'full'; readonly sync: (telling: Telling<State>) => () => void };
  readonly onInsert: (written: Written<State>) => Promise<void>;
  readonly onUpdate: (written: Written<State>) => Promise<void>;
  readonly onDelete: (written: Written<State>) => Promise<void>;
}

/** The options for the rows of a model. A write of the collection is done when awaiting a change of the model is. */
export function rowCollectionOptions<State extends EntityState, Event extends EventEnvelope>(
  sync: SyncClient,
  model: ModelDefinition<State, Event>,
): RowCollectionOptions<State> {
  const rows = new Rows(sync, model);
  const fields = model.mode instanceof RowsMode ? model.mode.rules.fields : [];
  const record = (name: string, id: string, payload: object): Mutation => {
    const given = Object.entries(payload).filter(([, value]) => value !== undefined);
    const type = `${model.entity}.${name}` as Event['event_type']; // the three events of every model of rows
    // Checked, as every payload is, before it is recorded.
    return rows.record(type, id, only(Object.fromEntries(given), fields) as PayloadOf<Event, typeof type>);
  };
  const all = async (changes: readonly Mutation[]): Promise<void> => {
    await Promise.all(changes);
  };
  return {
    id: `${sync.internals.name}:${model.entity}`,
    getKey: (row) => row.id,
    sync: { rowUpdateMode: 'full', sync: (telling) => tell(sync, model, telling) },
    onInsert: async ({ transaction: { mutations } }) =>
      all(mutations.map(({ key, modified }) => record('created', key, modified))),
    onUpdate: async ({ transaction: { mutations } }) =>
      all(mutations.map(({ key, changes }) => record('updated', key, changes))),
    onDelete: async ({ transaction: { mutations } }) => all(mutations.map(({ key }) => record('deleted', key, {}))),
  };
}

/** Tells a collection of the rows as they are and as they change, until it has had enough. */
function tell<State extends EntityState, Event extends EventEnvelope>(
  sync: SyncClient,
  model: ModelDefinition<State, Event>,
  { begin, write, commit, markReady }: Telling<State>,
): () => void {
  const { store } = sync.internals;
  const collection = sync.collection(model);
  const held = new Set<string>();
  let version = -1;
  const news = (): void => {
    const since = version;
    version = store.version(model.entity);
    const changed = store.changedSince(model.entity, since) ?? [...held, ...collection.list().map(({ id }) => id)];
    if (changed.length === 0) return;
    begin();
    for (const id of new Set(changed)) {
      const value = collection.get(id);
      if (value !== undefined) {
        write({ type: held.has(id) ? 'update' : 'insert', value });
        held.add(id);
      } else if (held.delete(id)) write({ type: 'delete', key: id });
    }
    commit();
  };
  const phase = (): void => {
    const early = ['new', 'opening', 'fetching'].includes(sync.getPhase());
    if (early) return;
    news();
    markReady();
  };
  const ends = [collection.subscribe(null, news), sync.subscribePhase(phase)];
  news();
  phase();
  return () => {
    for (const end of ends) end();
  };
}
