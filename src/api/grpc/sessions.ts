import type { Http2Server, ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { limits } from '../../core/limits.ts';
import { UnreadResponses } from '../http/unread-responses.ts';
import { Session, type SessionOptions } from './session.ts';

/** Bounds for `Sessions`; `limits` by default. */
export interface SessionsOptions extends Partial<SessionOptions> {
  readonly connectionsMax?: number;
  /** How often connections are looked at. */
  readonly checkIntervalMs?: number;
}

/** After an answer, connections are looked at this soon: many answers may be made until the next regular look. */
const afterResponseMs = 50;

/** The connections of an HTTP/2 server, and what all of them may cost. */
export class Sessions {
  readonly #server: Http2Server;
  readonly #options: Required<SessionsOptions>;
  /** Those without a call for the longest time come first. */
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

  /** Lets a connection in, of which `inject` makes a session. When there are too many, one without a call is closed for it, or it is refused. */
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

  /** An answer was made, which its client may not read. */
  responseWritten(): void {
    this.#earlyCheck ??= setTimeout(() => {
      this.#earlyCheck = undefined;
      this.#checkAll();
    }, afterResponseMs).unref();
  }

  /** Closes every connection at once. */
  destroyAll(): void {
    for (const session of this.#sessions.values()) session.destroy();
  }

  #add(socket: Socket, made: ServerHttp2Session): void {
    const session = new Session(made, socket, this.#options);
    this.#sessions.set(socket, session);
    session.onIdle = () => {
      // Behind all that have been idle for longer.
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
