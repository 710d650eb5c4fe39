/** Models of rows by hand, as the generator writes one out: of `contact` the email is `conflict = "manual"`. */
import { eventTime } from '../../src/materializers/utils.js';
import {
  absent,
  deleted,
  type EventDefinition,
  type EventEnvelope,
  type Folded,
  type ModelDefinition,
} from '../../src/model.js';
import { RowsMode } from '../../src/rows/mode.js';
import type { RowRules } from '../../src/rows/rules.js';
import { datetime, nullable, object, type Parser, shape, string, uuid } from '../../src/schemas/validate.js';

export interface Contact {
  readonly id: string;
  readonly first_name: string;
  readonly last_name: string | null;
  readonly email: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface ContactCreate {
  readonly first_name: string;
  readonly last_name?: string | null;
  readonly email?: string | null;
}

export type ContactUpdate = Partial<ContactCreate>;

export type ContactEvent =
  | EventEnvelope<'contact.created', ContactCreate>
  | EventEnvelope<'contact.updated', ContactUpdate>
  | EventEnvelope<'contact.deleted', Readonly<Record<string, never>>>;

const parseContact: Parser<Contact> = shape({
  id: uuid,
  first_name: string,
  last_name: nullable(string),
  email: nullable(string),
  created_at: datetime,
  updated_at: datetime,
});

const parseCreate: Parser<ContactCreate> = object(
  { first_name: string },
  { last_name: nullable(string), email: nullable(string) },
);
const parseUpdate: Parser<ContactUpdate> = object(
  {},
  { first_name: string, last_name: nullable(string), email: nullable(string) },
);
const parseDelete: Parser<Readonly<Record<string, never>>> = object({}, {});

const contactEvents: Readonly<Record<ContactEvent['event_type'], EventDefinition>> = {
  'contact.created': { effect: 'create', parse: (payload) => parseCreate(payload, '') },
  'contact.updated': { effect: 'merge', parse: (payload) => parseUpdate(payload, '') },
  'contact.deleted': { effect: 'delete', parse: (payload) => parseDelete(payload, '') },
};

export function reduceContact(state: Folded<Contact>, event: ContactEvent): Folded<Contact> {
  const time = eventTime(event.timestamp);
  if (event.event_type === 'contact.created') {
    if (state !== absent) return state;
    const { first_name, last_name = null, email = null } = event.payload;
    return { id: event.entity_id, first_name, last_name, email, created_at: time, updated_at: time };
  }
  if (state === absent || state === deleted) return state;
  if (event.event_type === 'contact.deleted') return deleted;
  return { ...state, ...event.payload, updated_at: time };
}

const rules: RowRules = {
  fields: ['first_name', 'last_name', 'email'],
  manual: ['email'],
  lastWriteWins: false,
  localFirst: true,
  updatedAt: 'updated_at',
};

/** A model of these rows under other rules. */
export function contactsWith(changed: Partial<RowRules>): ModelDefinition<Contact, ContactEvent> {
  return {
    entity: 'contact',
    path: 'contacts',
    version: 1,
    print: 'contact-1',
    plain: true,
    snapshot: null,
    events: contactEvents,
    reduce: reduceContact,
    parseState: (value) => parseContact(value, ''),
    mode: new RowsMode({ ...rules, ...changed }),
  };
}

export const contactModel = contactsWith({});
