import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';

/** A download that did not succeed. The message says why; it names no URL. The cause is a `ClairError` where it was a limit. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  /** The host, with its port, to which no connection came about, or that was silent; undefined for any other failure. */
  readonly unreachable: string | undefined;

  constructor(message: string, options: { readonly cause?: unknown; readonly unreachable?: string } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.unreachable = options.unreachable;
  }
}

/** How long a connection may stand still, and who may end it. */
export interface IdleTimeoutOptions {
  readonly signal?: AbortSignal | undefined;
  readonly idleMs?: number | undefined;
}

/** Nothing came for too long. */
export function idleTimeoutError(idleMs: number): ClairError {
  return new ClairError('limit-exceeded', `nothing received for ${idleMs / 1000} s`, { limit: 'idleMs' });
}

/** No connection came about in time. */
export function connectTimeoutError(connectMs: number): ClairError {
  return new ClairError('limit-exceeded', `no connection within ${connectMs / 1000} s`, {
    limit: 'connectMs',
  });
}

/** A connection that is given up when nothing comes for too long. */
export class HttpConnection {
  readonly #abort = new AbortController();
  readonly #idleMs: number;
  readonly signal: AbortSignal;

  constructor(options: IdleTimeoutOptions) {
    this.#idleMs = options.idleMs ?? limits.idleMs;
    const signals = [this.#abort.signal, AbortSignal.timeout(limits.downloadMs)];
    this.signal = AbortSignal.any(options.signal === undefined ? signals : [...signals, options.signal]);
  }

  /** What the network gives, or the failure to give it in time. */
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

  /** What comes of a body, each piece in time. */
  async *pieces(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const pieces = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array, undefined>;
    for (;;) {
      const { done, value } = await this.withIdleTimeout(pieces.next());
      if (done) return;
      yield value;
    }
  }

  close(): void {
    this.#abort.abort();
  }
}

/** The host of a URL as connections take it: an address of IPv6 without its brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

/** What shows a name and a password to a server. RFC 7617 */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** Answers that lead elsewhere. */
export const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Where an answer leads. Throws an `HttpError` for what is no URL of HTTP, and where it leads out of HTTPS. */
export function redirectTarget(from: URL, location: string): URL {
  if (!URL.canParse(location, from.href)) throw new HttpError('a redirect to no URL');
  const to = new URL(location, from);
  if (to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:')) return to;
  throw new HttpError(`a redirect from ${from.protocol} to ${to.protocol} is not followed`);
}

/** What a server asks to be left alone for. RFC 9110 §10.2.3: seconds or a date. */
export function parseRetryAfter(headers: IncomingHttpHeaders): { retryAfterMs?: number } {
  const value = headers['retry-after'] ?? '';
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? {} : { retryAfterMs: Math.max(0, ms) };
}

/** How often to try, and how long to wait in between. */
export interface RetryOptions {
  readonly attempts?: number;
  readonly pauseMsMax?: number;
}

/** How long to wait after so many attempts until the next; undefined where there is none, or not that soon. */
export function retryDelayMs(
  attempt: number,
  retryAfterMs: number | undefined,
  { attempts = limits.httpAttempts, pauseMsMax = limits.retryAfterMs }: RetryOptions = {},
): number | undefined {
  const ms = retryAfterMs ?? 500 * 2 ** (attempt - 1);
  return attempt >= attempts || ms > pauseMsMax ? undefined : ms;
}

/** Why a connection failed. Of several addresses tried there is only a code. */
export function connectionErrorMessage(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return messageOf(error) || code;
}

/** Waits, until the signal comes at most. */
export async function abortableSleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await wait(ms, undefined, signal === undefined ? {} : { signal });
}
