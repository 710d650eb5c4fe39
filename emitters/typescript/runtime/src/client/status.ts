/** The sync status as an external store: an immutable snapshot, the same object as long as nothing in it changed. */
import { SyncError } from '../errors.js';
import type { EventEnvelope } from '../model.js';
import type { EventStore } from '../store/eventStore.js';
import type { Connection } from '../store/follower.js';
import { parseStamp } from '../store/hlc.js';
import { Listeners } from '../store/timing.js';
import type { RowConflict, RowLoss } from './conflict.js';

/** An event that the server did not accept. */
export interface RejectionInfo {
  readonly event: EventEnvelope;
  readonly code: string;
  readonly reason: string;
  /** Unix milliseconds. */
  readonly at: number;
  /** How many events wait under it: those of an entity whose `create` it is. */
  readonly blocked: number;
}

/** Something the user may want to know of. */
export interface Problem {
  readonly code: string;
  readonly message: string;
}

/** What an error says to people. */
export function problemOf(error: unknown): Problem {
  if (error instanceof SyncError) return { code: error.code, message: error.message };
  return { code: 'unexpected', message: error instanceof Error ? error.message : String(error) };
}

/** Whether there may be a network: false is certain, true is not. */
export function isOnline(): boolean {
  return typeof navigator === 'undefined' || navigator.onLine !== false;
}

/** How long the server takes to answer: `high` from 500 ms. */
export type Latency = 'low' | 'high';

/** How sync stands. */
export interface SyncStatus {
  /** Whether there may be a network: the platform's word, which is certain where it says no. */
  readonly isOnline: boolean;
  /** Whether the server answered when it was last asked, which the leading tab does every 30 s. */
  readonly isVerified: boolean;
  /** How long that took. */
  readonly latency: Latency;
  readonly connection: Connection;
  /** Events of this device that the server has not accepted and will be sent. */
  readonly pendingCount: number;
  /** When the oldest of them was recorded; Unix milliseconds. */
  readonly oldestPendingAt: number | null;
  readonly lastSyncedAt: number | null;
  readonly rejections: readonly RejectionInfo[];
  /** Own events that stopped doing anything, because an earlier one of somebody else arrived; until they are dismissed. */
  readonly overtaken: readonly EventEnvelope[];
  /** Fields of rows that somebody else has written since, and writes of this device that wait for a decision. */
  readonly conflicts: readonly RowConflict[];
  /** Writes to rows that gave way to the server's value, until they are dismissed. */
  readonly losses: readonly RowLoss[];
  /** Whether this tab talks to the server. */
  readonly isLeader: boolean;
  /** Whether the browser promised to keep the store; null before it was asked. */
  readonly storagePersisted: boolean | null;
  /** The server holds something that this version of the client cannot read. */
  readonly updateRequired: boolean;
  readonly problem: Problem | null;
}

/** What of the status does not lie in the event store. */
export interface StatusParts {
  isOnline: boolean;
  isVerified: boolean;
  latency: Latency;
  connection: Connection;
  lastSyncedAt: number | null;
  isLeader: boolean;
  storagePersisted: boolean | null;
  serverProblem: Problem | null;
  storageProblem: Problem | null;
}

/** What every client begins with. */
const known = {
  isOnline: true,
  isVerified: false,
  latency: 'low',
  connection: 'connecting',
  lastSyncedAt: null,
  isLeader: false,
  storagePersisted: null,
} satisfies Partial<SyncStatus>;

const initial: SyncStatus = {
  ...known,
  pendingCount: 0,
  oldestPendingAt: null,
  rejections: [],
  overtaken: [],
  conflicts: [],
  losses: [],
  updateRequired: false,
  problem: null,
};

/** The status of one client. */
export class StatusStore {
  readonly #store: EventStore;
  readonly #listeners = new Listeners<[]>();
  #parts: StatusParts = { ...known, isOnline: isOnline(), serverProblem: null, storageProblem: null };
  #snapshot: SyncStatus = initial;
  #stale = true;

  constructor(store: EventStore) {
    this.#store = store;
    store.onChange.add(() => this.#changed());
  }

  /** The status now. */
  readonly getSnapshot = (): SyncStatus => {
    if (this.#stale) {
      this.#stale = false;
      this.#snapshot = keep(this.#snapshot, this.#compute());
    }
    return this.#snapshot;
  };

  /** What a server renders: nothing is known yet. */
  readonly getServerSnapshot = (): SyncStatus => initial;

  readonly subscribe = (listener: () => void): (() => void) => this.#listeners.add(listener);

  /** Changes what lies outside of the event store. */
  set(parts: Partial<StatusParts>): void {
    this.#parts = { ...this.#parts, ...parts };
    this.#changed();
  }

  get parts(): Readonly<StatusParts> {
    return this.#parts;
  }

  #changed(): void {
    this.#stale = true;
    this.#listeners.emit();
  }

  #compute(): SyncStatus {
    const { serverProblem, storageProblem, ...parts } = this.#parts;
    const { ledger, overtaken, updateRequired, pendingCount } = this.#store;
    const blocked = new Map<string, number>();
    for (const { rejection } of ledger.refused.values()) {
      if (rejection?.under !== undefined) blocked.set(rejection.under, (blocked.get(rejection.under) ?? 0) + 1);
    }
    const rejections: RejectionInfo[] = [];
    for (const { status, event, rejection } of ledger.refused.values()) {
      if (status !== 'rejected' || rejection === null || rejection.conflicts) continue;
      const { code, reason, at } = rejection;
      rejections.push({ event, code, reason, at, blocked: blocked.get(event.id) ?? 0 });
    }
    // The outbox is in the order of recording.
    let oldest: EventEnvelope | null = null;
    for (const { status, event } of pendingCount > 0 ? ledger.outbox.values() : []) {
      if (status !== 'pending') continue;
      oldest = event;
      break;
    }
    return {
      ...initial,
      ...parts,
      pendingCount,
      oldestPendingAt: oldest === null ? null : parseStamp(oldest.timestamp).ms,
      rejections,
      overtaken: [...overtaken.values()],
      ...ledger.mode?.status(this.#store),
      updateRequired,
      problem: storageProblem ?? serverProblem,
    };
  }
}

/** The old snapshot, or parts of it, where they say the same as the new. */
function keep(old: SyncStatus, fresh: SyncStatus): SyncStatus {
  const sameRejection = (a: RejectionInfo, b: RejectionInfo | undefined): boolean =>
    a.event === b?.event && a.code === b.code && a.at === b.at && a.blocked === b.blocked;
  const rejections = sameList(old.rejections, fresh.rejections, sameRejection) ? old.rejections : fresh.rejections;
  const overtaken = sameList(old.overtaken, fresh.overtaken, (a, b) => a === b) ? old.overtaken : fresh.overtaken;
  const next = { ...fresh, rejections, overtaken };
  const before = new Map<string, unknown>(Object.entries(old));
  return Object.entries(next).every(([key, value]) => before.get(key) === value) ? old : next;
}

function sameList<T>(a: readonly T[], b: readonly T[], same: (x: T, y: T | undefined) => boolean): boolean {
  return a.length === b.length && a.every((element, index) => same(element, b[index]));
}
