import { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { limits } from '../../core/limits.ts';
import type { UnreadResponse, UnreadResponses } from '../http/unread-responses.ts';

/** Limits of a connection. */
export interface SessionOptions {
  /** Bytes per second that are neither requests of calls nor acknowledgements of sent data. */
  readonly controlBytesPerSecond: number;
  /** Milliseconds without progress after which a client that does not read its responses is disconnected. */
  readonly unreadMs: number;
  /** The unread responses of all connections. */
  readonly unread: UnreadResponses;
}

/** Maximum size of a request with its header lines. */
const bytesPerCall = limits.requestBodyBytes + limits.requestHeaderBytes;

/** Bytes of acknowledgements that a client may send per byte sent to it: some tens of bytes for each frame. */
const replyShare = 1 / 4;

/** Minimum number of written bytes that counts as progress: replies to pings are written even if the client reads no response. */
const progressBytes = 1024;

/** An HTTP/2 connection that counts its calls, control frames and unread responses. */
export class Session {
  onIdle: () => void = () => undefined;
  readonly #session: ServerHttp2Session;
  readonly #socket: Socket;
  readonly #options: SessionOptions;
  /** Open streams, with their responses if these are unread. */
  readonly #streams = new Map<ServerHttp2Stream, UnreadResponse | undefined>();
  /** Bytes that the client may still send; negative if it exceeded the budget. */
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

  /** Whether it has no open streams. */
  get isIdle(): boolean {
    return this.#streams.size === 0;
  }

  /** Closes the connection immediately with ENHANCE_YOUR_CALM. gRPC clients reconnect for their next call. */
  destroy(): void {
    const reason = new Error('the connection exceeds its limits');
    this.#session.destroy(reason, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  /** Destroys the connection if it exceeded its limits since the last check. */
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

  /** Each call adds credit for its request, and sent data for its acknowledgements. All other received bytes are control frames. */
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

  /** Returns whether the client has not read its responses for too long. Also tracks responses that became unread. */
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
