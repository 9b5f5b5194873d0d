import type { IncomingHttpHeaders } from 'node:http';
import { displayUrl, type HttpRequest, type HttpResponse, httpRequest } from './http-client.ts';
import { connectionErrorMessage, HttpError, NoResponseError } from './http-rules.ts';
import {
  type HttpRetryOptions,
  isTransientStatus,
  parseRetryAfter,
  retryHttp,
  TransientError,
} from './retry-policy.ts';

/** The progress of a download. `totalBytes` is absent if the server does not state it, or compresses the body. */
export interface DownloadProgress {
  readonly url: string;
  readonly receivedBytes: number;
  readonly totalBytes?: number;
}

/** Options of a download besides its URL. A connection that takes longer than `connectMs` is not tried again. */
export interface HttpOptions
  extends Omit<HttpRequest, 'body' | 'redirect' | 'idleMs' | 'totalMs'>,
    HttpRetryOptions {
  /** The longest time without a byte; `limits.idleMs` by default. */
  readonly idleMs?: number;
  /** Accepts every 2xx response as a file, even a web page or an empty body. */
  readonly acceptsAny2xx?: boolean;
  /** Accepts an empty body. */
  readonly mayBeEmpty?: boolean;
  readonly onProgress?: (progress: DownloadProgress) => void;
}

/** A response with a file. Read `body` to its end, or abort the signal. */
export interface HttpFile {
  /** 206 if a range was requested and the server sends only that; otherwise 200, or another 2xx if that is accepted. */
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The decompressed body. Throws an `HttpError` when it is cut short, stalls or is empty. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Downloads a file. Sends the credentials of the URL as basic authentication, to its own origin only. Retries 429, 5xx and broken
 * connections. Throws an `HttpError` for any response that is not a file, such as a web page.
 */
export async function httpGet(
  url: string,
  options: HttpOptions = {},
): Promise<HttpFile | 'not-modified' | 'not-found'> {
  let attempts = 0;
  const attempt = async (): ReturnType<typeof attemptGet> => {
    attempts++;
    return await attemptGet(new URL(url), options);
  };
  try {
    return await retryHttp(attempt, options);
  } catch (error) {
    throw error instanceof TransientError ? withAttempts(error.failure, attempts) : error;
  }
}

function withAttempts(failure: Error, attempts: number): Error {
  if (attempts === 1 || !(failure instanceof HttpError)) return failure;
  const { message, cause, unreachable } = failure;
  return new HttpError(`${message} (${attempts} attempts)`, {
    cause,
    ...(unreachable !== undefined && { unreachable }),
  });
}

async function attemptGet(url: URL, options: HttpOptions): Promise<HttpFile | 'not-modified' | 'not-found'> {
  const response = await httpRequest(url, options).catch((error: unknown) => {
    throw error instanceof NoResponseError ? toFailure(error, options) : error;
  });
  try {
    const outcome = outcomeOf(response, options);
    if (outcome === 'file') {
      const { status, headers } = response;
      return { status, headers, body: bodyOf(url, response, options) };
    }
    response.close();
    return outcome;
  } catch (error) {
    response.close();
    throw error;
  }
}

/** Codes of connections that were not established. A host that closes a connection is reachable, and may answer the next request. */
const unreachableCodes: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'ETIMEDOUT',
  'limit-exceeded',
]);

function toFailure({ message, cause, code, url }: NoResponseError, { connectMs }: HttpOptions): Error {
  const failure = new HttpError(message, {
    cause,
    ...(unreachableCodes.has(code) && { unreachable: url.host }),
  });
  const hasTimedOut = connectMs !== undefined && code === 'limit-exceeded';
  return hasTimedOut ? failure : new TransientError(failure);
}

/** Returns the meaning of a successful response. Throws a `TransientError` or an `HttpError` for any other. */
function outcomeOf(
  { status, headers }: HttpResponse,
  { acceptsAny2xx = false, mayBeEmpty = false, headers: sent }: HttpOptions,
): 'file' | 'not-modified' | 'not-found' {
  if (acceptsAny2xx && status >= 200 && status < 300) return 'file';
  if (status === 200 || isRequestedRange(status, sent)) {
    expectFile(headers, mayBeEmpty);
    return 'file';
  }
  if (status === 304) return 'not-modified';
  if (status === 404 || status === 410) return 'not-found';
  const failure = new HttpError(`HTTP ${status}`);
  throw isTransientStatus(status) ? new TransientError(failure, parseRetryAfter(headers)) : failure;
}

function isRequestedRange(status: number, sent: HttpRequest['headers'] = {}): boolean {
  return status === 206 && sent['range'] !== undefined;
}

const emptyFile = 'received an empty file';

/** Throws an `HttpError` for HTML, which captive portals and error pages send, and for an empty file unless it may be empty. */
function expectFile(headers: IncomingHttpHeaders, mayBeEmpty: boolean): void {
  if (headers['content-type']?.startsWith('text/html')) {
    throw new HttpError('received a web page instead of a file');
  }
  if (headers['content-length'] === '0' && !mayBeEmpty) throw new HttpError(emptyFile);
}

async function* bodyOf(
  url: URL,
  { headers, body }: HttpResponse,
  options: HttpOptions,
): AsyncGenerator<Uint8Array> {
  const total = headers['content-encoding'] === undefined ? totalOf(headers) : {};
  let receivedBytes = 0;
  try {
    for await (const piece of body) {
      receivedBytes += piece.length;
      options.onProgress?.({ url: displayUrl(url.href), receivedBytes, ...total });
      yield piece;
    }
    const mayBeEmpty = options.acceptsAny2xx === true || options.mayBeEmpty === true;
    if (receivedBytes === 0 && !mayBeEmpty) throw new HttpError(emptyFile);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw error instanceof HttpError
      ? error
      : new HttpError(`broken off after ${receivedBytes} bytes: ${connectionErrorMessage(error)}`, {
          cause: error,
        });
  }
}

function totalOf(headers: IncomingHttpHeaders): { totalBytes?: number } {
  const length = headers['content-length'];
  return length === undefined ? {} : { totalBytes: Number(length) };
}
