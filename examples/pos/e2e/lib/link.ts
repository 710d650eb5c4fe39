/** The network between one device and the server: real sockets, which can be cut, and answers that can get lost. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export class Link {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #target: number;
  #cut = false;
  #lose = 0;
  /** How many answers to a batch got lost. */
  lost = 0;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((socket) => this.#join(socket));
  }

  static async to(port: number): Promise<Link> {
    const link = new Link(port);
    link.#server.listen(0, '127.0.0.1');
    await once(link.#server, 'listening');
    return link;
  }

  get api(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/api/v1`;
  }

  get isCut(): boolean {
    return this.#cut;
  }

  /** From now on nothing goes through. */
  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#cut = false;
  }

  /** The next batches reach the server; their answers do not come back. */
  loseAnswers(count: number): void {
    this.#lose = count;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #join(near: Socket): void {
    if (this.#cut) {
      near.destroy();
      return;
    }
    const far = connect(this.#target, '127.0.0.1');
    let losing = false;
    const end = (): void => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on('error', end);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        end();
      });
    }
    near.on('data', (chunk) => {
      if (this.#lose > 0 && chunk.includes('POST /api/v1/events/batch ')) {
        this.#lose -= 1;
        losing = true;
      }
      far.write(chunk);
    });
    far.on('data', (chunk) => {
      if (losing) {
        this.lost += 1;
        end();
      } else near.write(chunk);
    });
  }
}
