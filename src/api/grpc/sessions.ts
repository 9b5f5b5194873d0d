import type { Http2Server, ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { limits } from '../../core/limits.ts';
import { UnreadResponses } from '../http/unread-responses.ts';
import { Session, type SessionOptions } from './session.ts';

/** Limits of `Sessions`; those of `limits` by default. */
export interface SessionsOptions extends Partial<SessionOptions> {
  readonly connectionsMax?: number;
  /** Interval between checks of the connections, in milliseconds. */
  readonly checkIntervalMs?: number;
}

/** Delay of the extra check after a response, in milliseconds. Many responses may accumulate until the next regular check. */
const afterResponseMs = 50;

/** The connections of an HTTP/2 server, and their limits. */
export class Sessions {
  readonly #server: Http2Server;
  readonly #options: Required<SessionsOptions>;
  /** In the order in which they became idle, the longest idle first. */
  readonly #sessions = new Map<Socket, Session>();
  #timer: NodeJS.Timeout | undefined;
  #earlyCheck: NodeJS.Timeout | undefined;

  constructor(server: Http2Server, options: SessionsOptions = {}) {
    this.#server = server;
    this.#options = {
      connectionsMax: limits.grpcConnections,
      controlBytesPerSecond: limits.grpcControlBytes,
      unreadMs: limits.unreadMs,
      unread: new UnreadResponses(),
      checkIntervalMs: limits.unreadCheckMs,
      ...options,
    };
  }

  /** Accepts a connection; `inject` creates its session. At the limit, closes an idle connection instead, or refuses the new one. */
  accept(socket: Socket, inject: (socket: Socket) => void): void {
    if (this.#sessions.size >= this.#options.connectionsMax && !this.#closeIdle()) {
      socket.destroy();
      return;
    }
    const onSession = (made: ServerHttp2Session): void => {
      this.#add(socket, made);
    };
    this.#server.once('session', onSession);
    inject(socket);
    this.#server.off('session', onSession);
  }

  /** Schedules a check after a response was written, since its client may not read it. */
  responseWritten(): void {
    this.#earlyCheck ??= setTimeout(() => {
      this.#earlyCheck = undefined;
      this.#checkAll();
    }, afterResponseMs).unref();
  }

  /** Closes every connection immediately. */
  destroyAll(): void {
    for (const session of this.#sessions.values()) session.destroy();
  }

  #add(socket: Socket, made: ServerHttp2Session): void {
    const session = new Session(made, socket, this.#options);
    this.#sessions.set(socket, session);
    session.onIdle = () => {
      // Move it to the end: it is the most recently idle one.
      if (this.#sessions.delete(socket)) this.#sessions.set(socket, session);
    };
    socket.once('close', () => {
      this.#remove(socket);
    });
    this.#timer ??= setInterval(() => {
      this.#checkAll();
    }, this.#options.checkIntervalMs).unref();
  }

  #checkAll(): void {
    const now = performance.now();
    for (const session of this.#sessions.values()) session.check(now);
  }

  #closeIdle(): boolean {
    for (const [socket, session] of this.#sessions)
      if (session.isIdle) {
        this.#remove(socket);
        session.destroy();
        return true;
      }
    return false;
  }

  #remove(socket: Socket): void {
    this.#sessions.delete(socket);
    if (this.#sessions.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
