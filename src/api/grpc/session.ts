import { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { limits } from '../../core/limits.ts';
import type { UnreadResponse, UnreadResponses } from '../http/unread-responses.ts';

/** What a connection may cost. */
export interface SessionOptions {
  /** Bytes a second that are neither the request of a call nor a reply to what was sent. */
  readonly controlBytesPerSecond: number;
  /** A client that takes nothing of an answer for longer is disconnected. */
  readonly unreadMs: number;
  /** The unread answers of all connections. */
  readonly unread: UnreadResponses;
}

/** A request with its header lines. */
const bytesPerCall = limits.requestBodyBytes + limits.requestHeaderBytes;

/** Clients acknowledge what is sent to them: some tens of bytes for a frame of answers. */
const replyShare = 1 / 4;

/** Less is no progress: replies to pings are written even when nothing of an answer is taken. */
const progressBytes = 1024;

/** A connection of HTTP/2 whose calls, frames and unread answers are counted. */
export class Session {
  onIdle: () => void = () => undefined;
  readonly #session: ServerHttp2Session;
  readonly #socket: Socket;
  readonly #options: SessionOptions;
  /** Open streams, with their answers where those are unread. */
  readonly #streams = new Map<ServerHttp2Stream, UnreadResponse | undefined>();
  /** Bytes that the client may still send. */
  #credit: number;
  #calls = 0;
  #checkedAt = performance.now();
  #bytesRead = 0;
  #bytesWritten = 0;
  #progressAt = performance.now();
  #progressFrom = 0;

  constructor(session: ServerHttp2Session, socket: Socket, options: SessionOptions) {
    this.#session = session;
    this.#socket = socket;
    this.#options = options;
    this.#credit = options.controlBytesPerSecond;
    session.on('stream', (stream: ServerHttp2Stream) => {
      this.#open(stream);
    });
  }

  /** Whether it has no call. */
  get isIdle(): boolean {
    return this.#streams.size === 0;
  }

  /** Closes the connection at once. A client of gRPC connects again when it has something to ask. */
  destroy(): void {
    const reason = new Error('the connection costs more than a connection may');
    this.#session.destroy(reason, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  /** Compares what the connection has cost since the last look with what it may. */
  check(now: number): void {
    if (this.#exceedsControlBudget(now) || this.#isStalled(now)) this.destroy();
  }

  #open(stream: ServerHttp2Stream): void {
    this.#calls++;
    this.#streams.set(stream, undefined);
    stream.once('close', () => {
      const unreadResponse = this.#streams.get(stream);
      if (unreadResponse !== undefined) this.#options.unread.delete(unreadResponse);
      this.#streams.delete(stream);
      if (this.isIdle) this.onIdle();
    });
  }

  /** Calls earn their requests, and what is sent to the client earns replies; the rest is frames that ask for nothing. */
  #exceedsControlBudget(now: number): boolean {
    const { bytesRead, bytesWritten } = this.#socket;
    const perSecond = this.#options.controlBytesPerSecond;
    const earned =
      ((now - this.#checkedAt) / 1000) * perSecond +
      this.#calls * bytesPerCall +
      (bytesWritten - this.#bytesWritten) * replyShare;
    const most = perSecond + limits.grpcCallsPerConnection * bytesPerCall;
    this.#credit = Math.min(this.#credit + earned, most) - (bytesRead - this.#bytesRead);
    this.#checkedAt = now;
    this.#calls = 0;
    this.#bytesRead = bytesRead;
    this.#bytesWritten = bytesWritten;
    return this.#credit < 0;
  }

  /** Whether the client has taken nothing of its answers for too long. Notes answers that have become unread. */
  #isStalled(now: number): boolean {
    const { bytesWritten } = this.#socket;
    if (!this.#trackUnread() || bytesWritten - this.#progressFrom >= progressBytes) {
      this.#progressFrom = bytesWritten;
      this.#progressAt = now;
    }
    return now - this.#progressAt > this.#options.unreadMs;
  }

  #trackUnread(): boolean {
    let hasUnread = false;
    for (const [stream, tracked] of this.#streams) {
      if (stream.bufferSize === 0) continue;
      hasUnread = true;
      if (tracked !== undefined) continue;
      const unreadResponse: UnreadResponse = {
        bytes: () => (stream.destroyed ? 0 : stream.bufferSize),
        drop: () => {
          this.destroy();
        },
      };
      this.#streams.set(stream, unreadResponse);
      this.#options.unread.add(unreadResponse);
    }
    return hasUnread;
  }
}
