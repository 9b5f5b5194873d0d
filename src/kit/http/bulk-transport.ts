import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect as connectPlain, isIP, type OnReadOpts, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { limits } from '../../core/limits.ts';
import { readChunks } from '../bytes/read-chunks.ts';
import { hostOf, idleTimeoutError } from './http-rules.ts';
import {
  decodeContent,
  setHeaders,
  type TransportRequest,
  type TransportResponse,
} from './http-transport.ts';

/** One request for a large body. */
export interface BulkRequest extends Omit<TransportRequest, 'body'> {
  readonly idleMs?: number | undefined;
  /** Called when a body of known length ends, or its reader stops. */
  readonly onBodyEnd?: () => void;
}

/**
 * Requests a URL once like `sendRequest`, for a body that may have hundreds of megabytes. Requests no compression and uses no proxy. Node's
 * parser reads the head of the response. A body of known length goes from the socket into a few reused buffers, at a fifth of the cost of
 * Node's streams (docs/performance.md). Each piece is valid until the next one is requested.
 */
export async function sendBulkRequest(
  url: URL,
  { headers, signal, connection, idleMs, onBodyEnd }: BulkRequest,
): Promise<TransportResponse> {
  signal.throwIfAborted();
  const reader = new SocketBodyReader(idleMs ?? limits.idleMs);
  const make = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = make(`${url.origin}${url.pathname}${url.search}`, {
    createConnection: () => reader.follow(connectTo(url, connection, reader.onread)),
  });
  setHeaders(request, headers, 'identity');
  signal.addEventListener('abort', () => {
    request.destroy(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
  });
  request.on('response', (response) => {
    reader.begin(response);
    resolve(response);
  });
  request.on('error', reject).end();
  const response = await promise;
  const pieces = reader.hasKnownLength
    ? reader.body(response, onBodyEnd)
    : readChunks(decodeContent(response));
  const body = {
    [Symbol.asyncIterator]: () => pieces,
    destroy: () => request.destroy(),
  };
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body,
    hasOwnIdleTimeout: reader.hasKnownLength,
  };
}

function connectTo(
  url: URL,
  { ca, agent: _, proxyEnv: __, socketPath: ___, ...connection }: BulkRequest['connection'],
  onread: OnReadOpts,
): Socket {
  const { protocol, port } = url;
  const host = hostOf(url);
  if (protocol === 'http:') return connectPlain({ ...connection, host, port: Number(port || 80), onread });
  const trust = { ...(ca && { ca: [...ca] }), servername: isIP(host) === 0 ? host : '' };
  const secure = { ...connection, ...trust, ALPNProtocols: ['http/1.1'], onread };
  return connectSecurely({ ...secure, host, port: Number(port || 443) });
}

const pieceBytes = 512 * 1024;
/** Number of full pieces at which the socket is paused. */
const fullPiecesMax = 1;
/** Time after which a piece is yielded although it is not full. */
const slowMs = 1000;
/** Maximum size of one read while the head of the response arrives. */
const headBytes = 16 * 1024;

function emptyPiece(): Buffer {
  return Buffer.allocUnsafeSlow(pieceBytes);
}

/** Reads a socket. Passes the head of the response to Node's parser. Then fills one buffer with the body while the reader has another. */
class SocketBodyReader {
  readonly #idleMs: number;
  #socket: Socket | undefined;
  #response: IncomingMessage | undefined;
  /** Bytes of the body that have not arrived yet; undefined while the length is unknown. */
  #remaining: number | undefined;
  #filling: Buffer = emptyPiece();
  #fill = 0;
  /** Bytes of `#filling` that were already yielded. */
  #deliveredBytes = 0;
  /** Full pieces that wait for the reader. */
  readonly #ready: Buffer[] = [];
  /** The piece that the reader has. */
  #current: Buffer | undefined;
  /** Buffers that can be reused. */
  readonly #free: Buffer[] = [];
  #isStopped = false;
  /** Time spent waiting since the last byte, in milliseconds, without the time of the reader. */
  #silentMs = 0;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(idleMs: number) {
    this.#idleMs = idleMs;
  }

  get hasKnownLength(): boolean {
    return this.#remaining !== undefined;
  }

  /** Returns the buffer and the callback for the reads of the socket. */
  get onread(): OnReadOpts {
    return {
      buffer: () =>
        this.#remaining === undefined
          ? this.#filling.subarray(0, headBytes)
          : this.#filling.subarray(this.#fill),
      callback: (count) => (this.#remaining === undefined ? this.#parse(count) : this.#take(count)),
    };
  }

  /** Fails the body when the socket fails or closes. */
  follow(socket: Socket): Socket {
    this.#socket = socket;
    return socket
      .on('error', (error: Error) => {
        this.#fail(error);
      })
      .on('close', () => {
        this.#fail(new Error('the connection was closed'));
      });
  }

  /** Reads the length of the body from the head of the response. It is unknown if the head has a transfer or content coding. */
  begin(response: IncomingMessage): void {
    this.#response = response;
    response.on('error', () => undefined); // the socket reports it as well
    const {
      'content-length': length,
      'transfer-encoding': transfer,
      'content-encoding': coding,
    } = response.headers;
    if (transfer === undefined && coding === undefined && length !== undefined && /^\d{1,15}$/.test(length))
      this.#remaining = Number(length);
  }

  async *body(response: IncomingMessage, onEnd?: () => void): AsyncGenerator<Uint8Array> {
    try {
      const first = response.read() as Buffer | null;
      if (first !== null) yield first;
      while (this.#remaining !== 0 || this.#ready.length > 0) {
        const piece = await this.#next();
        if (piece !== undefined) yield piece;
        this.#recycle();
      }
    } finally {
      this.#socket?.destroy();
      onEnd?.();
    }
  }

  /** Passes bytes to Node's parser. They may include the beginning of the body. */
  #parse(count: number): boolean {
    this.#socket?.emit('data', Buffer.from(this.#filling.subarray(0, count)));
    if (this.#remaining !== undefined) this.#remaining -= this.#response?.readableLength ?? 0;
    return true;
  }

  /** Adds received bytes to the body. Returns whether the socket may continue to read. */
  #take(count: number): boolean {
    const remaining = this.#remaining ?? 0;
    if (remaining === 0) return false;
    const counted = Math.min(count, remaining);
    this.#remaining = remaining - counted;
    this.#fill += counted;
    if (this.#fill === this.#filling.length || this.#remaining === 0) {
      this.#ready.push(this.#filling.subarray(this.#deliveredBytes, this.#fill));
      // TLS continues for a moment after it is paused, so one piece of memory is always free.
      this.#filling = this.#free.pop() ?? emptyPiece();
      this.#fill = this.#deliveredBytes = 0;
      this.#isStopped = this.#ready.length + (this.#current === undefined ? 0 : 1) >= fullPiecesMax;
      this.#wake?.();
    }
    return !this.#isStopped;
  }

  /** Returns the next full piece, or after `slowMs` the received part of one. Throws the error of the connection after the last byte. */
  async #next(): Promise<Buffer | undefined> {
    this.#current = this.#ready.shift();
    if (this.#current !== undefined) return this.#current;
    if (this.#failure === undefined && (await this.#waitForPiece())) return undefined;
    const partial = this.#partialPiece();
    if (partial === undefined && this.#failure !== undefined) throw this.#failure;
    return partial;
  }

  /** Returns a copy of the received part of a piece that is not full, because the socket continues to fill it. */
  #partialPiece(): Buffer | undefined {
    if (this.#ready.length > 0 || this.#deliveredBytes === this.#fill) return undefined;
    const partial = Buffer.from(this.#filling.subarray(this.#deliveredBytes, this.#fill));
    this.#deliveredBytes = this.#fill;
    return partial;
  }

  #recycle(): void {
    if (this.#current === undefined) return;
    this.#free.push(Buffer.from(this.#current.buffer));
    this.#current = undefined;
    if (!this.#isStopped) return;
    this.#isStopped = false;
    this.#socket?.resume();
  }

  /** Waits until a piece is full or the connection ends, at most `slowMs`. Returns false if that time passed. */
  async #waitForPiece(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const waitMs = Math.min(slowMs, this.#idleMs - this.#silentMs);
    const timer = setTimeout(resolve, waitMs, false);
    const remaining = this.#remaining;
    this.#wake = () => {
      resolve(true);
    };
    const isInTime = await promise;
    clearTimeout(timer);
    this.#wake = undefined;
    this.#silentMs = this.#remaining === remaining ? this.#silentMs + waitMs : 0;
    if (this.#silentMs >= this.#idleMs) {
      this.#fail(idleTimeoutError(this.#idleMs));
      this.#socket?.destroy();
    }
    return isInTime;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#wake?.();
  }
}
