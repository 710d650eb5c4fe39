/** The events of this device that are not known to be in the server's log, and where each stands. */
import type { Rejection } from './db.js';
import { compareEntries, type EntryStatus, type LogEntry } from './logEntry.js';
import { placeIn } from './sorted.js';

/** Unsynced events. */
export class Outbox {
  /** All of them, accepted ones too, until the feed brings them. */
  readonly byId = new Map<string, LogEntry>();
  /** Those that the server has not accepted, in the order of their recording. */
  readonly waiting = new Map<string, LogEntry>();
  /** Those of them that are rejected or blocked. */
  readonly refused = new Map<string, LogEntry>();
  /** Those that are to be sent, in the order of the fold. */
  readonly pending: LogEntry[] = [];

  /** Puts an event where it now stands. */
  stand(known: LogEntry, status: EntryStatus, rejection: Rejection | null = null): void {
    const { id } = known.event;
    this.#unqueue(known);
    known.status = status;
    known.rejection = rejection;
    this.byId.set(id, known);
    if (status === 'accepted') this.waiting.delete(id);
    else this.waiting.set(id, known);
    if (rejection === null) this.refused.delete(id);
    else this.refused.set(id, known);
    if (status === 'pending' && !known.held)
      this.pending.splice(placeIn(this.pending, known, compareEntries), 0, known);
  }

  /** Stamps an event anew; it is to be sent. */
  move(known: LogEntry, timestamp: string): void {
    this.#unqueue(known); // from the place that its old stamp names
    known.event = { ...known.event, timestamp };
    if (known.recorded !== null) known.recorded = { ...known.recorded, timestamp };
    known.sent = false;
    this.stand(known, 'pending');
  }

  /** Forgets an event. */
  drop(known: LogEntry): void {
    this.#unqueue(known);
    const { id } = known.event;
    this.byId.delete(id);
    this.waiting.delete(id);
    this.refused.delete(id);
  }

  /** The events blocked under a rejected `create`. */
  blockedUnder(id: string): LogEntry[] {
    return [...this.refused.values()].filter(({ rejection }) => rejection?.under === id);
  }

  #unqueue(known: LogEntry): void {
    const at = placeIn(this.pending, known, compareEntries);
    if (this.pending[at] === known) this.pending.splice(at, 1);
  }
}
