/**
 * Sends what is unsynced: a written state machine.
 *
 * The table {@link machine} has a cell for each state and each event; one that is missing does not compile. Its invariant, which the
 * watchdog watches over: while this tab leads and the network is up, something unsynced means that a timer is set or a request is in
 * flight.
 */
import type { BatchAnswer, HttpClient } from '../client/http.js';
import { HttpError } from '../errors.js';
import type { JournalEntry } from './db.js';
import type { LogEntry } from './entityLog.js';
import type { EventStore } from './eventStore.js';
import { backoffMs, type Timers } from './timing.js';

/** Where the engine stands. */
export type EngineState =
  /** Another tab leads. */
  | 'standby'
  | 'offline'
  /** Nothing to send. */
  | 'idle'
  /** More may come: a short timer is set. */
  | 'waiting'
  /** A request is in flight. */
  | 'sending'
  /** The last request failed: a timer is set, which the user's return cuts short. */
  | 'backoff'
  /** The server named a time: a timer is set, which nothing cuts short. */
  | 'held'
  /** The server does not take the token: a timer is set to ask for another. */
  | 'awaiting_token'
  | 'closed';

/** What can happen to the engine. */
export type EngineEvent =
  | 'lead'
  | 'lead_offline'
  /** Another tab is to lead. */
  | 'yield'
  /** Something is there to be sent. */
  | 'work'
  /** A whole batch is there. */
  | 'full'
  /** The user came back, or asks for it. */
  | 'urge'
  | 'online'
  | 'offline'
  | 'timer'
  /** The server judged a batch. */
  | 'answered'
  | 'failed'
  | 'told_to_wait'
  | 'unauthorized'
  | 'token'
  | 'close';

/** What is done on the way into the next state. */
export type EngineAction = 'none' | 'debounce' | 'send' | 'backoff' | 'hold' | 'ask_token' | 'stop';

/** The next state and what to do; of two, the first where something is there to be sent. */
export type Cell = Step | readonly [work: Step, rest: Step];
type Step = { readonly to: EngineState; readonly act: EngineAction };

const go = (to: EngineState, act: EngineAction = 'none'): Step => ({ to, act });
const stay = (state: EngineState): Step => go(state);
const sendOrRest: Cell = [go('sending', 'send'), go('idle', 'stop')];
const rest = go('standby', 'stop');
const shut = go('closed', 'stop');

/** States times events. */
export const machine: Readonly<Record<EngineState, Readonly<Record<EngineEvent, Cell>>>> = {
  standby: {
    lead: sendOrRest,
    lead_offline: go('offline'),
    yield: stay('standby'),
    work: stay('standby'),
    full: stay('standby'),
    urge: stay('standby'),
    online: stay('standby'),
    offline: stay('standby'),
    timer: stay('standby'),
    answered: stay('standby'),
    failed: stay('standby'),
    told_to_wait: stay('standby'),
    unauthorized: stay('standby'),
    token: stay('standby'),
    close: shut,
  },
  offline: {
    lead: stay('offline'),
    lead_offline: stay('offline'),
    yield: rest,
    work: stay('offline'),
    full: stay('offline'),
    urge: stay('offline'),
    online: sendOrRest,
    offline: stay('offline'),
    timer: stay('offline'),
    answered: stay('offline'),
    failed: stay('offline'),
    told_to_wait: stay('offline'),
    unauthorized: stay('offline'),
    token: stay('offline'),
    close: shut,
  },
  idle: {
    lead: stay('idle'),
    lead_offline: stay('idle'),
    yield: rest,
    work: [go('waiting', 'debounce'), stay('idle')],
    full: sendOrRest,
    urge: sendOrRest,
    online: sendOrRest,
    offline: go('offline', 'stop'),
    timer: sendOrRest,
    answered: stay('idle'),
    failed: stay('idle'),
    told_to_wait: stay('idle'),
    unauthorized: stay('idle'),
    token: sendOrRest,
    close: shut,
  },
  waiting: {
    lead: stay('waiting'),
    lead_offline: stay('waiting'),
    yield: rest,
    work: [go('waiting', 'debounce'), go('idle', 'stop')], // quiet is what is waited for
    full: sendOrRest,
    urge: sendOrRest,
    online: sendOrRest,
    offline: go('offline', 'stop'),
    timer: sendOrRest,
    answered: stay('waiting'),
    failed: stay('waiting'),
    told_to_wait: stay('waiting'),
    unauthorized: stay('waiting'),
    token: sendOrRest,
    close: shut,
  },
  sending: {
    lead: stay('sending'),
    lead_offline: stay('sending'),
    yield: rest,
    work: stay('sending'),
    full: stay('sending'),
    urge: stay('sending'),
    online: stay('sending'),
    offline: go('offline', 'stop'),
    timer: stay('sending'),
    answered: sendOrRest, // what was recorded meanwhile goes out next
    failed: go('backoff', 'backoff'),
    told_to_wait: go('held', 'hold'),
    unauthorized: go('awaiting_token', 'ask_token'),
    token: stay('sending'),
    close: shut,
  },
  backoff: {
    lead: stay('backoff'),
    lead_offline: stay('backoff'),
    yield: rest,
    work: stay('backoff'), // what is new waits with the rest
    full: stay('backoff'),
    urge: sendOrRest,
    online: sendOrRest,
    offline: go('offline', 'stop'),
    timer: sendOrRest,
    answered: stay('backoff'),
    failed: stay('backoff'),
    told_to_wait: stay('backoff'),
    unauthorized: stay('backoff'),
    token: sendOrRest,
    close: shut,
  },
  held: {
    lead: stay('held'),
    lead_offline: stay('held'),
    yield: rest,
    work: stay('held'),
    full: stay('held'),
    urge: stay('held'), // the server named the time
    online: stay('held'),
    offline: go('offline', 'stop'),
    timer: sendOrRest,
    answered: stay('held'),
    failed: stay('held'),
    told_to_wait: stay('held'),
    unauthorized: stay('held'),
    token: stay('held'),
    close: shut,
  },
  awaiting_token: {
    lead: stay('awaiting_token'),
    lead_offline: stay('awaiting_token'),
    yield: rest,
    work: stay('awaiting_token'),
    full: stay('awaiting_token'),
    urge: sendOrRest,
    online: stay('awaiting_token'),
    offline: go('offline', 'stop'),
    timer: sendOrRest,
    answered: stay('awaiting_token'),
    failed: stay('awaiting_token'),
    told_to_wait: stay('awaiting_token'),
    unauthorized: stay('awaiting_token'),
    token: sendOrRest,
    close: shut,
  },
  closed: {
    lead: stay('closed'),
    lead_offline: stay('closed'),
    yield: stay('closed'),
    work: stay('closed'),
    full: stay('closed'),
    urge: stay('closed'),
    online: stay('closed'),
    offline: stay('closed'),
    timer: stay('closed'),
    answered: stay('closed'),
    failed: stay('closed'),
    told_to_wait: stay('closed'),
    unauthorized: stay('closed'),
    token: stay('closed'),
    close: stay('closed'),
  },
};

/** The next step of the machine. */
export function step(state: EngineState, event: EngineEvent, work: boolean): Step {
  const cell = machine[state][event];
  if ('to' in cell) return cell;
  return work ? cell[0] : cell[1];
}

/** States in which a timer or a request sees to what is unsynced. */
export const attended: Readonly<Record<EngineState, boolean>> = {
  standby: true, // the leader does
  offline: true, // `online` will
  idle: false,
  waiting: true,
  sending: true,
  backoff: true,
  held: true,
  awaiting_token: true,
  closed: true,
};

export interface SyncEngineOptions {
  readonly store: EventStore;
  readonly http: HttpClient;
  readonly timers: Timers;
  readonly maxRetryDelayMs: number;
  /** Keeps batches and snapshots apart. */
  readonly exclusive: <T>(action: () => Promise<T>) => Promise<T>;
  /** Resolves once the server's clock was read since the start or the last time offline, and stamps are right. */
  readonly freshTime: (signal: AbortSignal) => Promise<void>;
  /** Corrects the stamps of events that the server found too far ahead. */
  readonly correct: (refused: readonly LogEntry[]) => Promise<void>;
  readonly onSynced: () => void;
  readonly onProblem: (error: unknown) => void;
  /** The server refuses the token. */
  readonly onUnauthorized: () => void;
}

const BATCH = 50;
const QUIET_MS = 100;
const TOKEN_RETRY_MS = 30_000;
const WATCHDOG_MS = 30_000;
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
  readonly #drifted = new Map<string, number>();

  constructor(options: SyncEngineOptions) {
    this.#options = options;
  }

  get state(): EngineState {
    return this.#state;
  }

  /** Tells the engine what happened. */
  dispatch(event: EngineEvent): void {
    const { to, act } = step(this.#state, event, this.#options.store.hasSendable());
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
        return this.#options.onUnauthorized();
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
    this.#timer = this.#options.timers.after(ms, () => this.dispatch('timer'));
  }

  #stop(): void {
    this.#options.timers.clear(this.#timer);
    this.#timer = null;
    this.#request?.abort();
    this.#request = null;
    if (this.#state === 'closed') this.#options.timers.clear(this.#watchdog);
  }

  #watch(): void {
    this.#options.timers.clear(this.#watchdog);
    this.#watchdog = this.#options.timers.after(WATCHDOG_MS, () => {
      if (this.#state === 'closed') return;
      // Another tab may have saved something and gone before it told us.
      void this.#options.store.readTail().catch(this.#options.onProblem);
      if (!attended[this.#state] && this.#options.store.hasSendable()) {
        this.#options.onProblem(new HttpError(0, 'engine_stalled', 'unsynced events were found waiting for nothing'));
        this.dispatch('urge');
      }
      this.#watch();
    });
  }

  async #send(signal: AbortSignal): Promise<EngineEvent> {
    const { store, http, freshTime, exclusive } = this.#options;
    let batch: readonly LogEntry[] = [];
    try {
      await freshTime(signal);
      const answer = await exclusive(async () => {
        if (signal.aborted) return null;
        batch = store.sendable().slice(0, this.#limit);
        const fresh = batch.filter(({ sent }) => !sent).map(({ event }) => event.id);
        // On the disk before it is on the wire: after a crash it is sent again unchanged.
        if (fresh.length > 0) await store.commit([{ kind: 'sent', ids: fresh }]);
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
    const { store, timers, correct, onProblem } = this.#options;
    const entries: JournalEntry[] = [];
    if (answer.accepted.length > 0) entries.push({ kind: 'accepted', ids: answer.accepted, head: answer.seq });
    const ahead: LogEntry[] = [];
    for (const { id, code, reason, retryable } of answer.rejected) {
      const sent = batch.find(({ event }) => event.id === id);
      if (retryable || sent === undefined) {
        if (retryable) onProblem(new HttpError(200, code, reason));
        continue;
      }
      const moves = this.#drifted.get(id) ?? 0;
      if (code === 'clock_drift' && moves < DRIFT_MOVES) {
        this.#drifted.set(id, moves + 1);
        ahead.push(sent);
      } else {
        entries.push({ kind: 'rejected', id, code, reason, at: Math.round(timers.now() + store.ledger.offset) });
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
    if ((error.status === 429 || error.status === 503) && error.retryAfter !== null) {
      this.#hold = error.retryAfter;
      return 'told_to_wait';
    }
    return 'failed';
  }
}
