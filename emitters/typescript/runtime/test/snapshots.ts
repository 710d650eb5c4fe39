/** A server's snapshots, taken by the same code as a client's. */
import type { Snapshot } from '../src/store/db.js';
import { EntityLog } from '../src/store/entityLog.js';
import { takeSnapshot } from '../src/store/keeping.js';
import type { Log } from '../src/store/log.js';

/** The snapshot of an entity as a server gives it; null where there is none to take. */
export function snapshotOf(log: Log | undefined): Snapshot | null {
  const snap = log instanceof EntityLog ? takeSnapshot(log) : null;
  if (log === undefined || snap === null) return null;
  return {
    entity_type: log.model.entity,
    entity_id: log.id,
    state: snap.text === null ? null : JSON.parse(snap.text),
    last_hlc: snap.place.timestamp,
    last_event_id: snap.place.id,
    event_count: snap.count,
    schema_version: snap.version,
    seq: snap.seq,
  };
}
