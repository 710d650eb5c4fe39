/** DevTools without Playwright, which keeps every page it sees visible: a visible page cannot be frozen. */
import { once } from 'node:events';
import { WebSocket } from 'ws';

interface Answer {
  readonly id?: number;
  readonly error?: { readonly message: string };
  readonly result?: unknown;
}

/** A connection to one browser. */
export class DevTools {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => {
      const answer: Answer = JSON.parse(String(data));
      if (answer.id !== undefined) this.#waiting.get(answer.id)?.(answer);
    });
  }

  static async connect(endpoint: string): Promise<DevTools> {
    const socket = new WebSocket(endpoint);
    await once(socket, 'open');
    return new DevTools(socket);
  }

  async send(method: string, params: object = {}, sessionId?: string): Promise<Readonly<Record<string, unknown>>> {
    const id = this.#waiting.size + 1;
    const answer = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    const { error, result } = await answer;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return Object.assign({}, result);
  }

  /** Opens a tab with the page in it. */
  async open(url: string): Promise<Tab> {
    const { targetId } = await this.send('Target.createTarget', { url });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const tab = new Tab(this, String(targetId), String(sessionId));
    await tab.until("'harness' in window");
    return tab;
  }

  close(): void {
    this.#socket.terminate();
  }
}

/** A page. */
export class Tab {
  readonly #devtools: DevTools;
  readonly #target: string;
  readonly #session: string;

  constructor(devtools: DevTools, target: string, session: string) {
    this.#devtools = devtools;
    this.#target = target;
    this.#session = session;
  }

  async evaluate(expression: string): Promise<unknown> {
    const parameters = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', parameters);
    if (exceptionDetails !== undefined) throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`);
    return Object(result).value;
  }

  /** Waits for an expression to hold. */
  async until(expression: string): Promise<void> {
    for (const end = Date.now() + 60_000; ; ) {
      if ((await this.evaluate(expression)) === true) return;
      if (Date.now() > end) throw new Error(`never came: ${expression}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  send(method: string, params: object = {}): Promise<Readonly<Record<string, unknown>>> {
    return this.#devtools.send(method, params, this.#session);
  }

  /** Brings it to the front, as a user does who looks at it. */
  async activate(): Promise<void> {
    await this.#devtools.send('Target.activateTarget', { targetId: this.#target });
  }

  async close(): Promise<void> {
    await this.#devtools.send('Target.closeTarget', { targetId: this.#target });
  }
}
