import type { Socket } from 'node:net';
import type { IStompSocket } from '@stomp/stompjs';

/** States of a WebSocket. */
const [connecting, open, closing, closed] = [0, 1, 2, 3] as const;

/** Lets the STOMP client, which is made for WebSockets, use a TCP or TLS connection. STOMP is the same on both. */
export class StompSocket implements IStompSocket {
  readonly url: string;
  binaryType = 'arraybuffer';
  onopen: IStompSocket['onopen'];
  onclose: IStompSocket['onclose'];
  onerror: IStompSocket['onerror'];
  onmessage: IStompSocket['onmessage'];
  readonly #socket: Socket;
  #state: number = connecting;

  /** `readyEvent` is that of the socket after which data can be sent. */
  constructor(socket: Socket, url: string, readyEvent: 'connect' | 'secureConnect') {
    this.url = url;
    this.#socket = socket;
    socket.once(readyEvent, () => {
      this.#state = open;
      this.onopen?.();
    });
    socket.on('data', (data) => {
      this.onmessage?.({ data });
    });
    socket.on('error', (error) => {
      this.onerror?.(error);
    });
    socket.once('close', () => {
      this.#state = closed;
      this.onclose?.({ code: 1006, reason: '', wasClean: false });
    });
  }

  get readyState(): number {
    return this.#state;
  }

  send(data: Parameters<IStompSocket['send']>[0]): void {
    this.#socket.write(data as string | Uint8Array);
  }

  close(): void {
    this.#state = closing;
    this.#socket.end();
  }

  terminate(): void {
    this.#socket.destroy();
  }
}
