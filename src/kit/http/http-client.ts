import type { IncomingHttpHeaders } from 'node:http';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { percentDecode } from '../percent-decode.ts';
import { type BulkResponse, sendBulkRequest } from './bulk-transport.ts';
import {
  abortableSleep,
  basicAuthorization,
  connectionErrorMessage,
  HttpConnection,
  HttpError,
  parseRetryAfter,
  redirectStatuses,
  redirectTarget,
  retryDelayMs,
} from './http-rules.ts';
import { type ConnectionOptions, sendRequest } from './http-transport.ts';

/** How far a download has come. `totalBytes` is absent where the server does not say, or compresses on the way. */
export interface DownloadProgress {
  readonly url: string;
  readonly receivedBytes: number;
  readonly totalBytes?: number;
}

/** What a download may be told besides its URL. */
export interface HttpOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent to the origin of the URL until a redirect leads to another one, and never again after that. */
  readonly originHeaders?: Readonly<Record<string, string>>;
  /** Takes every answer of 2xx as a file, web pages and empty ones included. */
  readonly acceptsAny2xx?: boolean;
  /** The file may be very large: pieces of its body are done with when the next is asked for. No proxy is asked. */
  readonly isBulk?: boolean;
  /** How to connect to a URL, asked for each on the way. Throws an `HttpError` where that may not be. */
  readonly connect?: (url: URL) => ConnectionOptions;
  readonly signal?: AbortSignal;
  readonly idleMs?: number;
  /** How long looking up a host and connecting to it may take. A host that is silent that long is not tried again. */
  readonly connectMs?: number;
  /** Times the request is made before it is given up; `limits.httpAttempts` by default. */
  readonly attempts?: number;
  /** The longest pause before another attempt, `Retry-After` included; `limits.retryAfterMs` by default. */
  readonly pauseMsMax?: number;
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Waits between two attempts; replaced in tests. */
  readonly sleep?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** A file on its way: read `body` to its end or abort the signal. */
export interface HttpFile {
  readonly headers: IncomingHttpHeaders;
  /** Free of transport compression. Throws an `HttpError` when it is cut short, stands still, or is empty. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Gets a file by HTTP. Redirects are followed by hand, to HTTP and HTTPS only and never from HTTPS to HTTP; a name and password
 * in the URL are sent as basic authentication, to that origin alone. 429 and 5xx and broken connections are tried again.
 * Throws an `HttpError` for everything that is no file, a web page included.
 */
export async function httpGet(
  url: string,
  options: HttpOptions = {},
): Promise<HttpFile | 'not-modified' | 'not-found'> {
  const sleep = options.sleep ?? abortableSleep;
  for (let attempt = 1; ; attempt++) {
    const result = await attemptGet(new URL(url), options);
    if (!(result instanceof TransientError)) return result;
    const delayMs = hasConnectTimedOut(result, options)
      ? undefined
      : retryDelayMs(attempt, result.retryAfterMs, options);
    if (delayMs === undefined) {
      const tries = attempt === 1 ? '' : ` (${attempt} attempts)`;
      const { cause, unreachable } = result;
      throw new HttpError(result.message + tries, {
        cause,
        ...(unreachable !== undefined && { unreachable }),
      });
    }
    await sleep(delayMs, options.signal);
  }
}

/** Whether a host was waited for as long as the options allow. */
function hasConnectTimedOut({ cause }: TransientError, { connectMs }: HttpOptions): boolean {
  return connectMs !== undefined && cause instanceof ClairError && cause.code === 'limit-exceeded';
}

/** A URL as it may be shown and logged: without name, password, query and fragment. */
export function displayUrl(url: string): string {
  if (!URL.canParse(url)) return 'an invalid URL';
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

/** What there is to say of a failure besides its message. */
interface TransientErrorOptions {
  readonly cause?: unknown;
  readonly retryAfterMs?: number;
  readonly unreachable?: string;
}

/** A failure that may pass. */
class TransientError extends Error {
  readonly retryAfterMs: number | undefined;
  /** The host that gave no answer. */
  readonly unreachable: string | undefined;

  constructor(message: string, options: TransientErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs;
    this.unreachable = options.unreachable;
  }
}

async function attemptGet(
  url: URL,
  options: HttpOptions,
): Promise<HttpFile | 'not-modified' | 'not-found' | TransientError> {
  const connection = new HttpConnection(options);
  try {
    const response = await followRedirects(url, options, connection);
    const outcome = outcomeOf(response, options);
    if (outcome === undefined) {
      return { headers: response.headers, body: bodyOf(url, response, connection, options) };
    }
    connection.close();
    return outcome;
  } catch (error) {
    connection.close();
    options.signal?.throwIfAborted();
    if (error instanceof HttpError) throw error;
    if (error instanceof TransientError) return error;
    return new TransientError(connectionErrorMessage(error), { cause: error });
  }
}

/** What an answer means; nothing where it is the file. */
function outcomeOf(
  { status, headers }: BulkResponse,
  { acceptsAny2xx = false }: HttpOptions,
): 'not-modified' | 'not-found' | TransientError | undefined {
  if (acceptsAny2xx && status >= 200 && status < 300) return undefined;
  if (status === 200) {
    expectFile(headers);
    return undefined;
  }
  if (status === 304) return 'not-modified';
  if (status === 404 || status === 410) return 'not-found';
  if (status === 429 || status >= 500) return new TransientError(`HTTP ${status}`, parseRetryAfter(headers));
  throw new HttpError(`HTTP ${status}`);
}

/** Captive portals and error pages are HTML. */
function expectFile(headers: IncomingHttpHeaders): void {
  if (headers['content-type']?.startsWith('text/html')) {
    throw new HttpError('a web page came instead of a file');
  }
  if (headers['content-length'] === '0') throw new HttpError('an empty file came');
}

/** The first answer that is no redirect. */
async function followRedirects(
  start: URL,
  options: HttpOptions,
  connection: HttpConnection,
): Promise<BulkResponse> {
  let url = start;
  let isAtOrigin = true;
  for (let redirects = 0; redirects <= limits.redirects; redirects++) {
    // Another origin that redirects back would choose what is asked with them (CVE-2024-45336).
    isAtOrigin &&= url.origin === start.origin;
    const forOrigin = isAtOrigin ? { ...options.originHeaders, ...credentialsOf(start) } : {};
    const request = {
      headers: { ...options.headers, ...forOrigin },
      signal: connection.signal,
      connection: options.connect?.(url) ?? {},
      idleMs: options.idleMs,
      connectMs: options.connectMs,
    };
    const pending = options.isBulk ? sendBulkRequest(url, request) : sendRequest(url, request);
    const response = await connection.withIdleTimeout<BulkResponse>(pending).catch((error: unknown) => {
      throw error instanceof HttpError ? error : toTransientError(url, error);
    });
    const { location } = response.headers;
    if (!redirectStatuses.has(response.status) || location === undefined) return response;
    response.body.destroy();
    url = redirectTarget(url, location);
  }
  throw new HttpError(`more than ${limits.redirects} redirects`);
}

/** No connection came about. A host that breaks one off is there, and may do better with the next request. */
const unreachableCodes: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'ETIMEDOUT',
  'limit-exceeded',
]);

function toTransientError({ host }: URL, error: unknown): TransientError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return new TransientError(connectionErrorMessage(error), {
    cause: error,
    ...(unreachableCodes.has(code) && { unreachable: host }),
  });
}

function credentialsOf({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const decoded = (text: string): string => percentDecode(text) ?? text;
  return { authorization: basicAuthorization(decoded(username), decoded(password)) };
}

async function* bodyOf(
  url: URL,
  { headers, body, hasOwnIdleTimeout = false }: BulkResponse,
  connection: HttpConnection,
  options: HttpOptions,
): AsyncGenerator<Uint8Array> {
  const total = headers['content-encoding'] === undefined ? totalOf(headers) : {};
  let receivedBytes = 0;
  try {
    for await (const piece of hasOwnIdleTimeout ? body : connection.pieces(body)) {
      receivedBytes += piece.length;
      options.onProgress?.({ url: displayUrl(url.href), receivedBytes, ...total });
      yield piece;
    }
    if (receivedBytes === 0 && options.acceptsAny2xx !== true) throw new HttpError('an empty file came');
  } catch (error) {
    options.signal?.throwIfAborted();
    throw error instanceof HttpError
      ? error
      : new HttpError(`broken off after ${receivedBytes} bytes: ${connectionErrorMessage(error)}`, {
          cause: error,
        });
  } finally {
    connection.close();
  }
}

function totalOf(headers: IncomingHttpHeaders): { totalBytes?: number } {
  const length = headers['content-length'];
  return length === undefined ? {} : { totalBytes: Number(length) };
}
