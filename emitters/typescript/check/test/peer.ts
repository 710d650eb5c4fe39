/**
 * A client that does what each line of its input says, and answers with a line; what it is told stands in the Swift client's
 * `sync-peer`, which this is the same as.
 *
 *   peer.ts SERVER TOKEN TENANT
 */
import { createInterface } from 'node:readline';
import { createSync, memoryStore, RefusedLocally, type SyncOptions } from '../generated/fixtures/src/index.js';
import { boardModel } from '../generated/fixtures/src/materializers/board.js';
import { contactModel } from '../generated/fixtures/src/materializers/contact.js';
import { orderModel } from '../generated/fixtures/src/materializers/order.js';

const [baseUrl = '', token = '', tenantId = ''] = process.argv.slice(2);
let isOff = false;
const network: typeof fetch = (input, init) => (isOff ? Promise.reject(new TypeError('offline')) : fetch(input, init));
const configuration: SyncOptions = {
  reducers: { shift: { tips_split: (state) => state } },
  baseUrl,
  token,
  tenantId,
  userId: 'clara',
  adapter: memoryStore(),
  notification: 'sse',
  fetch: network,
  webSocket: null,
  locks: null,
  channel: null,
};
const sync = createSync(configuration);
await sync.start();
const orders = sync.collection(orderModel);
const boards = sync.collection(boardModel);
const contacts = sync.collection(contactModel);

interface Command {
  readonly do: string;
  readonly entity: string;
  readonly id: string;
  readonly name: string;
  readonly payload: unknown;
}

async function answer(line: string): Promise<string> {
  const command: Command = JSON.parse(line);
  switch (command.do) {
    case 'record': {
      const entities: { record(type: string, id: string, payload: unknown): PromiseLike<void> } =
        { order: orders, board: boards, contact: contacts }[command.entity] ?? orders;
      await entities.record(`${command.entity}.${command.name}`, command.id, command.payload);
      return 'ok';
    }
    case 'offline':
    case 'online':
      isOff = command.do === 'offline';
      sync.internals.unplug(isOff);
      return 'ok';
    case 'dump': {
      // It takes the server's word wherever two have written the same field of a row.
      for (const conflict of sync.status.getSnapshot().conflicts) await conflict.keepServer();
      for (const { event } of sync.status.getSnapshot().rejections)
        if (event.entity_type === 'contact') await sync.discard(event.id);
      const { pendingCount, rejections } = sync.status.getSnapshot();
      const byId = (states: readonly { readonly id: string }[]): unknown =>
        Object.fromEntries(states.map((state) => [state.id, state]));
      return JSON.stringify({
        pending: pendingCount,
        rejected: rejections.map(({ code }) => code),
        order: byId(orders.list()),
        board: byId(boards.list()),
        contact: byId(contacts.list()),
      });
    }
    default:
      return 'unknown';
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const said = await answer(line).catch((error: unknown) =>
    error instanceof RefusedLocally ? `refused ${error.code}` : `failed ${String(error)}`,
  );
  process.stdout.write(`${said}\n`);
}
await sync.close();
