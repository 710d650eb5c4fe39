/**
 * The developer's panel: an entity's log with each event's effect, time travel, outbox, rejections, connection. An entry point of its
 * own: nothing imports it but an application that wants it, best by `import()` where it is asked for.
 */
import type { SyncClient } from '../client/sync.js';
import { toJson } from '../store/codec.js';
import { element, redraw, timeOf } from './dom.js';
import { EntitiesView } from './entities.js';
import { outboxList, rejectionList, statusTable } from './lists.js';
import { reportOf } from './report.js';
import { style } from './style.js';

/** Where the panel goes, and how it begins. */
export interface DevtoolsOptions {
  /** The body of the page unless set. */
  readonly parent?: HTMLElement;
  /** It begins open. */
  readonly open?: boolean;
}

/** The panel of one client. */
export interface Devtools {
  /** Shows an entity's log. */
  show(entityType: string, id: string): void;
  /** Takes the panel off the page, and the client back on the network. */
  close(): void;
}

/** Puts the panel on the page. */
export function mountDevtools(sync: SyncClient, options: DevtoolsOptions = {}): Devtools {
  return new Panel(sync, options);
}

const TABS = ['Entities', 'Outbox', 'Rejections', 'Status'] as const;
type Tab = (typeof TABS)[number];

class Panel implements Devtools {
  readonly #sync: SyncClient;
  readonly #host = element('div', { 'data-syncable-devtools': true });
  readonly #root: ShadowRoot;
  readonly #entities: EntitiesView;
  readonly #facts = element('div', { class: 'facts' });
  readonly #tabs = element('div', { class: 'tabs', role: 'tablist' });
  readonly #offline: HTMLButtonElement;
  readonly #list = element('div', { class: 'list', style: 'flex: 1' });
  readonly #frame: HTMLElement;
  readonly #ends: (() => void)[] = [];
  #tab: Tab = 'Entities';
  #open: boolean;
  #unplugged = false;
  #scheduled = 0;

  constructor(sync: SyncClient, { parent = document.body, open = false }: DevtoolsOptions) {
    this.#sync = sync;
    this.#open = open;
    this.#entities = new EntitiesView(sync);
    this.#offline = element('button', { onclick: () => this.#unplug(!this.#unplugged) });
    this.#frame = element(
      'section',
      { class: 'panel', 'aria-label': 'Sync devtools' },
      element(
        'div',
        { class: 'head' },
        this.#tabs,
        this.#facts,
        this.#offline,
        element('button', { onclick: () => sync.syncNow() }, 'Sync now'),
        element('button', { onclick: () => this.#export() }, 'Export report'),
        element('button', { 'aria-label': 'Close', onclick: () => this.#toggle(false) }, '✕'),
      ),
    );
    this.#root = this.#host.attachShadow({ mode: 'open' });
    parent.append(this.#host);
    const changed = (): void => this.#schedule();
    this.#ends.push(
      sync.status.subscribe(changed),
      sync.subscribePhase(changed),
      sync.internals.store.onChange.add(changed),
    );
    this.#draw();
  }

  show(entityType: string, id: string): void {
    this.#tab = 'Entities';
    this.#entities.choose(entityType, id);
    this.#toggle(true);
  }

  close(): void {
    if (this.#unplugged) this.#sync.internals.unplug(false);
    cancelAnimationFrame(this.#scheduled);
    for (const end of this.#ends.splice(0)) end();
    this.#host.remove();
  }

  #toggle(open: boolean): void {
    this.#open = open;
    this.#draw();
  }

  #unplug(unplugged: boolean): void {
    this.#unplugged = unplugged;
    this.#sync.internals.unplug(unplugged);
    this.#draw();
  }

  /** However much changes, it is drawn once a frame. */
  #schedule(): void {
    cancelAnimationFrame(this.#scheduled);
    this.#scheduled = requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    const { connection, isLeader, isOnline, pendingCount, rejections, overtaken, lastSyncedAt, problem } =
      this.#sync.status.getSnapshot();
    const tone = rejections.length > 0 ? 'bad' : connection === 'live' || connection === 'polling' ? 'good' : 'warn';
    const dot = element('span', { class: 'dot', 'data-tone': tone });
    if (!this.#open) {
      const words = pendingCount === 0 ? 'Sync' : `Sync · ${pendingCount}`;
      const told = { class: 'handle', 'aria-label': 'Open sync devtools', onclick: () => this.#toggle(true) };
      this.#root.replaceChildren(element('style', {}, style), element('button', told, dot, words));
      return;
    }
    redraw(
      this.#facts,
      dot,
      fact('', connection),
      fact('', isLeader ? 'leads' : 'follows another tab'),
      fact('pending', String(pendingCount)),
      fact('in step', lastSyncedAt === null ? 'not yet' : timeOf(lastSyncedAt)),
      problem === null ? null : fact('problem', problem.code),
    );
    const refused = rejections.length + overtaken.length;
    const counts: Readonly<Record<Tab, number>> = { Entities: 0, Outbox: pendingCount, Rejections: refused, Status: 0 };
    redraw(this.#tabs, ...TABS.map((tab) => this.#tabButton(tab, counts[tab])));
    this.#offline.textContent = this.#unplugged ? 'Go online' : 'Go offline';
    this.#offline.disabled = !this.#unplugged && !isOnline;
    this.#offline.title = isLeader ? '' : 'Another tab talks to the server: it is that one which must go offline';
    if (!this.#frame.isConnected) this.#root.replaceChildren(element('style', {}, style), this.#frame);
    this.#drawTab();
  }

  #drawTab(): void {
    const body = this.#tab === 'Entities' ? this.#entities.root : this.#list;
    if (!body.isConnected) {
      this.#entities.root.remove();
      this.#list.remove();
      this.#frame.append(body);
    }
    const choose = (type: string, id: string): void => this.show(type, id);
    if (this.#tab === 'Entities') this.#entities.draw();
    else if (this.#tab === 'Outbox') redraw(this.#list, ...outboxList(this.#sync, choose));
    else if (this.#tab === 'Rejections') redraw(this.#list, ...rejectionList(this.#sync, choose));
    else redraw(this.#list, ...statusTable(this.#sync));
  }

  #tabButton(tab: Tab, count: number): HTMLElement {
    const open = (): void => {
      this.#tab = tab;
      this.#draw();
    };
    const badge = { class: 'count', 'data-tone': tab === 'Rejections' ? 'bad' : undefined };
    const told = { role: 'tab', 'aria-selected': String(tab === this.#tab), onclick: open };
    const badged = count === 0 ? [] : [' ', element('span', badge, String(count))];
    return element('button', told, tab, ...badged);
  }

  #export(): void {
    const { chosen } = this.#entities;
    const text = toJson(reportOf(this.#sync, chosen === null ? [] : [chosen]));
    const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
    element('a', {
      href: url,
      download: `sync-report-${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}.json`,
    }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000); // the download has begun by then
  }
}

function fact(name: string, value: string): HTMLElement {
  return element('span', {}, name === '' ? '' : `${name} `, element('b', {}, value));
}
