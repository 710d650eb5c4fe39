/** The `board` model by hand, in the style that the generator writes out: plain lists, sets, a struct, a float. */

import {
  addToSet,
  eventTime,
  pushPlain,
  removeFromSet,
  removeValue,
  setFromList,
} from '../../src/materializers/utils.js';
import {
  absent,
  deleted,
  type EventDefinition,
  type EventEnvelope,
  type Folded,
  type ModelDefinition,
} from '../../src/model.js';
import {
  datetime,
  empty,
  float,
  int,
  list,
  object,
  type Parser,
  set,
  shape,
  string,
  uuid,
} from '../../src/schemas/validate.js';

// --- schemas/board.ts ---------------------------------------------------------------------------------------------------------

export interface BoardSettings {
  readonly theme: string;
  readonly width: number;
}

export interface Board {
  readonly id: string;
  readonly title: string;
  readonly labels: readonly string[];
  readonly watchers: readonly string[];
  readonly position: number;
  readonly settings: BoardSettings;
  readonly created_at: string;
  readonly updated_at: string;
}

const i32 = int(-2_147_483_648, 2_147_483_647);

export const parseBoardSettings: Parser<BoardSettings> = shape({ theme: string, width: i32 });
export const parseBoardSettingsInput: Parser<BoardSettings> = object({ theme: string, width: i32 });

export const parseBoard: Parser<Board> = shape({
  id: uuid,
  title: string,
  labels: list(string),
  watchers: set(string),
  position: float,
  settings: parseBoardSettings,
  created_at: datetime,
  updated_at: datetime,
});

// --- events/board.events.ts ---------------------------------------------------------------------------------------------------

export interface BoardCreated {
  readonly title: string;
  readonly labels?: readonly string[];
  readonly watchers?: readonly string[];
  readonly position?: number;
  readonly settings?: BoardSettings;
}

export interface BoardTitleChanged {
  readonly title: string;
}

export interface BoardLabelAdded {
  readonly label: string;
}

export interface BoardLabelRemoved {
  readonly label: string;
}

export interface BoardWatcherAdded {
  readonly watcher: string;
}

export interface BoardWatcherRemoved {
  readonly watcher: string;
}

export interface BoardMoved {
  readonly position: number;
}

export interface BoardSettingsChanged {
  readonly settings: BoardSettings;
}

export type BoardDeleted = Readonly<Record<string, never>>;

export type BoardEvent =
  | EventEnvelope<'board.created', BoardCreated>
  | EventEnvelope<'board.title_changed', BoardTitleChanged>
  | EventEnvelope<'board.label_added', BoardLabelAdded>
  | EventEnvelope<'board.label_removed', BoardLabelRemoved>
  | EventEnvelope<'board.watcher_added', BoardWatcherAdded>
  | EventEnvelope<'board.watcher_removed', BoardWatcherRemoved>
  | EventEnvelope<'board.moved', BoardMoved>
  | EventEnvelope<'board.settings_changed', BoardSettingsChanged>
  | EventEnvelope<'board.deleted', BoardDeleted>;

const parseCreated: Parser<BoardCreated> = object(
  { title: string },
  { labels: list(string), watchers: set(string), position: float, settings: parseBoardSettingsInput },
);
const parseTitleChanged: Parser<BoardTitleChanged> = object({ title: string });
const parseLabelAdded: Parser<BoardLabelAdded> = object({ label: string });
const parseLabelRemoved: Parser<BoardLabelRemoved> = object({ label: string });
const parseWatcherAdded: Parser<BoardWatcherAdded> = object({ watcher: string });
const parseWatcherRemoved: Parser<BoardWatcherRemoved> = object({ watcher: string });
const parseMoved: Parser<BoardMoved> = object({ position: float });
const parseSettingsChanged: Parser<BoardSettingsChanged> = object({ settings: parseBoardSettingsInput });
const parseDeleted: Parser<BoardDeleted> = empty;

export const boardEvents: Readonly<Record<BoardEvent['event_type'], EventDefinition>> = {
  'board.created': { effect: 'create', parse: (payload) => parseCreated(payload, '') },
  'board.title_changed': { effect: 'set', parse: (payload) => parseTitleChanged(payload, '') },
  'board.label_added': { effect: 'push', parse: (payload) => parseLabelAdded(payload, '') },
  'board.label_removed': { effect: 'remove', parse: (payload) => parseLabelRemoved(payload, '') },
  'board.watcher_added': { effect: 'push', parse: (payload) => parseWatcherAdded(payload, '') },
  'board.watcher_removed': { effect: 'remove', parse: (payload) => parseWatcherRemoved(payload, '') },
  'board.moved': { effect: 'set', parse: (payload) => parseMoved(payload, '') },
  'board.settings_changed': { effect: 'set', parse: (payload) => parseSettingsChanged(payload, '') },
  'board.deleted': { effect: 'delete', parse: (payload) => parseDeleted(payload, '') },
};

// --- materializers/board.ts ---------------------------------------------------------------------------------------------------

function createBoard(event: Extract<BoardEvent, { event_type: 'board.created' }>): Board {
  const { payload } = event;
  const time = eventTime(event.timestamp);
  return {
    id: event.entity_id,
    title: payload.title,
    labels: payload.labels ?? [],
    watchers: setFromList(payload.watchers ?? []),
    position: payload.position ?? 0,
    settings: payload.settings ?? { theme: 'light', width: 80 },
    created_at: time,
    updated_at: time,
  };
}

/** Folds one event into a board. */
export function reduceBoard(state: Folded<Board>, event: BoardEvent): Folded<Board> {
  if (event.event_type === 'board.created') return state === absent ? createBoard(event) : state;
  if (state === absent || state === deleted) return state;
  const updated_at = eventTime(event.timestamp);
  switch (event.event_type) {
    case 'board.title_changed':
      return { ...state, title: event.payload.title, updated_at };
    case 'board.label_added':
      return { ...state, labels: pushPlain(state.labels, event.payload.label), updated_at };
    case 'board.label_removed': {
      const labels = removeValue(state.labels, event.payload.label);
      return labels === state.labels ? state : { ...state, labels, updated_at };
    }
    case 'board.watcher_added': {
      const watchers = addToSet(state.watchers, event.payload.watcher);
      return watchers === state.watchers ? state : { ...state, watchers, updated_at };
    }
    case 'board.watcher_removed': {
      const watchers = removeFromSet(state.watchers, event.payload.watcher);
      return watchers === state.watchers ? state : { ...state, watchers, updated_at };
    }
    case 'board.moved':
      return { ...state, position: event.payload.position, updated_at };
    case 'board.settings_changed':
      return { ...state, settings: event.payload.settings, updated_at };
    case 'board.deleted':
      return deleted;
    default:
      return state;
  }
}

export const boardModel: ModelDefinition<Board, BoardEvent> = {
  entity: 'board',
  path: 'boards',
  version: 1,
  snapshot: { every: 50, max: 100 },
  events: boardEvents,
  reduce: reduceBoard,
  parseState: (value) => parseBoard(value, ''),
};
