/** One entity's log: each event with what it did, and the state as of any of them. */
import type { SyncClient } from '../client/sync.js';
import type { EventEnvelope } from '../model.js';
import type { Difference } from './diff.js';
import { brief, element, redraw, timeOf, toText } from './dom.js';
import { type EntityName, entitiesOf, fetchTrail, modelsOf, type Step, type Trail, trailOf } from './trail.js';

const LISTED = 200;
/** Its first part is enough for people. */
const UUID = /([0-9a-f]{8})(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** The view of entities. */
export class EntitiesView {
  readonly root: HTMLElement;
  readonly #sync: SyncClient;
  readonly #select: HTMLSelectElement;
  readonly #search: HTMLInputElement;
  readonly #names = element('div', { class: 'list', role: 'listbox', 'aria-label': 'Entities' });
  readonly #steps = element('div', { class: 'list', 'aria-label': 'Events' });
  readonly #range: HTMLInputElement;
  readonly #asOf = element('span', {});
  readonly #state = element('pre', { class: 'state code', tabindex: '0', 'aria-label': 'State' });
  /** The entity that is looked at. */
  chosen: EntityName | null = null;
  /** How many events the state holds; null: all there are, and all that come. */
  #upTo: number | null = null;
  /** The chosen one's whole trail, where it was asked for. */
  #fetched: readonly EventEnvelope[] = [];
  #problem = '';

  constructor(sync: SyncClient) {
    this.#sync = sync;
    const types = modelsOf(sync).map(({ entity }) => element('option', { value: entity }, entity));
    this.#select = element('select', { 'aria-label': 'Model', onchange: () => this.draw() }, ...types);
    this.#search = element('input', {
      type: 'search',
      placeholder: 'Find by id or text',
      'aria-label': 'Find',
      oninput: () => this.draw(),
    });
    this.#range = element('input', {
      type: 'range',
      min: '0',
      'aria-label': 'As of event',
      oninput: () => this.#travel(),
    });
    this.root = element(
      'div',
      { class: 'body' },
      element('div', { class: 'names' }, element('div', { class: 'find' }, this.#select, this.#search), this.#names),
      element(
        'div',
        { class: 'log' },
        element(
          'div',
          { class: 'travel' },
          this.#asOf,
          this.#range,
          element('button', { onclick: () => this.#goTo(null) }, 'Now'),
        ),
        this.#steps,
      ),
      this.#state,
    );
  }

  /** Shows an entity. */
  choose(type: string, id: string): void {
    this.#select.value = type;
    this.chosen = { type, id, unsynced: 0 };
    this.#fetched = [];
    this.#problem = '';
    this.#goTo(null);
  }

  /** Draws what is held now. */
  draw(): void {
    const type = this.#select.value;
    const wanted = this.#search.value.trim().toLowerCase();
    const found = entitiesOf(this.#sync, type).filter(({ id }) => wanted === '' || this.#says(type, id, wanted));
    redraw(
      this.#names,
      ...found.slice(0, LISTED).map((entity) => this.#name(entity)),
      found.length === 0 ? element('p', { class: 'none' }, 'Nothing here.') : null,
      found.length > LISTED ? element('p', { class: 'soft' }, `and ${found.length - LISTED} more: search`) : null,
    );
    this.#drawTrail();
  }

  #says(type: string, id: string, wanted: string): boolean {
    return id.includes(wanted) || toText(this.#sync.internals.store.state(type, id)).toLowerCase().includes(wanted);
  }

  #name(entity: EntityName): HTMLElement {
    const { type, id, unsynced } = entity;
    const current = this.chosen?.type === type && this.chosen.id === id;
    const told = {
      class: 'name',
      role: 'option',
      title: id,
      'aria-current': String(current),
      onclick: () => this.choose(type, id),
    };
    return element(
      'button',
      told,
      element('code', {}, id.slice(0, 13)),
      unsynced === 0 ? null : element('span', { class: 'tag', 'data-tone': 'warn' }, `${unsynced} unsynced`),
    );
  }

  #travel(): void {
    const at = Number(this.#range.value);
    this.#goTo(at === Number(this.#range.max) ? null : at);
  }

  #goTo(upTo: number | null): void {
    this.#upTo = upTo;
    this.draw();
  }

  #drawTrail(): void {
    if (this.chosen === null) {
      redraw(this.#steps, element('p', { class: 'none' }, 'Choose an entity to see its log.'));
      redraw(this.#state);
      this.#asOf.textContent = '';
      return;
    }
    const trail = trailOf(this.#sync, this.chosen.type, this.chosen.id, this.#fetched);
    const { length } = trail.steps;
    const at = Math.min(this.#upTo ?? length, length);
    this.#range.max = String(length);
    this.#range.value = String(at);
    this.#asOf.textContent = this.#upTo === null ? `All ${length} events` : `As of event ${at} of ${length}`;
    redraw(this.#steps, this.#begin(trail, at), ...trail.steps.map((step, index) => this.#step(step, index + 1, at)));
    redraw(this.#state, toText(at === 0 ? trail.start : trail.steps[at - 1]?.after, 2));
  }

  #begin({ start }: Trail, at: number): HTMLElement | null {
    if (start === 'not there') return null;
    const told = { class: 'step', 'aria-current': String(at === 0), onclick: () => this.#goTo(0) };
    return element(
      'div',
      {},
      element('button', told, element('span', {}, 'A snapshot: the events before it are not held here')),
      element('button', { onclick: () => void this.#fetch() }, 'Fetch them from the server'),
      element('span', { class: 'soft' }, ` ${this.#problem}`),
    );
  }

  async #fetch(): Promise<void> {
    const asked = this.chosen;
    if (asked === null) return;
    try {
      const fetched = await fetchTrail(this.#sync, asked.type, asked.id);
      if (this.chosen === asked) this.#fetched = fetched;
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
    }
    this.draw();
  }

  #step({ event, status, applied, effect }: Step, place: number, at: number): HTMLElement {
    const told = {
      class: 'step',
      'aria-current': String(place === at),
      'data-later': place > at ? 'true' : undefined,
      onclick: () => this.#goTo(place),
    };
    const who = event.user_id === null ? 'this device' : event.user_id;
    return element(
      'button',
      told,
      element(
        'span',
        {},
        element('time', { title: event.timestamp }, timeOf(event.timestamp)),
        element('span', { class: 'type' }, event.event_type),
        element('span', { class: 'soft' }, who),
        element('span', { class: 'tag', 'data-tone': toneOf(status) }, status),
      ),
      applied
        ? element('ul', { class: 'effect code' }, ...effect.filter(({ path }) => path !== 'updated_at').map(effectOf))
        : element('span', { class: 'soft' }, 'does nothing where it stands'),
    );
  }
}

function effectOf({ path, before, after }: Difference): HTMLElement {
  const change = [element('del', {}, brief(before)), ' → ', element('ins', {}, brief(after))];
  return element('li', { title: path }, path === '' ? '' : `${path.replaceAll(UUID, '$1…')}: `, ...change);
}

function toneOf(status: string): string {
  if (status === 'synced' || status === 'accepted') return 'good';
  return status === 'rejected' || status === 'blocked' ? 'bad' : 'warn';
}
