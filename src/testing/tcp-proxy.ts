import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** A proxy between a program and a server that fails as networks and servers do. */
export class TcpProxy {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #sockets = new Set<Socket>();
  /** Receives what the server sends. */
  onReply: ((bytes: Buffer) => void) | undefined;
  #server: Server | undefined;
  #port = 0;
  #isStalled = false;

  constructor(target: { readonly host: string; readonly port: number }) {
    this.#target = target;
  }

  get port(): number {
    return this.#port;
  }

  /** Accepts connections and forwards their bytes. */
  async open(): Promise<void> {
    this.#server = createServer((socket) => {
      this.#pair(socket);
    });
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Breaks all connections and refuses new ones. */
  async refuse(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Accepts connections and bytes, but forwards nothing until `resume`. */
  stall(): void {
    this.#isStalled = true;
    for (const socket of this.#sockets) socket.pause();
  }

  resume(): void {
    this.#isStalled = false;
    for (const socket of this.#sockets) socket.resume();
  }

  #pair(client: Socket): void {
    const server = connect(this.#target);
    server.on('data', (bytes: Buffer) => this.onReply?.(bytes));
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from);
      from.pipe(to);
      from.once('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      from.on('error', () => undefined);
      if (this.#isStalled) from.pause();
    }
  }
}

/** Starts a proxy before the server of a URL until the end of the test; returns it with the URL through it. */
export async function proxyBefore(
  context: TestContext,
  url: string,
): Promise<{ readonly proxy: TcpProxy; readonly url: string }> {
  const through = new URL(url);
  const proxy = new TcpProxy({ host: through.hostname, port: Number(through.port) });
  await proxy.open();
  context.after(() => proxy.refuse());
  through.port = String(proxy.port);
  return { proxy, url: through.href };
}
