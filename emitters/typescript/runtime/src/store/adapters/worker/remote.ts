/**
 * The page's side of a store whose files a worker owns. The tab that holds the lock runs the worker; the others pay one message to it and
 * one back. When the owner goes, the next in the queue opens the files, and what was on its way is sent again, under the same name: the
 * new owner finds what the old one had done.
 */
import { StoreError } from '../../../errors.js';
import type { Compaction, SqlAnswer, StoreAdapter, StoreContents, StoreFactory, Tail } from '../../db.js';
import { persistStorage } from '../browser.js';
import type { SqlValue } from '../sql/database.js';
import { cannotOwn, Ownership } from './ownership.js';
import {
  type Answer,
  type Call,
  type ChannelMessage,
  channelOf,
  type FromWorker,
  isMessage,
  type Request,
  type ToWorker,
} from './protocol.js';

/** What is given up then is reported: nobody owned the files, or whoever did was too slow. */
const PATIENCE_MS = 30_000;
/** What was begun in time may still be answered. */
const GRACE_MS = 2_000;
const CLOSING_MS = 2_000;
/** A large database may take long to open: whoever waits hears that it is under way. */
const OPENING_MS = 5_000;

/**
 * Stores whose files a worker owns. `start` makes the worker, whose file calls `serveStore`:
 *
 * `() => new Worker(new URL('./store.worker.ts', import.meta.url), { type: 'module' })`
 */
export function workerStore(start: () => Worker): StoreFactory {
  return (name) => new WorkerAdapter(name, start);
}

interface Pending {
  readonly call: Call;
  until: number;
  timer: ReturnType<typeof setTimeout>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: StoreError) => void;
  sent: boolean;
}

/** How this tab reaches the files. */
type Reach =
  | { readonly by: 'channel' }
  /** This tab's own worker; not before it has opened them. */
  | { readonly by: 'worker'; readonly worker: Worker; open: boolean };

class WorkerAdapter implements StoreAdapter {
  readonly shared = true;
  readonly #name: string;
  readonly #start: () => Worker;
  readonly #from = crypto.randomUUID();
  readonly #pending = new Map<number, Pending>();
  readonly #ownership: Ownership;
  #channel: BroadcastChannel | null = null;
  #reach: Reach = { by: 'channel' };
  #requests = 0;
  #opening: ReturnType<typeof setInterval> | undefined;
  #closed = false;

  constructor(name: string, start: () => Worker) {
    this.#name = name;
    this.#start = start;
    this.#ownership = new Ownership(channelOf(name), {
      gained: () => this.#own(),
      dropped: () => this.#disown(),
      resumed: () => this.#sendAll(),
    });
  }

  // What comes back was made by the same code in the worker.

  async load(): Promise<StoreContents> {
    return (await this.#call({ method: 'load' })) as StoreContents;
  }

  async append(text: string, { flush }: { readonly flush: boolean }): Promise<number> {
    return (await this.#call({ method: 'append', text, flush })) as number;
  }

  async tail(after: number): Promise<Tail> {
    return (await this.#call({ method: 'tail', after })) as Tail;
  }

  async compact(compaction: Compaction): Promise<boolean> {
    return (await this.#call({ method: 'compact', compaction })) as boolean;
  }

  async sql(text: string, parameters: readonly SqlValue[]): Promise<SqlAnswer> {
    return (await this.#call({ method: 'sql', text, parameters })) as SqlAnswer;
  }

  persist(): Promise<boolean> {
    return persistStorage();
  }

  /** Open files cannot be taken away: whatever goes wrong with them is told to whoever reads or writes. */
  onLost(): void {}

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const reach = this.#reach;
    if (reach.by === 'worker') await closed(reach.worker);
    this.#disown();
    this.#ownership.close();
    this.#channel?.close();
    this.#rejectAll(new StoreError('storage_closed', 'the store is closed'));
  }

  #call(call: Call): Promise<unknown> {
    if (this.#closed) return Promise.reject(new StoreError('storage_closed', 'the store is closed'));
    const reason = cannotOwn();
    if (reason !== null) return Promise.reject(reason);
    const id = this.#requests++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { call, ...this.#patience(id), resolve, reject, sent: false });
      this.#join();
      this.#send(id);
    });
  }

  #patience(id: number): Pick<Pending, 'until' | 'timer'> {
    const timer = setTimeout(() => {
      const pending = this.#pending.get(id);
      this.#pending.delete(id);
      pending?.reject(new StoreError('storage_unavailable', 'the tab that owns the store’s files does not answer'));
    }, PATIENCE_MS + GRACE_MS);
    return { until: Date.now() + PATIENCE_MS, timer };
  }

  /** The files are being opened: whatever is asked of them has its time from now on. */
  #waitOn(): void {
    for (const [id, pending] of this.#pending) {
      clearTimeout(pending.timer);
      Object.assign(pending, this.#patience(id));
    }
  }

  /** Listens before it asks: no answer is missed. */
  #join(): void {
    if (this.#channel !== null) return;
    const channel = new BroadcastChannel(channelOf(this.#name));
    channel.onmessage = ({ data }: { readonly data: unknown }) => {
      if (!isMessage<ChannelMessage>(data)) return;
      if (data.type === 'answer') this.#settle(data);
      else if (data.type === 'owner' && this.#reach.by === 'channel') this.#sendAll();
      else if (data.type === 'opening') this.#waitOn();
    };
    this.#channel = channel;
    this.#ownership.join();
  }

  #send(id: number): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    const { call, until, sent: again } = pending;
    const request: Request = { type: 'request', from: this.#from, id, again, until, call };
    if (this.#reach.by === 'channel') this.#channel?.postMessage(request);
    else if (this.#reach.open) this.#reach.worker.postMessage(request);
    else return; // all goes out once it is open
    pending.sent = true;
  }

  #sendAll(): void {
    for (const id of this.#pending.keys()) this.#send(id);
  }

  #settle({ to, id, value, failure }: Answer): void {
    const pending = to === this.#from ? this.#pending.get(id) : undefined;
    if (pending === undefined) return;
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    if (failure === undefined) pending.resolve(value);
    else pending.reject(new StoreError(failure.code, failure.message));
  }

  #own(): void {
    const worker = this.#start();
    const reach: Reach = { by: 'worker', worker, open: false };
    this.#reach = reach;
    worker.onmessage = ({ data }: { readonly data: unknown }) => {
      if (!isMessage<FromWorker>(data) || this.#reach !== reach) return;
      if (data.type === 'answer') this.#settle(data);
      else if (data.type === 'opened') {
        reach.open = true;
        clearInterval(this.#opening);
        this.#waitOn();
        this.#sendAll();
      } else if (data.type === 'failed') this.#fail(new StoreError(data.failure.code, data.failure.message));
    };
    worker.onerror = (event) => {
      if (this.#reach !== reach || this.#closed) return;
      event.preventDefault();
      const message = event.message || 'its file could not be loaded'; // an event without a message, then
      if (!reach.open) return this.#fail(new StoreError('storage_unavailable', `the store’s worker: ${message}`));
      // It may own nothing that works any more: whoever is next goes on, with what this tab had asked for.
      this.#disown();
      this.#ownership.rejoin();
    };
    const tell = (): void => {
      this.#waitOn();
      this.#channel?.postMessage({ type: 'opening' } satisfies ChannelMessage);
    };
    this.#opening = setInterval(tell, OPENING_MS);
    tell();
    worker.postMessage({ type: 'open', name: this.#name } satisfies ToWorker);
  }

  /** The files cannot be opened by this tab. Another may try, and this one when it is asked again. */
  #fail(error: StoreError): void {
    this.#disown();
    this.#ownership.close();
    this.#channel?.close();
    this.#channel = null;
    this.#rejectAll(error);
  }

  #disown(): void {
    clearInterval(this.#opening);
    if (this.#reach.by === 'worker') this.#reach.worker.terminate();
    this.#reach = { by: 'channel' };
  }

  #rejectAll(error: StoreError): void {
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.#pending.clear();
  }
}

/** Resolves once a worker has closed its files, or shows no sign of it. */
function closed(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, CLOSING_MS);
    worker.addEventListener('message', ({ data }: { readonly data: unknown }) => {
      if (!isMessage<FromWorker>(data) || data.type !== 'closed') return;
      clearTimeout(timer);
      resolve();
    });
    worker.postMessage({ type: 'close' } satisfies ToWorker);
  });
}
