/**
 * When to send what is unsynced: a table of states and events. A row that lacks a cell does not compile.
 *
 * Its invariant: while this tab leads and the network is up, something unsynced means that a timer is set or a request is in flight.
 */

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
  /** The same without a network: the time still has to pass. */
  | 'held_offline'
  /** The server does not take the token: a timer is set to ask for another. */
  | 'awaiting_token'
  | 'closed';

/** What can happen to the engine, in the order of the table's columns. */
export const engineEvents = [
  /** This tab is to lead; there may be a network. */
  'lead',
  'lead_offline',
  /** Another tab is to lead. */
  'yield',
  /** Something is there to be sent. */
  'work',
  /** A whole batch is there. */
  'full',
  /** The user came back, or asks for it. */
  'urge',
  'online',
  'offline',
  'timer',
  /** The server judged a batch. */
  'answered',
  'failed',
  'told_to_wait',
  'unauthorized',
  /** There is another token. */
  'token',
  'close',
] as const;

export type EngineEvent = (typeof engineEvents)[number];

/** What is done on the way into the next state. */
export type EngineAction = 'none' | 'debounce' | 'send' | 'backoff' | 'hold' | 'ask_token' | 'stop';

/** The next state and what to do. */
export type Step = readonly [to: EngineState, act: EngineAction];

/** A step; or two, the first where something is there to be sent; or nothing changes. */
type Cell = Step | { readonly work: Step; readonly rest: Step } | 'stay';
type Cells<Columns extends readonly unknown[]> = { readonly [Column in keyof Columns]: Cell };
type Row = Cells<typeof engineEvents>;

const ____ = 'stay';
const rest: Step = ['standby', 'stop'];
const shut: Step = ['closed', 'stop'];
const down: Step = ['offline', 'stop'];
const hold: Step = ['held', 'hold'];
const wait: Step = ['backoff', 'backoff'];
const auth: Step = ['awaiting_token', 'ask_token'];
const send: Cell = { work: ['sending', 'send'], rest: ['idle', 'stop'] };
/** Quiet is what is waited for. */
const hush: Cell = { work: ['waiting', 'debounce'], rest: ['idle', 'stop'] };

// biome-ignore format: a table
/** States times events. */
export const machine: Readonly<Record<EngineState, Row>> = {
  //               lead  lead_offline         yield work  full  urge  online             offline                  timer                answ. fail. told  unau. token close
  standby:        [send, ['offline', 'none'], ____, ____, ____, ____, ____,              ____,                    ____,                ____, ____, ____, ____, ____, shut],
  offline:        [____, ____,                rest, ____, ____, ____, send,              ____,                    ____,                ____, ____, ____, ____, ____, shut],
  idle:           [____, ____,                rest, hush, send, send, send,              down,                    send,                ____, ____, ____, ____, send, shut],
  waiting:        [____, ____,                rest, hush, send, send, send,              down,                    send,                ____, ____, ____, ____, send, shut],
  sending:        [____, ____,                rest, ____, ____, ____, ____,              down,                    ____,                send, wait, hold, auth, ____, shut],
  backoff:        [____, ____,                rest, ____, ____, send, send,              down,                    send,                ____, ____, ____, ____, send, shut],
  held:           [____, ____,                rest, ____, ____, ____, ____,              ['held_offline', 'none'], send,                ____, ____, ____, ____, ____, shut],
  held_offline:   [____, ____,                rest, ____, ____, ____, ['held', 'none'],  ____,                    ['offline', 'none'], ____, ____, ____, ____, ____, shut],
  awaiting_token: [____, ____,                rest, ____, ____, send, ____,              down,                    send,                ____, ____, ____, ____, send, shut],
  closed:         [____, ____,                ____, ____, ____, ____, ____,              ____,                    ____,                ____, ____, ____, ____, ____, ____],
};

/** The next step of the machine. */
export function step(state: EngineState, event: EngineEvent, work: boolean): Step {
  const cell = machine[state][engineEvents.indexOf(event)] ?? ____;
  if (cell === ____) return [state, 'none'];
  return 'rest' in cell ? cell[work ? 'work' : 'rest'] : cell;
}

/** Whether something unsynced needs a timer or a request in this state. */
export function isActive(state: EngineState): boolean {
  return !['standby', 'offline', 'held_offline', 'closed'].includes(state);
}
