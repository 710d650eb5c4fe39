/** What waits, what was refused, and how things stand: lists and a table. */
import type { SyncClient } from '../client/sync.js';
import { brief, element, timeOf, toText } from './dom.js';
import { modelsOf } from './trail.js';

/** Shows an entity's log. */
export type Choose = (type: string, id: string) => void;

/** Events on their way to the server, in the order of recording. */
export function outboxList(sync: SyncClient, choose: Choose): readonly HTMLElement[] {
  const waiting = [...sync.internals.store.ledger.outbox.values()].filter(({ status }) => status === 'pending');
  if (waiting.length === 0) return [element('p', { class: 'none' }, 'Nothing waits to be sent.')];
  return waiting.map(({ event, sent, saved }) => {
    const stage = sent ? 'sent, no answer yet' : saved ? 'saved' : 'not saved yet';
    return element(
      'div',
      { class: 'row' },
      element('b', {}, event.event_type),
      ` ${timeOf(event.timestamp)} `,
      element('span', { class: 'soft' }, stage),
      element('div', { class: 'code' }, brief(event.payload, 300)),
      element(
        'div',
        { class: 'buttons' },
        element('button', { onclick: () => choose(event.entity_type, event.entity_id) }, 'Show its entity'),
      ),
    );
  });
}

/** Events that the server refused, with what can be done about them; and those that came to nothing. */
export function rejectionList(sync: SyncClient, choose: Choose): readonly HTMLElement[] {
  const { rejections, overtaken } = sync.status.getSnapshot();
  if (rejections.length + overtaken.length === 0) return [element('p', { class: 'none' }, 'Nothing was refused.')];
  const refused = rejections.map(({ event, code, reason, at, blocked }) => {
    const waiting = blocked === 0 ? '' : ` ${blocked} events wait under it.`;
    return element(
      'div',
      { class: 'row' },
      element('b', {}, event.event_type),
      ` refused at ${timeOf(at)}: `,
      element('code', {}, code),
      element('div', {}, `${reason}.${waiting}`),
      element('div', { class: 'code' }, brief(event.payload, 300)),
      element(
        'div',
        { class: 'buttons' },
        element('button', { onclick: () => void sync.retry(event.id).catch(() => {}) }, 'Retry'),
        element('button', { onclick: () => void sync.discard(event.id).catch(() => {}) }, 'Discard'),
        element('button', { onclick: () => choose(event.entity_type, event.entity_id) }, 'Show its entity'),
      ),
    );
  });
  const nothing = overtaken.map((event) =>
    element(
      'div',
      { class: 'row' },
      element('b', {}, event.event_type),
      ` ${timeOf(event.timestamp)} `,
      element('span', { class: 'soft' }, 'overtaken: somebody else’s event came before it'),
      element(
        'div',
        { class: 'buttons' },
        element('button', { onclick: () => choose(event.entity_type, event.entity_id) }, 'Show its entity'),
      ),
    ),
  );
  return [...refused, ...nothing];
}

/** The whole status, as a table. */
export function statusTable(sync: SyncClient): readonly HTMLElement[] {
  const { rejections, overtaken, lastSyncedAt, oldestPendingAt, ...facts } = sync.status.getSnapshot();
  const { name, store } = sync.internals;
  const time = (at: number | null): string => (at === null ? '—' : timeOf(at));
  const all: readonly (readonly [string, string])[] = [
    ...Object.entries(facts).map(([key, value]) => [key, toText(value)] as const),
    ['lastSyncedAt', time(lastSyncedAt)],
    ['oldestPendingAt', time(oldestPendingAt)],
    ['rejections', String(rejections.length)],
    ['overtaken', String(overtaken.length)],
    ['phase', sync.getPhase()],
    ['clock offset', `${Math.round(store.ledger.offset)} ms`],
    ['cursor', store.ledger.cursor?.cursor ?? '—'],
    ['log position', String(store.ledger.cursor?.seq ?? '—')],
    [
      'models',
      modelsOf(sync)
        .map(({ entity, version }) => `${entity} v${version}`)
        .join(', '),
    ],
    ['store', decodeURIComponent(name)],
  ];
  const rows = all.map(([key, value]) =>
    element('tr', {}, element('th', {}, key), element('td', { class: 'code' }, value)),
  );
  return [element('table', {}, element('tbody', {}, ...rows))];
}
