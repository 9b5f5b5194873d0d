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

/** Options of a download besides its URL. A host that is silent for `connectMs` is not tried again. */
export interface HttpOptions
  extends Omit<HttpRequest, 'body' | 'redirect' | 'idleMs' | 'totalMs'>,
    HttpRetryOptions {
  /** The longest time without a byte; `limits.idleMs` by default. */
  readonly idleMs?: number;
  /** Takes every response of 2xx as a file, web pages and empty ones included. */
  readonly acceptsAny2xx?: boolean;
  readonly onProgress?: (progress: DownloadProgress) => void;
}

/** A file on its way: read `body` to its end or abort the signal. */
export interface HttpFile {
  readonly headers: IncomingHttpHeaders;
  /** Free of transport compression. Throws an `HttpError` when it is cut short, stands still, or is empty. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Downloads a file. A name and password in the URL are sent as basic authentication, to that origin alone. 429, 5xx and broken connections
 * are tried again. Throws an `HttpError` for everything that is no file, a web page included.
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
    if (outcome === 'file') return { headers: response.headers, body: bodyOf(url, response, options) };
    response.close();
    return outcome;
  } catch (error) {
    response.close();
    throw error;
  }
}

/** Codes of connections that were not established. A host that closes one is there, and may answer the next request. */
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

/** Returns the meaning of a response that is no failure. */
function outcomeOf(
  { status, headers }: HttpResponse,
  { acceptsAny2xx = false }: HttpOptions,
): 'file' | 'not-modified' | 'not-found' {
  if (acceptsAny2xx && status >= 200 && status < 300) return 'file';
  if (status === 200) {
    expectFile(headers);
    return 'file';
  }
  if (status === 304) return 'not-modified';
  if (status === 404 || status === 410) return 'not-found';
  const failure = new HttpError(`HTTP ${status}`);
  throw isTransientStatus(status) ? new TransientError(failure, parseRetryAfter(headers)) : failure;
}

/** Captive portals and error pages are HTML. */
function expectFile(headers: IncomingHttpHeaders): void {
  if (headers['content-type']?.startsWith('text/html')) {
    throw new HttpError('a web page came instead of a file');
  }
  if (headers['content-length'] === '0') throw new HttpError('an empty file came');
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
    if (receivedBytes === 0 && options.acceptsAny2xx !== true) throw new HttpError('an empty file came');
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
