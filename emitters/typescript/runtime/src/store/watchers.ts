/** Who listens to which entities, and which of them look different. */
import type { Log } from './log.js';
import { Listeners } from './timing.js';

/** One key for an entity, or with null for all of its type. */
export function entityKey(entityType: string, id: string | null): string {
  return `${entityType}/${id ?? '*'}`;
}

function eventsKey(entityType: string, id: string): string {
  return `${entityKey(entityType, id)}/events`;
}

/** The latest changes of one type. */
interface Recent {
  /** How many changes came before these. */
  before: number;
  ids: string[];
}

/** A list that is further behind is made anew. */
const REMEMBERED = 1000;

/** The listeners of one store. */
export class Watchers {
  readonly #all = new Map<string, Listeners<[]>>();
  readonly #recent = new Map<string, Recent>();

  /** Goes up whenever any entity of a type looks different. */
  version(entityType: string): number {
    const { before, ids } = this.#of(entityType);
    return before + ids.length;
  }

  /** The entities of a type that look different since a version; null where that is not known any more. */
  changedSince(entityType: string, version: number): readonly string[] | null {
    const { before, ids } = this.#of(entityType);
    return version < before ? null : ids.slice(version - before);
  }

  /** Listens to one entity, or with a null id to all of its type. Returns what ends it. */
  watch(entityType: string, id: string | null, listener: () => void): () => void {
    return this.#add(entityKey(entityType, id), listener);
  }

  /** Listens to what happens to the events of one entity, whether it looks different for it or not. */
  watchEvents(entityType: string, id: string, listener: () => void): () => void {
    return this.#add(eventsKey(entityType, id), listener);
  }

  #add(key: string, listener: () => void): () => void {
    const listeners = this.#all.get(key) ?? new Listeners<[]>();
    this.#all.set(key, listeners);
    const remove = listeners.add(listener);
    return () => {
      remove();
      if (listeners.size === 0 && this.#all.get(key) === listeners) this.#all.delete(key);
    };
  }

  /** Tells whoever watches these entities; or only those that look different from what was shown last. */
  publish(logs: ReadonlySet<Log>): void {
    const changed: Log[] = [];
    const types = new Set<string>();
    for (const log of logs) {
      const state = log.state();
      if (state === log.shown) continue;
      log.shown = state;
      changed.push(log);
      types.add(log.model.entity);
      this.#note(log);
    }
    if (this.#all.size === 0) return;
    for (const { model, id } of changed) this.#all.get(entityKey(model.entity, id))?.emit();
    for (const type of types) this.#all.get(entityKey(type, null))?.emit();
    for (const { model, id } of logs) this.#all.get(eventsKey(model.entity, id))?.emit();
  }

  /** Everything may look different. */
  publishAll(): void {
    for (const recent of this.#recent.values()) {
      recent.before += recent.ids.length + 1;
      recent.ids = [];
    }
    for (const listeners of [...this.#all.values()]) listeners.emit();
  }

  #note({ model, id }: Log): void {
    const recent = this.#of(model.entity);
    recent.ids.push(id);
    if (recent.ids.length <= REMEMBERED) return;
    recent.before += REMEMBERED / 2;
    recent.ids.splice(0, REMEMBERED / 2);
  }

  #of(entityType: string): Recent {
    let recent = this.#recent.get(entityType);
    if (recent === undefined) {
      recent = { before: 0, ids: [] };
      this.#recent.set(entityType, recent);
    }
    return recent;
  }
}
