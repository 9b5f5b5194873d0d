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
}

/**
 * Requests a URL once, as `sendRequest`, for a body that may have hundreds of megabytes, without transport compression. Node's parser
 * reads the head of the response. A body of known length goes from the socket into a few reused pieces of memory, at a fifth of the cost
 * of Node's streams (docs/performance.md): a piece is valid until the next one is requested. It uses no proxy.
 */
export async function sendBulkRequest(
  url: URL,
  { headers, signal, connection, idleMs }: BulkRequest,
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
  const pieces = reader.hasKnownLength ? reader.body(response) : readChunks(decodeContent(response));
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
/** Full pieces there may be before the socket is read no further. */
const fullPiecesMax = 1;
/** A piece that does not fill within this time is handed over as it is: slow bytes are bytes. */
const slowMs = 1000;
/** As much is read at once while the head of the answer comes. */
const headBytes = 16 * 1024;

function emptyPiece(): Buffer {
  return Buffer.allocUnsafeSlow(pieceBytes);
}

/** Reads a socket: passes the head of the response to Node's parser, then fills one piece of memory with the body while another is read. */
class SocketBodyReader {
  readonly #idleMs: number;
  #socket: Socket | undefined;
  #response: IncomingMessage | undefined;
  /** Bytes of the body that have not arrived yet; undefined while the length is unknown. */
  #remaining: number | undefined;
  #filling: Buffer = emptyPiece();
  #fill = 0;
  /** How much of the one that is filled was handed over already. */
  #deliveredBytes = 0;
  /** Full pieces that wait to be read. */
  readonly #ready: Buffer[] = [];
  /** The one that is read. */
  #current: Buffer | undefined;
  /** Those that were read. */
  readonly #free: Buffer[] = [];
  #isStopped = false;
  /** Time spent waiting since the last byte came. The time that the reader takes is not counted. */
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

  /** Listens to how a socket ends. */
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

  /** Takes the head of the response. The length of the body is known if the head states it and no transfer coding applies. */
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

  async *body(response: IncomingMessage): AsyncGenerator<Uint8Array> {
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
    }
  }

  /** Part of the body may have come with the head: the parser has that. */
  #parse(count: number): boolean {
    this.#socket?.emit('data', Buffer.from(this.#filling.subarray(0, count)));
    if (this.#remaining !== undefined) this.#remaining -= this.#response?.readableLength ?? 0;
    return true;
  }

  /** Whether more may be read at once. */
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

  /** A full piece; after some waiting also what has come of one, if anything. Fails as the connection does, once all that came was read. */
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

  /** Waits until a piece is full or nothing more comes, but not for long. */
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
