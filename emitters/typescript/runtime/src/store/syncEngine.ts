/** Sends what is unsynced, as the table of `engineMachine.ts` says. */
import type { BatchAnswer, HttpClient } from '../client/http.js';
import { HttpError } from '../errors.js';
import type { JournalEntry } from './db.js';
import { type EngineAction, type EngineEvent, type EngineState, isActive, step } from './engineMachine.js';
import type { EventStore } from './eventStore.js';
import type { LogEntry } from './logEntry.js';
import { sendable } from './sendable.js';
import { readTail } from './tail.js';
import { backoffMs, type Timers } from './timing.js';

export interface SyncEngineOptions {
  readonly store: EventStore;
  readonly http: HttpClient;
  readonly timers: Timers;
  readonly maxRetryDelayMs: number;
  /** Keeps batches and snapshots apart. */
  readonly exclusive: <T>(action: () => Promise<T>) => Promise<T>;
  /** Resolves once the server's clock was read since the start or the last time offline, and stamps are right. */
  readonly freshTime: (signal: AbortSignal) => Promise<void>;
  /** Moves what bears wrong stamps, and events that the server found too far ahead. */
  readonly correct: (refused: readonly LogEntry[]) => Promise<void>;
  readonly onSynced: () => void;
  readonly onProblem: (error: unknown) => void;
  /** Which token would be sent now. */
  readonly tokenEdition: () => number;
  /** The server refuses that one. */
  readonly onUnauthorized: (edition: number) => void;
}

const BATCH = 50;
const QUIET_MS = 100;
const TOKEN_RETRY_MS = 30_000;
/** A net: what it catches is a fault, and shows in the status. */
export const WATCHDOG_MS = 45_000;
/** A stamp that is refused so often is not a matter of clocks. */
const DRIFT_MOVES = 3;

/** The outbound half of the engine. */
export class SyncEngine {
  readonly #options: SyncEngineOptions;
  #state: EngineState = 'standby';
  /** How many could be sent when the store last changed. */
  #noticed = 0;
  #timer: unknown = null;
  #watchdog: unknown = null;
  #request: AbortController | null = null;
  #attempt = 0;
  #hold = 0;
  #limit = BATCH;
  /** Which token the last request was sent with. */
  #edition = 0;
  readonly #drifted = new Map<string, number>();

  constructor(options: SyncEngineOptions) {
    this.#options = options;
  }

  get state(): EngineState {
    return this.#state;
  }

  /** Whether it sees to what is unsynced: a timer is set or a request in flight; or it is not the time for either. */
  get attends(): boolean {
    return !isActive(this.#state) || this.#timer !== null || this.#request !== null;
  }

  /** Tells the engine what happened. */
  dispatch(event: EngineEvent): void {
    const [to, act] = step(this.#state, event, this.#options.store.hasSendable());
    this.#state = to;
    this.#act(act);
    if (event === 'lead' || event === 'lead_offline') this.#watch();
  }

  /** The store changed: there may be something to send. */
  noticed(): void {
    if (this.#state !== 'idle' && this.#state !== 'waiting') return;
    const { store } = this.#options;
    // What the feed brings is no reason to wait longer with what is our own.
    const grown = store.sendableCount > this.#noticed;
    this.#noticed = store.sendableCount;
    if (store.sendableCount >= BATCH) this.dispatch('full');
    else if (store.hasSendable() && (grown || this.#state === 'idle')) this.dispatch('work');
  }

  #act(action: EngineAction): void {
    switch (action) {
      case 'none':
        return;
      case 'stop':
        return this.#stop();
      case 'debounce':
        return this.#after(QUIET_MS);
      case 'backoff':
        return this.#after(backoffMs(this.#attempt++, this.#options.maxRetryDelayMs, this.#options.timers.random));
      case 'hold':
        return this.#after(this.#hold);
      case 'ask_token':
        this.#after(TOKEN_RETRY_MS);
        return this.#options.onUnauthorized(this.#edition);
      case 'send': {
        this.#stop();
        const request = new AbortController();
        this.#request = request;
        void this.#send(request.signal).then((event) => {
          if (this.#request !== request) return; // given up meanwhile: its answer comes too late
          this.#request = null;
          this.dispatch(event);
        });
        return;
      }
      default:
        return action satisfies never;
    }
  }

  #after(ms: number): void {
    this.#stop();
    this.#timer = this.#options.timers.after(ms, () => {
      this.#timer = null;
      this.dispatch('timer');
    });
  }

  #stop(): void {
    this.#options.timers.clear(this.#timer);
    this.#timer = null;
    this.#request?.abort();
    this.#request = null;
    if (this.#state === 'closed' || this.#state === 'standby') this.#options.timers.clear(this.#watchdog);
  }

  #watch(): void {
    const { timers, store, onProblem } = this.#options;
    timers.clear(this.#watchdog);
    this.#watchdog = timers.after(WATCHDOG_MS, () => {
      // Another tab may have saved something and gone before it told us.
      void readTail(store.mirror).catch(onProblem);
      if (!this.attends && store.hasSendable()) {
        onProblem(new HttpError(0, 'engine_stalled', 'unsynced events were found waiting for nothing'));
        this.dispatch('urge');
      }
      this.#watch();
    });
  }

  async #send(signal: AbortSignal): Promise<EngineEvent> {
    const { store, http, freshTime, tokenEdition, exclusive, correct } = this.#options;
    let batch: readonly LogEntry[] = [];
    try {
      this.#edition = tokenEdition();
      await freshTime(signal);
      const answer = await exclusive(async () => {
        await correct([]);
        if (signal.aborted) return null;
        batch = sendable(store, this.#limit);
        const fresh = batch.filter(({ sent }) => !sent);
        const written = store.ledger.mode?.prepare(store.ledger, fresh) ?? [];
        // On the disk before it is on the wire: after a crash it is sent again unchanged.
        if (fresh.length > 0)
          await store.commit([...written, { kind: 'sent', ids: fresh.map(({ event }) => event.id) }]);
        batch = batch.filter(({ sent }) => sent);
        if (batch.length === 0 || signal.aborted) return null;
        const events = batch.map(({ event, recorded }) => recorded ?? event);
        const judged = await http.batch(events, signal);
        return { judged, progress: await this.#judge(batch, judged) };
      });
      if (answer === null) return store.hasSendable() ? 'failed' : 'answered';
      this.#options.onSynced();
      this.#limit = Math.min(BATCH, this.#limit * 2);
      if (!answer.progress || answer.judged.rejected.some(({ retryable }) => retryable)) return 'failed';
      this.#attempt = 0;
      return 'answered';
    } catch (error) {
      return this.#failed(error, batch, signal);
    }
  }

  /** Takes in what became of a batch; false where nothing did. */
  async #judge(batch: readonly LogEntry[], answer: BatchAnswer): Promise<boolean> {
    const { store, correct, onProblem } = this.#options;
    const entries: JournalEntry[] = [];
    if (answer.accepted.length > 0) entries.push({ kind: 'accepted', ids: answer.accepted, head: answer.seq });
    const ahead: LogEntry[] = [];
    for (const refusal of answer.rejected) {
      const { id, code, reason, retryable } = refusal;
      const sent = batch.find(({ event }) => event.id === id);
      if (retryable || sent === undefined) {
        if (retryable) onProblem(new HttpError(200, code, reason));
        continue;
      }
      const moves = this.#drifted.get(id) ?? 0;
      const orphaned =
        code === 'entity_not_found' && ahead.some(({ event }) => event.entity_id === sent.event.entity_id);
      // An event whose `create` is too far ahead goes with it.
      if ((code === 'clock_drift' || orphaned) && moves < DRIFT_MOVES) {
        this.#drifted.set(id, moves + 1);
        ahead.push(sent);
      } else {
        const { mode } = store.ledger;
        entries.push(
          ...(mode?.refused(store, sent, refusal) ?? [{ kind: 'rejected', id, code, reason, at: store.wall() }]),
        );
      }
    }
    if (entries.length > 0) await store.commit(entries);
    if (ahead.length > 0) await correct(ahead);
    return entries.length > 0 || ahead.length > 0;
  }

  async #failed(error: unknown, batch: readonly LogEntry[], signal: AbortSignal): Promise<EngineEvent> {
    const { store, onProblem } = this.#options;
    if (signal.aborted) return 'failed';
    if (!(error instanceof HttpError)) {
      onProblem(error);
      return 'failed';
    }
    const single = batch.length === 1 ? batch[0] : undefined;
    if (error.status === 413 && batch.length > 1) {
      this.#limit = Math.max(1, Math.floor(batch.length / 2));
      return 'answered';
    }
    const index = error.problem['index'];
    const named = error.status === 422 && typeof index === 'number' ? batch[index] : undefined;
    const culprit = error.status === 413 ? single : named;
    if (culprit !== undefined) {
      const { code, message: reason } = error;
      await store.commit([{ kind: 'rejected', id: culprit.event.id, code, reason, at: store.wall() }]).catch(() => {});
      return 'answered';
    }
    onProblem(error);
    if (error.status === 401) return 'unauthorized';
    if ((error.status === 429 || error.status === 503) && error.retryAfter) {
      this.#hold = error.retryAfter;
      return 'told_to_wait';
    }
    return 'failed';
  }
}
