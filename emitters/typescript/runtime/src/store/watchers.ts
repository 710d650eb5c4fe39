/** Who listens to which entities, and what they were shown last. */
import type { EntityLog } from './entityLog.js';
import { Listeners } from './timing.js';

/** One key for an entity, or with null for all of its type. */
export function entityKey(entityType: string, id: string | null): string {
  return `${entityType}/${id ?? '*'}`;
}

function eventsKey(entityType: string, id: string): string {
  return `${entityKey(entityType, id)}/events`;
}

/** The listeners of one store. */
export class Watchers {
  readonly #all = new Map<string, Listeners<[]>>();
  readonly #versions = new Map<string, number>();

  /** Goes up whenever any entity of a type looks different. */
  version(entityType: string): number {
    return this.#versions.get(entityType) ?? 0;
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
  publish(touched: Iterable<EntityLog>): void {
    const logs = [...touched];
    const changed = logs.filter((log) => log.state() !== log.shown);
    const types = new Set(changed.map(({ model }) => model.entity));
    for (const log of changed) log.shown = log.state();
    for (const type of types) this.#versions.set(type, this.version(type) + 1);
    for (const { model, id } of changed) this.#all.get(entityKey(model.entity, id))?.emit();
    for (const type of types) this.#all.get(entityKey(type, null))?.emit();
    for (const { model, id } of logs) this.#all.get(eventsKey(model.entity, id))?.emit();
  }
}
