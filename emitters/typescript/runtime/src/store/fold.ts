/** The fold over a list of events that changes: incremental, with marks to go back to. */
import { absent, type EntityState, type Folded, type ModelDefinition } from '../model.js';
import type { LogEntry } from './logEntry.js';
import { asSeen, type Rights } from './rights.js';

type State = Folded<EntityState>;

/** The state after `length` entries. A cache and no more. */
interface Mark {
  readonly length: number;
  readonly state: State;
}

const MARK_EVERY = 50;

/** Folds entries on top of a state that it asks for when it needs it. */
export class Fold {
  readonly #model: ModelDefinition;
  readonly #rights: Rights;
  readonly #start: () => State;
  #marks: Mark[] = [];
  #at: Mark;

  /** With `at`, the fold of so many entries is known already. */
  constructor(model: ModelDefinition, rights: Rights, start: () => State, at?: Mark) {
    this.#model = model;
    this.#rights = rights;
    this.#start = start;
    this.#at = at ?? { length: 0, state: start() };
  }

  /** The fold of all entries, folding what is new; each of these learns whether it does something. */
  over(entries: readonly LogEntry[]): State {
    let { length, state } = this.#at;
    if (length === entries.length) return state;
    for (; length < entries.length; length++) {
      const entry = entries[length];
      if (entry === undefined) break;
      const next = this.#step(state, entry);
      entry.applied = next !== state;
      state = next;
      if ((length + 1) % MARK_EVERY === 0) this.#marks.push({ length: length + 1, state });
    }
    this.#at = { length, state };
    return state;
  }

  /** The fold of the first entries. */
  upTo(entries: readonly LogEntry[], end: number): State {
    const { length, state } = this.#before(end);
    return entries.slice(length, end).reduce((folded, entry) => this.#step(folded, entry), state);
  }

  /** Entries changed from a place on; false where none of these were folded. */
  rewind(to: number): boolean {
    if (to >= this.#at.length) return false;
    this.#marks = this.#marks.filter(({ length }) => length <= to);
    this.#at = this.#before(to);
    return true;
  }

  #before(end: number): Mark {
    if (this.#at.length <= end) return this.#at;
    return this.#marks.filter(({ length }) => length <= end).at(-1) ?? { length: 0, state: this.#start() };
  }

  /** Every effect is total by contract; a `custom` one that fails all the same does nothing. */
  #step(state: State, entry: LogEntry): State {
    if (!entry.readable) return state;
    try {
      const next = this.#model.reduce(state, entry.event);
      return state === absent ? asSeen(next, entry, this.#model, this.#rights) : next;
    } catch {
      return state;
    }
  }
}
