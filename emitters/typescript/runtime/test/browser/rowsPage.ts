/** What the tests have a page do with rows on IndexedDB, where most applications keep them. */
import type { SyncStatus } from '../../src/client/status.js';
import { createSyncClient, type SyncClient } from '../../src/client/sync.js';
import { Rows } from '../../src/rows/rows.js';
import { indexedDbStore } from '../../src/store/adapters/indexeddb.js';
import { type Contact, type ContactEvent, type ContactUpdate, contactModel } from '../models/contact.js';
import { type Budget, coursesOf } from '../rows/courses.js';
import { inMemory } from '../rows/noTables.js';
import { takeAll } from '../rows/world.js';

let open: { readonly sync: SyncClient; readonly contacts: Rows<Contact, ContactEvent, keyof ContactUpdate> } | null =
  null;

function opened() {
  if (open === null) throw new Error('no client');
  return open;
}

/** A conflict, as far as it can leave the page. */
export interface Met {
  readonly field: string;
  readonly mine: unknown;
  readonly theirs: unknown;
}

export const rows = {
  /** Makes a client of a server of rows, as an application does: the tabs of one user have one store. */
  async start(user: string): Promise<void> {
    const sync = createSyncClient({
      models: { contacts: contactModel },
      baseUrl: `${location.origin}/rows/${user}/api/v1`,
      tenantId: 't',
      userId: user,
      webSocket: null,
      notification: 'polling',
      pollingIntervalMs: 50,
      maxRetryDelayMs: 100,
    });
    open = { sync, contacts: new Rows(sync, contactModel) };
    await sync.start();
  },

  status: (): Pick<SyncStatus, 'isLeader' | 'connection' | 'pendingCount'> & {
    readonly refused: number;
    readonly lost: number;
  } => {
    const { isLeader, connection, pendingCount, rejections, losses } = opened().sync.status.getSnapshot();
    return { isLeader, connection, pendingCount, refused: rejections.length, lost: losses.length };
  },

  get: (id: string): Contact | null => opened().sync.collection(contactModel).get(id) ?? null,

  /** Makes a row; resolves with its id once it is saved. */
  async create(firstName: string): Promise<string> {
    const id = crypto.randomUUID();
    await opened().contacts.record('contact.created', id, { first_name: firstName });
    return id;
  },

  /** Resolves once it is saved. */
  async update(id: string, payload: ContactUpdate): Promise<void> {
    await opened().contacts.record('contact.updated', id, payload);
  },

  async delete(id: string): Promise<void> {
    await opened().contacts.record('contact.deleted', id, {});
  },

  /** Writes a field so often, as fast as it can; resolves once all is saved. */
  async updateOften(id: string, field: keyof ContactUpdate, text: string, times: number): Promise<void> {
    const made = Array.from({ length: times }, (_none, at) =>
      opened().contacts.record('contact.updated', id, { [field]: `${text} ${at}` }),
    );
    await Promise.all(made.map(({ saved }) => saved));
  },

  conflicts: (): readonly Met[] =>
    opened()
      .contacts.conflicts(null)
      .map(({ field, mine, theirs }) => ({ field, mine, theirs })),

  /** Decides what waits of a field. */
  async decide(field: string, keep: 'mine' | 'server'): Promise<void> {
    for (const conflict of opened().contacts.conflicts(null)) {
      if (conflict.field === field) await (keep === 'mine' ? conflict.keepMine() : conflict.keepServer());
    }
  },

  /** Makes rows and changes them until the page is gone; tells of each write once it is saved: `id field value`. */
  async workForever(): Promise<void> {
    for (let at = 0; ; at++) {
      const id = await rows.create(`first ${at}`);
      window.told?.(`${id} first_name first ${at}`);
      await rows.update(id, { last_name: `last ${at}` });
      window.told?.(`${id} last_name last ${at}`);
      await rows.update(id, { first_name: `again ${at}` });
      window.told?.(`${id} first_name again ${at}`);
    }
  },

  close: (): Promise<void> => opened().sync.close(),

  /** The courses of two devices, each on a database of its own. */
  takeAll(budget: Budget, seed: number): Promise<number> {
    const deviceStore = () => {
      const own = crypto.randomUUID();
      const stores = indexedDbStore();
      return (name: string) => stores(`${name}-${own}`);
    };
    return takeAll(coursesOf(budget, seed), { ...inMemory, deviceStore });
  },
};
