/**
 * Follows the server: snapshots first, then the feed, from the stored cursor, for as long as this tab leads.
 *
 * Invariant: a cursor is stored in the same chunk as the events it stands for, so whatever happens in between is only done again.
 */
import type { HttpClient } from '../client/http.js';
import { HttpError } from '../errors.js';
import { needingServer } from './asking.js';
import type { Cursor, FeedEvent, JournalEntry } from './db.js';
import type { EventStore } from './eventStore.js';
import { receive } from './receiving.js';
import { ownerIn } from './rights.js';
import { endOfError, pause, type StreamEnd, type StreamMessage, type Transport } from './stream.js';
import { backoffMs, Deferred, type Timers } from './timing.js';

/** How the connection stands. */
export type Connection = 'offline' | 'connecting' | 'live' | 'polling' | 'awaiting_token' | 'closed';

export interface FollowerOptions {
  readonly store: EventStore;
  readonly http: HttpClient;
  readonly timers: Timers;
  /** The first is tried first. */
  readonly transports: readonly Transport[];
  readonly maxRetryDelayMs: number;
  /** Keeps batches and snapshots apart: a snapshot read while a batch is under way would hold events that are not known accepted. */
  readonly exclusive: <T>(action: () => Promise<T>) => Promise<T>;
  readonly onConnection: (connection: Connection) => void;
  readonly onSynced: () => void;
  readonly onProblem: (error: unknown) => void;
  /** Which token would be sent now. */
  readonly tokenEdition: () => number;
  /** That one was refused: resolves once there is another worth trying. */
  readonly renewToken: (signal: AbortSignal, edition: number) => Promise<void>;
}

const FAILURES_BEFORE_FALLBACK = 2;
/** How long a second choice is followed before the first gets another chance. */
const FALLBACK_MS = 300_000;
const SNAPSHOT_PAGE = 500;
const CATCH_UP_PAGE = 1000;

/** The inbound half of the engine. */
export class Follower {
  readonly #options: FollowerOptions;
  #abort: AbortController | null = null;
  #wake = new AbortController();
  #preferred = 0;
  #failures = 0;
  #attempt = 0;
  #restarts = 0;
  /** The server named this time: nothing is asked of it before. */
  #heldUntil = 0;
  #expired = false;
  #buffer: FeedEvent[] = [];
  /** Ends the stream, and no more. */
  #turn = new AbortController();
  #mending: Promise<void> | null = null;
  /** Something may have happened that is not here; null: it is. */
  #behind: Deferred | null = new Deferred();

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** Begins to follow; a second call does nothing. */
  start(): void {
    if (this.#abort !== null) return;
    this.#abort = new AbortController();
    void this.#run(this.#abort.signal);
  }

  /** Resolves once all that the server has is here, since this tab was last connected. */
  get caughtUp(): Promise<void> | undefined {
    return this.#behind?.promise;
  }

  /** Stops; {@link start} goes on from the stored cursor. */
  stop(connection: Connection): void {
    this.#abort?.abort();
    this.#abort = null;
    this.#wake.abort();
    this.#behind ??= new Deferred();
    this.#options.onConnection(connection);
  }

  /** The network or the user is back: does not wait any longer, and gives the best transport another chance. */
  wake(): void {
    this.#preferred = 0;
    this.#failures = 0;
    this.#attempt = 0;
    this.#wake.abort();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { onConnection, onProblem, tokenEdition, renewToken, timers } = this.#options;
    while (!signal.aborted) {
      let end: StreamEnd;
      let problem: unknown = null;
      let edition = tokenEdition();
      try {
        onConnection('connecting');
        await pause(timers, this.#heldUntil - timers.now(), signal);
        if (signal.aborted) return;
        edition = tokenEdition();
        if (this.#expired) await this.#restart(signal);
        else await this.#start(signal);
        this.#expired = false;
        await this.#catchUp(signal);
        this.#behind?.resolve();
        this.#behind = null;
        await this.#repair(signal);
        end = await this.#listen(signal);
      } catch (error) {
        if (signal.aborted) return;
        onProblem(error);
        problem = error;
        end = endOfError(error);
      }
      if (signal.aborted) return;
      this.#behind ??= new Deferred();
      // A cursor that has expired, or that this server never gave, is of no use any more: the next round starts from snapshots.
      if (end === 'expired' || end === 'refused') await this.#expire(signal);
      else if (end === 'unauthorized') {
        onConnection('awaiting_token');
        await renewToken(signal, edition);
      } else await this.#wait(problem, signal);
    }
  }

  /** The next round starts from snapshots; a server that refuses what it has just given is not asked in a tight circle. */
  async #expire(signal: AbortSignal): Promise<void> {
    this.#expired = true;
    if (this.#restarts++ > 0) await this.#wait(null, signal);
  }

  /** What happened meanwhile comes in large pages: a stream would bring it event by event. */
  async #catchUp(signal: AbortSignal): Promise<void> {
    const { store, http, onSynced } = this.#options;
    for (let more = true; more && !signal.aborted; ) {
      const types = [...store.ledger.models.keys()];
      const since = store.ledger.cursor?.cursor ?? null;
      // What was held was given up: a cursor that is written now would stand for events that are not there.
      if (since === null) throw new HttpError(410, 'cursor_expired', 'the local store lost its place in the feed');
      const page = await http.since({ since, types, limit: CATCH_UP_PAGE }, signal);
      const cursor: Cursor = { cursor: page.cursor, seq: page.seq, types, at: store.wall() };
      // Not waited for: a disk that is full must not keep the screen from following. The journal tries again, and says so.
      if (page.events.length > 0 || page.cursor !== since) receive(store, page.events, cursor).catch(() => {});
      more = page.hasMore;
    }
    onSynced();
  }

  async #wait(error: unknown, signal: AbortSignal): Promise<void> {
    const { timers, maxRetryDelayMs } = this.#options;
    if (error instanceof HttpError && error.retryAfter) {
      this.#heldUntil = timers.now() + error.retryAfter;
      return;
    }
    const ms = backoffMs(this.#attempt++, maxRetryDelayMs, timers.random);
    this.#wake = new AbortController();
    await pause(timers, ms, AbortSignal.any([signal, this.#wake.signal]));
  }

  /** Reads the snapshots of types that this store has never read. */
  async #start(signal: AbortSignal): Promise<void> {
    const { store } = this.#options;
    const cursor = store.ledger.cursor;
    const types = [...store.ledger.models.keys()];
    const missing = types.filter((type) => cursor === null || !cursor.types.includes(type));
    if (missing.length === 0) return;
    await this.#options.exclusive(async () => {
      const read = await this.#snapshots(missing, signal);
      const known = store.ledger.cursor;
      // Reading on from the older cursor is safe: what a snapshot holds is skipped.
      const next = known === null ? read.cursor : { ...known, types };
      await store.commit([...read.entries, { kind: 'cursor', cursor: next }]);
    });
  }

  /** The cursor is of no use: what is held from the server goes for what its snapshots say, in one commit. */
  async #restart(signal: AbortSignal): Promise<void> {
    const { store } = this.#options;
    const types = [...store.ledger.models.keys()];
    await this.#options.exclusive(async () => {
      const read = await this.#snapshots(types, signal);
      await store.commit([{ kind: 'reset', types }, ...read.entries, { kind: 'cursor', cursor: read.cursor }]);
    });
  }

  async #snapshots(
    types: readonly string[],
    signal: AbortSignal,
  ): Promise<{ entries: JournalEntry[]; cursor: Cursor | null }> {
    const { http, store } = this.#options;
    const entries: JournalEntry[] = [];
    let cursor: Cursor | null = null;
    for (const type of types) {
      let after: string | null = null;
      do {
        const page = await http.snapshots({ type, after, limit: SNAPSHOT_PAGE }, signal);
        // The first page's: what happens while the others are read comes again by the feed.
        cursor ??= { cursor: page.cursor, seq: page.seq, types: [...store.ledger.models.keys()], at: store.wall() };
        for (const snapshot of page.snapshots) entries.push({ kind: 'base', snapshot, head: page.seq });
        after = page.next;
      } while (after !== null);
    }
    return { entries, cursor };
  }

  /** The store may need the server's word on an entity: asks until it has it. */
  mend(): void {
    const signal = this.#abort?.signal;
    if (signal === undefined || this.#mending !== null || needingServer(this.#options.store.ledger).length === 0)
      return;
    this.#mending = this.#mend(signal).finally(() => {
      this.#mending = null;
    });
  }

  async #mend(signal: AbortSignal): Promise<void> {
    const { store, timers, maxRetryDelayMs, onProblem } = this.#options;
    for (let attempt = 0; !signal.aborted && needingServer(store.ledger).length > 0; attempt++) {
      if (attempt > 0) await pause(timers, backoffMs(attempt, maxRetryDelayMs, timers.random), signal);
      await this.#repair(signal).catch(onProblem);
    }
  }

  /** Asks for the snapshots of entities whose late events only the server can fold. */
  async #repair(signal: AbortSignal): Promise<void> {
    const { store, http, exclusive } = this.#options;
    for (const log of needingServer(store.ledger)) {
      await exclusive(async () => {
        const page = await http.snapshots({ type: log.model.entity, id: log.id }, signal);
        const snapshot = page.snapshots[0];
        if (snapshot === undefined) return;
        // Asked for what it tells of the user alone, it is not to take the place of the events that are held.
        const owner = log.needsServer ? null : ownerIn(snapshot.state, log.model);
        await store.commit([owner === null ? { kind: 'base', snapshot, head: page.seq } : { kind: 'rights', owner }]);
      });
    }
  }

  async #listen(signal: AbortSignal): Promise<StreamEnd> {
    const { store, transports, onConnection, timers } = this.#options;
    const transport = transports[Math.min(this.#preferred, transports.length - 1)];
    if (transport === undefined) return 'lost';
    let heard = false;
    this.#buffer = [];
    const turn = new AbortController();
    this.#turn = turn;
    const better = this.#preferred === 0 ? null : timers.after(FALLBACK_MS, () => turn.abort());
    const end = await transport.follow({
      channels: [...store.ledger.models.keys()],
      cursor: store.ledger.cursor?.cursor ?? null,
      signal: AbortSignal.any([signal, turn.signal]),
      onMessage: (message) => {
        if (!heard) onConnection(transport.kind === 'polling' ? 'polling' : 'live');
        heard = true;
        this.#failures = 0;
        this.#attempt = 0;
        this.#restarts = 0;
        this.#take(message, signal);
      },
    });
    timers.clear(better);
    if (turn.signal.aborted) this.#preferred = 0;
    else if (!heard && (end === 'lost' || end === 'silent')) {
      this.#failures += end === 'silent' ? FAILURES_BEFORE_FALLBACK : 1;
      if (this.#failures >= FAILURES_BEFORE_FALLBACK && this.#preferred < transports.length - 1) {
        this.#preferred += 1;
        this.#failures = 0;
      }
    }
    return end;
  }

  /** Events that come in one go are taken in together: one fold, one chunk, one rendering. */
  #take(message: StreamMessage, signal: AbortSignal): void {
    const { store, timers, onSynced } = this.#options;
    if (message.type === 'events') {
      const first = this.#buffer.length === 0;
      this.#buffer.push(...message.events);
      this.#position = message.cursor;
      if (first) timers.task(() => this.#drain(signal));
      return;
    }
    if (message.type === 'caught_up') {
      this.#position = message.cursor;
      this.#drain(signal);
    }
    if (store.ledger.cursor !== null) onSynced();
  }

  #position = '';

  #drain(signal: AbortSignal): void {
    const { store } = this.#options;
    const held = store.ledger.cursor;
    if (signal.aborted || (this.#buffer.length === 0 && held?.cursor === this.#position)) return;
    const events = this.#buffer;
    this.#buffer = [];
    if (held === null) {
      this.#expired = true; // what was held was given up: from snapshots again
      this.#turn.abort();
      return;
    }
    const cursor: Cursor = {
      cursor: this.#position,
      seq: Math.max(held.seq, ...events.map(({ seq }) => seq)),
      types: [...store.ledger.models.keys()],
      at: store.wall(),
    };
    // A failed write is kept and tried again by the journal, which says so itself.
    receive(store, events, cursor).catch(() => {});
    this.#options.onSynced();
    this.mend();
  }
}
