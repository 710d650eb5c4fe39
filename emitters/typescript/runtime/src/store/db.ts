/**
 * The narrow interface between the engine and whatever keeps its bytes.
 *
 * A store holds two things: a journal of chunks, appended in order, and snapshot records by key. Both are opaque text to an adapter:
 * what they mean is known in `codec.ts` alone, so that an adapter is small and no SQL or IndexedDB type leaks past it. Since the
 * cursor, the events it stands for and the outbox are all journal entries, one append moves them together.
 */
import type { StoreError } from '../errors.js';
import type { EventEnvelope } from '../model.js';

/** One group commit: the text that an append was given, under the key that it got. */
export interface Chunk {
  readonly key: number;
  readonly text: string;
}

/** A snapshot record. */
export interface SnapshotText {
  readonly key: string;
  readonly text: string;
}

/** All that a store holds. */
export interface StoreContents {
  /** The chunk that the last compaction wrote; 0 before the first. */
  readonly floor: number;
  /** In the order of their keys. */
  readonly chunks: readonly Chunk[];
  readonly snapshots: readonly SnapshotText[];
  /** What the platform kept was damaged, and it began anew: nothing of it is left. */
  readonly damaged?: boolean;
}

/** What was appended after a key; where `floor` is beyond that key, older chunks are gone and the reader loads anew. */
export interface Tail {
  readonly floor: number;
  readonly chunks: readonly Chunk[];
}

/** One transaction of snapshots, and of a shorter journal. */
export interface Compaction {
  /** The highest key of the journal; where another one is found, nothing is done. */
  readonly expect: number;
  /** Replaces all chunks; null leaves them as they are. */
  readonly journal: string | null;
  readonly snapshots: readonly SnapshotText[];
  /** Snapshot records to remove: by key, or all that are not among `snapshots`. */
  readonly drop: readonly string[] | 'others';
}

/** What a statement of the application's own came to. */
export interface SqlAnswer {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** The chunk of what it changed, which the journal has now; null where that is nothing. */
  readonly chunk: Chunk | null;
}

/** A store of one user of one tenant. Every method may reject with `StoreError`. */
export interface StoreAdapter {
  /** Whether other tabs reach the same store: only then do tabs elect a leader and tell each other of chunks. */
  readonly shared: boolean;
  /** Reads everything. Called again to load anew. */
  load(): Promise<StoreContents>;
  /**
   * Appends a chunk and returns its key, greater than every key before. Resolves once the chunk survives a crash of the program, with
   * `flush` once it survives power loss.
   */
  append(text: string, options: { readonly flush: boolean }): Promise<number>;
  /** The chunks after a key. */
  tail(after: number): Promise<Tail>;
  /**
   * Does all of a compaction or, where something landed meanwhile, nothing and returns false. `freezing` is aborted when the page is about
   * to stop: what would then hold up other tabs is given up, and rejects.
   */
  compact(compaction: Compaction, freezing: AbortSignal): Promise<boolean>;
  /** Asks that the store be kept when space runs short; says what was granted. */
  persist(): Promise<boolean>;
  /** Where the store is a database of SQL that holds rows: runs a statement of the application's own. */
  sql?(text: string, parameters: readonly (string | number | null)[]): Promise<SqlAnswer>;
  /** Called when the store went away under its owner: it takes and gives nothing any more. */
  onLost(listener: (error: StoreError) => void): void;
  close(): Promise<void>;
}

/** Makes the adapter of a store by name; the name holds the tenant, the user and the format. */
export type StoreFactory = (name: string) => StoreAdapter;

/** An event as the server's feed gives it. */
export interface FeedEvent extends EventEnvelope {
  /** Position in the server's log. */
  readonly seq: number;
  readonly received_at?: string;
}

/** The server's snapshot of an entity, or one that this client took in the same form. */
export interface Snapshot {
  readonly entity_type: string;
  readonly entity_id: string;
  /** On the wire's form; null where the entity was deleted. */
  readonly state: unknown;
  readonly last_hlc: string;
  readonly last_event_id: string;
  readonly event_count: number;
  readonly schema_version: number;
  readonly seq: number;
  /** Of a row: for each field the last transaction. */
  readonly tx?: Readonly<Record<string, string>>;
}

/** How far this device has read, and since when it knows the server's clock. */
export interface Cursor {
  readonly cursor: string;
  readonly seq: number;
  /** The entity types whose snapshots or whole log were read. */
  readonly types: readonly string[];
  /** Unix milliseconds by the server's clock. */
  readonly at: number;
}

/** One thing that happened to the store. Applying an entry twice has the effect of applying it once. */
export type JournalEntry =
  /** Recorded on this device. `did`: whether it changed the state at the time. `status` and what follows: as compaction found it. */
  | {
      readonly kind: 'new';
      readonly event: EventEnvelope;
      readonly did: boolean;
      /** What was added to this device's clock to stamp it. */
      readonly offset?: number;
      readonly status?: 'pending' | 'accepted' | 'rejected' | 'blocked';
      readonly sent?: boolean;
      readonly head?: number;
      readonly rejection?: Rejection;
    }
  /** About to go to the server: from here on it is sent again unchanged. */
  | { readonly kind: 'sent'; readonly ids: readonly string[] }
  /** Accepted, at log positions up to `head`. */
  | { readonly kind: 'accepted'; readonly ids: readonly string[]; readonly head: number }
  | {
      readonly kind: 'rejected';
      readonly id: string;
      readonly code: string;
      readonly reason: string;
      readonly at: number;
    }
  /** Given up where it was refused; where it was overtaken, the user knows. */
  | { readonly kind: 'discarded'; readonly ids: readonly string[] }
  /** Own events that came to do nothing, as compaction found them. */
  | { readonly kind: 'overtaken'; readonly events: readonly EventEnvelope[] }
  /** Stamped anew: for a clock that was off, or to be tried again. */
  | {
      readonly kind: 'moved';
      readonly stamps: readonly (readonly [id: string, stamp: string])[];
      readonly retry: boolean;
    }
  /** From the server. `own`: recorded on this device, and whether it did something then. */
  | { readonly kind: 'feed'; readonly event: FeedEvent; readonly own?: { readonly did: boolean } }
  /** So many of them at once, of one type: a page (`pages.ts`) of what is to follow on what is held. */
  | { readonly kind: 'pack'; readonly type: string; readonly count: number; readonly text: string }
  /** The server's snapshot of an entity, read when its log stood at `head`. */
  | { readonly kind: 'base'; readonly snapshot: Snapshot; readonly head: number }
  /** What the server's states told of their reader, as compaction found it. */
  | { readonly kind: 'rights'; readonly owner: boolean }
  /** All that is held of these types from the server goes; what is unsynced stays. */
  | { readonly kind: 'reset'; readonly types: readonly string[] }
  | { readonly kind: 'cursor'; readonly cursor: Cursor | null }
  /** The offset of the server's clock to this device's. */
  | { readonly kind: 'clock'; readonly offset: number }
  | ModeEntry;

/** A write of this device as it now stands, where its mode changes what was recorded. */
export interface ModeEntry {
  readonly kind: 'mode';
  readonly type: string;
  readonly id: string;
  /** The write; null: there is none any more. */
  readonly event: EventEnvelope | null;
  /** The writes that it stands for besides. */
  readonly ids: readonly string[];
  /** Why it is not to be sent, or was given up. */
  readonly rejection?: Rejection;
  /** The server has refused what was sent of it. */
  readonly judged?: boolean;
}

/** Why an event is not in the fold. */
export interface Rejection {
  readonly code: string;
  readonly reason: string;
  /** Unix milliseconds by the server's clock. */
  readonly at: number;
  /** The rejected `create` under which an event is blocked. */
  readonly under?: string;
  /** Of a row: the fields that were not as expected. */
  readonly conflicts?: readonly ServerConflict[];
}

/** A field of a row that somebody else had written. */
export interface ServerConflict {
  /** `*` for the whole row. */
  readonly field: string;
  readonly server_transaction_id: string;
  /** In the wire's form. */
  readonly server_value: unknown;
}
