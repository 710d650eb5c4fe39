/** Snapshots as this device keeps them: the state is text until somebody asks for it. */
import { absent, deleted, type EntityState, type Folded, type ModelDefinition } from '../model.js';
import { toJson } from './codec.js';
import type { Snapshot } from './db.js';
import { comparePlaces, type Place } from './logEntry.js';

/** The fold up to a place, which holds every event of the entity up to `seq` and none beyond. */
export interface Snap {
  readonly place: Place;
  readonly seq: number;
  readonly count: number;
  readonly version: number;
  /** The state in the wire's form; null where the entity was deleted. */
  readonly text: string | null;
  /** Written by this very declaration: to check it again would find nothing. */
  readonly trusted: boolean;
}

/** Whether an event lies after what a snapshot stands for. */
export function isAfter(event: Place, snap: Snap | null): boolean {
  return snap === null || comparePlaces(event, snap.place) > 0;
}

/** The server's snapshot as it is kept. */
export function snapOf(snapshot: Snapshot): Snap {
  return {
    place: { timestamp: snapshot.last_hlc, id: snapshot.last_event_id },
    seq: snapshot.seq,
    count: snapshot.event_count,
    version: snapshot.schema_version,
    text: snapshot.state === null ? null : toJson(snapshot.state),
    trusted: false,
  };
}

/** What this version of the client cannot read: the snapshot is kept, and nothing folds on it. */
export const foreign: unique symbol = Symbol('foreign');

/** The state of a snapshot. A damaged one throws. */
export function stateOf(snap: Snap | null, model: ModelDefinition): Folded<EntityState> | typeof foreign {
  if (snap === null) return absent;
  if (snap.text === null) return deleted;
  if (snap.version > model.version) return foreign;
  const value: unknown = JSON.parse(snap.text);
  if (snap.trusted && model.plain && snap.version === model.version) return value as EntityState; // checked when it was written, by the same parser
  const older = snap.version < model.version;
  try {
    return model.parseState(older && model.lift ? model.lift(value, snap.version, null) : value);
  } catch {
    return foreign;
  }
}
