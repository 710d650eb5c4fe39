/**
 * The worker's side: owns a store's files and answers its own tab over its port, and the others over their channel, without a detour by
 * the tab that owns it.
 */
import type { Disk, OpenDisk, Ticket } from '../disk.js';
import {
  type Answer,
  type ChannelMessage,
  channelOf,
  type FromWorker,
  failureOf,
  isMessage,
  type Request,
  type ToWorker,
} from './protocol.js';

/** The part of a worker's global scope that is used. */
interface Scope {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
}

/** Makes this worker the owner of a store's files, for a page's `workerStore`. The one thing that a worker's own file calls. */
export function serveStore(open: OpenDisk, scope: Scope = self): void {
  new Host(open, scope);
}

class Host {
  readonly #open: OpenDisk;
  readonly #scope: Scope;
  #disk: Disk | null = null;
  #channel: BroadcastChannel | null = null;

  constructor(open: OpenDisk, scope: Scope) {
    this.#open = open;
    this.#scope = scope;
    scope.addEventListener('message', ({ data }) => {
      if (isMessage<ToWorker>(data)) void this.#take(data);
    });
  }

  async #take(message: ToWorker): Promise<void> {
    switch (message.type) {
      case 'open':
        return this.#begin(message.name);
      case 'request':
        return this.#tell(await this.#answer(message));
      case 'close':
        this.#channel?.close();
        await this.#disk?.close().catch(() => {}); // the page ends this worker, and with it all that is open
        return this.#tell({ type: 'closed' });
      default:
        return message satisfies never;
    }
  }

  async #begin(name: string): Promise<void> {
    try {
      this.#disk = await this.#open(name);
    } catch (error) {
      return this.#tell({ type: 'failed', failure: failureOf(error) });
    }
    const channel = new BroadcastChannel(channelOf(name));
    channel.onmessage = async ({ data }: { readonly data: unknown }) => {
      if (isMessage<ChannelMessage>(data) && data.type === 'request') channel.postMessage(await this.#answer(data));
    };
    this.#channel = channel;
    this.#tell({ type: 'opened' });
    channel.postMessage({ type: 'owner' } satisfies ChannelMessage);
  }

  async #answer(request: Request): Promise<Answer> {
    const { from: to, id } = request;
    if (Date.now() > request.until)
      return { type: 'answer', to, id, failure: { code: 'storage_failed', message: 'too late' } };
    try {
      return { type: 'answer', to, id, value: await this.#carryOut(request) };
    } catch (error) {
      return { type: 'answer', to, id, failure: failureOf(error) };
    }
  }

  #carryOut({ from, id, again, call }: Request): Promise<unknown> {
    const disk = this.#disk;
    if (disk === null) throw new Error('the files are not open');
    const ticket: Ticket = { id: `${from}:${id}`, again };
    switch (call.method) {
      case 'load':
        return disk.load();
      case 'append':
        return disk.append(call.text, call.flush, ticket);
      case 'tail':
        return disk.tail(call.after);
      case 'compact':
        return disk.compact(call.compaction, ticket);
      case 'sql':
        return disk.sql(call.text, call.parameters, ticket);
      default:
        return call satisfies never;
    }
  }

  #tell(message: FromWorker): void {
    this.#scope.postMessage(message);
  }
}
