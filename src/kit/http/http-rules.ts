import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';

/** A failed download. The message gives the reason and no URL. The cause is a `ClairError` if a limit was exceeded. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  /** The host with its port, if no connection to it was established or it did not respond; undefined for any other failure. */
  readonly unreachable: string | undefined;

  constructor(message: string, options: { readonly cause?: unknown; readonly unreachable?: string } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.unreachable = options.unreachable;
  }
}

/** The time limits and the abort signal of a response. */
export interface ConnectionTimeouts {
  readonly signal?: AbortSignal | undefined;
  readonly idleMs?: number | undefined;
  /** Maximum time for the whole response; `limits.downloadMs` by default, no limit if infinite. */
  readonly totalMs?: number | undefined;
}

/** A connection without a response. `cause` is the error of the connection. */
export class NoResponseError extends Error {
  override readonly name = 'NoResponseError';
  /** The URL that was requested, after redirects. */
  readonly url: URL;
  /** The code of the cause, such as `ECONNREFUSED`; empty if it has none. */
  readonly code: string;

  constructor(url: URL, cause: unknown) {
    super(connectionErrorMessage(cause), { cause });
    this.url = url;
    this.code = codeOf(cause);
  }
}

/** Returns the error of a connection on which nothing was received for `idleMs`. */
export function idleTimeoutError(idleMs: number): ClairError {
  return new ClairError('limit-exceeded', `nothing received for ${idleMs / 1000} s`, { limit: 'idleMs' });
}

/** Returns the error of a connection that was not established within `connectMs`. */
export function connectTimeoutError(connectMs: number): ClairError {
  return new ClairError('limit-exceeded', `no connection within ${connectMs / 1000} s`, {
    limit: 'connectMs',
  });
}

/** A connection that is closed when nothing is received for too long. */
export class HttpConnection {
  readonly #abort = new AbortController();
  readonly #idleMs: number;
  readonly signal: AbortSignal;

  constructor(options: ConnectionTimeouts) {
    this.#idleMs = options.idleMs ?? limits.idleMs;
    const { signal, totalMs = limits.downloadMs } = options;
    this.signal = AbortSignal.any([
      this.#abort.signal,
      ...(Number.isFinite(totalMs) ? [AbortSignal.timeout(totalMs)] : []),
      ...(signal === undefined ? [] : [signal]),
    ]);
  }

  /** Returns the result of the network, or throws if it does not arrive in time. */
  async withIdleTimeout<T>(work: Promise<T>): Promise<T> {
    const timer = setTimeout(() => {
      this.#abort.abort(idleTimeoutError(this.#idleMs));
    }, this.#idleMs);
    try {
      return await work;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Yields the pieces of a body, throws if one does not arrive in time, and closes the connection at the end. */
  async *pieces(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      const pieces = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array, undefined>;
      for (;;) {
        const { done, value } = await this.withIdleTimeout(pieces.next());
        if (done) return;
        yield value;
      }
    } finally {
      this.close();
    }
  }

  close(): void {
    this.#abort.abort();
  }
}

/** Returns the host of a URL for a connection: an IPv6 address has no brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

/** Returns the value of `Authorization` for a name and a password. RFC 7617 */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** Returns why a connection failed. If several addresses were tried, the error has only a code. */
export function connectionErrorMessage(error: unknown): string {
  return messageOf(error) || codeOf(error);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
