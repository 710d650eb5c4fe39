/** A report of how a client stands, to be attached to a bug. */
import type { SyncStatus } from '../client/status.js';
import type { SyncClient } from '../client/sync.js';
import { STORE_FORMAT } from '../store/codec.js';
import type { Cursor } from '../store/db.js';
import { entitiesOf, modelsOf, type Trail, trailOf } from './trail.js';

/** What a report holds. Payloads and states are in it as they are; tokens are not. */
export interface Report {
  readonly made_at: string;
  readonly browser: string;
  /** Server, tenant and user, as the store is named by them. */
  readonly store: string;
  readonly store_format: number;
  readonly models: readonly { readonly entity: string; readonly version: number; readonly entities: number }[];
  readonly status: SyncStatus;
  readonly cursor: Cursor | null;
  /** What is added to this device's clock to get the server's, in milliseconds. */
  readonly clock_offset: number;
  /** Unsynced events in the order of their recording. */
  readonly outbox: readonly unknown[];
  /** Every entity with something unsynced, and those that were asked for. */
  readonly entities: readonly ReportedEntity[];
}

/** The log of one entity. */
export interface ReportedEntity extends Trail {
  readonly type: string;
  readonly id: string;
}

/** Writes a report, with the logs of these entities too. */
export function reportOf(sync: SyncClient, wanted: readonly { readonly type: string; readonly id: string }[]): Report {
  const { name, store } = sync.internals;
  const { ledger } = store;
  const outbox = [...ledger.outbox.values()];
  const named = [...wanted, ...outbox.map(({ event }) => ({ type: event.entity_type, id: event.entity_id }))];
  const entities = new Map(named.map(({ type, id }) => [`${type}/${id}`, { type, id }]));
  return {
    made_at: new Date().toISOString(),
    browser: typeof navigator === 'undefined' ? '' : navigator.userAgent,
    store: decodeURIComponent(name),
    store_format: STORE_FORMAT,
    models: modelsOf(sync).map(({ entity, version }) => ({
      entity,
      version,
      entities: entitiesOf(sync, entity).length,
    })),
    status: sync.status.getSnapshot(),
    cursor: ledger.cursor,
    clock_offset: ledger.offset,
    outbox: outbox.map(({ event, status, sent, rejection }) => ({ event, status, sent, rejection })),
    entities: [...entities.values()].map(({ type, id }) => ({ type, id, ...trailOf(sync, type, id) })),
  };
}
