/** A row that several tabs write: what one of them decides before it has heard of another's. */
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { RowLog } from '../src/rows/rowLog.js';
import { MemoryAdapter } from '../src/store/adapters/memory.js';
import { EventStore } from '../src/store/eventStore.js';
import { receive } from '../src/store/receiving.js';
import { platformTimers } from '../src/store/timing.js';
import { event, uuid } from './helpers.js';
import { contactModel } from './models/contact.js';

describe('of several tabs', () => {
  const id = uuid();
  const created = event('contact.created', id, { first_name: 'Ada' }, Date.now() - 1000);
  let store: EventStore;
  const log = (): RowLog => {
    const found = store.ledger.log('contact', id);
    assert.ok(found instanceof RowLog);
    return found;
  };

  beforeEach(async () => {
    store = new EventStore({ models: [contactModel], adapter: new MemoryAdapter(), timers: platformTimers });
    await store.open();
    await receive(store, [{ ...created, seq: 1 }], null);
  });

  it('b4_4: the echo of one’s write is no conflict for what another wrote before it saw that', async () => {
    const first = store.record(contactModel, 'contact.updated', id, { first_name: 'One' }).event;
    await store.commit([{ kind: 'sent', ids: [first.id] }]);
    const based = { source_id: 'tab', expected: { first_name: created.timestamp }, base: created.timestamp };
    const second = event('contact.updated', id, { first_name: 'Two' }, Date.now() + 1000);
    await store.commit([{ kind: 'new', event: { ...second, ...based }, did: true }]);
    await receive(store, [{ ...first, seq: 2 }], null);
    const [write, ...more] = log().queue();
    assert.deepEqual([write?.entry.event.id, write?.fate, more], [second.id, 'send', []]);
    assert.deepEqual(write?.expected, { first_name: first.timestamp });
  });

  it('b4_3: what one has sent is neither rewritten nor taken along by what another decided meanwhile', async () => {
    const sent = store.record(contactModel, 'contact.updated', id, { first_name: 'One' }).event;
    await store.commit([{ kind: 'sent', ids: [sent.id] }]);
    const rewritten = { ...sent, payload: { first_name: 'Other' } };
    await store.commit([{ kind: 'mode', type: 'contact', id, event: rewritten, ids: [] }]);
    assert.deepEqual(store.ledger.entry(sent.id)?.event.payload, { first_name: 'One' });
    const later = store.record(contactModel, 'contact.updated', id, { first_name: 'Two' }).event;
    await store.commit([{ kind: 'mode', type: 'contact', id, event: later, ids: [sent.id] }]);
    assert.deepEqual(
      log()
        .queue()
        .map(({ entry, fate }) => [entry.event.id, fate]),
      [
        [sent.id, 'send'],
        [later.id, 'send'],
      ],
    );
  });
});
