import type { IncomingHttpHeaders } from 'node:http';
import { limits } from '../../core/limits.ts';
import { sendBulkRequest } from './bulk-transport.ts';
import { type ConnectionTimeouts, HttpConnection, HttpError, NoResponseError } from './http-rules.ts';
import { type ConnectionOptions, sendRequest, type TransportResponse } from './http-transport.ts';
import { type HeaderSets, headersAfterRedirects, redirectTarget } from './redirect-policy.ts';

/** A request of this process to any server: feeds, registries, daemons, receivers of notifications, collectors of traces. */
export interface HttpRequest extends HeaderSets, ConnectionTimeouts {
  /** Requests the headers only, by HEAD. */
  readonly isHead?: boolean;
  /** Sent by POST without `method`. A request with a body is never redirected: the body may be a secret. */
  readonly body?: string | Uint8Array;
  /** Instead of GET, HEAD or POST. */
  readonly method?: 'PUT' | 'DELETE';
  /** `manual` returns a redirect as any other response; `follow` by default. */
  readonly redirect?: 'follow' | 'manual';
  /** The body of the response may be very large. Each of its pieces is valid until the next one is requested. No proxy is used. */
  readonly isBulk?: boolean;
  /** Returns how to connect to a URL; called for the first URL and for each redirect. Throws an `HttpError` to refuse a URL. */
  readonly connect?: (url: URL) => ConnectionOptions;
  /** Maximum time to look up a host and connect to it. */
  readonly connectMs?: number | undefined;
}

/** A response. Read `body` to its end, or close it. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The URL that responded, after redirects. */
  readonly url: URL;
  /** Whether a redirect led to another origin, even if a further one led back. */
  readonly isCrossOrigin: boolean;
  /** The decompressed body. Fails with the error of the connection, `limit-exceeded`, or the reason of the signal. */
  readonly body: AsyncIterable<Uint8Array>;
  readonly close: () => void;
}

/**
 * Requests a URL. All outbound HTTP of this process uses this function. It follows redirects to HTTP and HTTPS, never from HTTPS to HTTP,
 * and sends no credentials to another origin. Throws an `HttpError` for a redirect that is not followed, a `NoResponseError` for a failed
 * connection, any error of `connect`, and the reason of the signal.
 */
export async function httpRequest(url: URL, request: HttpRequest = {}): Promise<HttpResponse> {
  const connection = new HttpConnection(request);
  try {
    return await followRedirects(url, request, connection);
  } catch (error) {
    connection.close();
    request.signal?.throwIfAborted();
    throw error;
  }
}

/** Returns the first response that is not redirected. */
async function followRedirects(
  start: URL,
  request: HttpRequest,
  connection: HttpConnection,
): Promise<HttpResponse> {
  const isFollowed = request.redirect !== 'manual' && request.body === undefined;
  let url = start;
  let isSameOrigin = true;
  for (let redirects = 0; redirects <= limits.redirects; redirects++) {
    // Another origin that redirects back would choose the URL that the credentials are sent to (CVE-2024-45336).
    isSameOrigin &&= url.origin === start.origin;
    const headers = headersAfterRedirects(start, request, isSameOrigin);
    const response = await send(url, { ...request, headers }, connection);
    const target = isFollowed ? redirectTarget(url, response) : undefined;
    if (target === undefined) {
      const { status, headers: received, hasOwnIdleTimeout } = response;
      const body = hasOwnIdleTimeout ? response.body : connection.pieces(response.body);
      const close = (): void => {
        connection.close();
      };
      return { status, headers: received, url, isCrossOrigin: !isSameOrigin, body, close };
    }
    response.body.destroy();
    url = target;
  }
  throw new HttpError(`more than ${limits.redirects} redirects`);
}

async function send(
  url: URL,
  { headers = {}, body, method, isHead = false, isBulk = false, connect, idleMs, connectMs }: HttpRequest,
  connection: HttpConnection,
): Promise<TransportResponse> {
  const request = { headers, signal: connection.signal, connection: connect?.(url) ?? {}, idleMs, connectMs };
  const onBodyEnd = (): void => {
    connection.close();
  };
  const pending = isBulk
    ? sendBulkRequest(url, { ...request, onBodyEnd })
    : sendRequest(url, { ...request, body, method, isHead });
  try {
    return await connection.withIdleTimeout(pending);
  } catch (error) {
    throw error instanceof HttpError ? error : new NoResponseError(url, error);
  }
}

/** Returns the start of a body: up to the piece that exceeds `bytesMax`, or the part that was received before a failure. */
export async function readTruncatedBody(
  { body }: Pick<HttpResponse, 'body'>,
  bytesMax: number,
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of body) {
      pieces.push(Buffer.from(piece));
      bytes += piece.length;
      if (bytes > bytesMax) break;
    }
  } catch {
    // The status of the response is enough.
  }
  return Buffer.concat(pieces);
}

/** Returns a URL for messages and logs: without credentials, query and fragment. */
export function displayUrl(url: string): string {
  if (!URL.canParse(url)) return 'an invalid URL';
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
