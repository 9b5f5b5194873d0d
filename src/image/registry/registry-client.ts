import type { IncomingHttpHeaders } from 'node:http';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { readAllBytes } from '../../kit/bytes/read-all-bytes.ts';
import { type BulkResponse, sendBulkRequest } from '../../kit/http/bulk-transport.ts';
import {
  abortableSleep,
  HttpConnection,
  HttpError,
  type IdleTimeoutOptions,
  parseRetryAfter,
  redirectStatuses,
  redirectTarget,
  retryDelayMs,
} from '../../kit/http/http-rules.ts';
import { type ConnectionOptions, sendRequest } from '../../kit/http/http-transport.ts';
import { Authorization, type FetchToken } from './authorization.ts';
import type { RegistryEndpoint } from './endpoint.ts';
import type { CredentialSearch } from './find-credentials.ts';
import { type EndpointLabel, isPermanent, toConnectionError, toRegistryError } from './registry-error.ts';

/** What is asked of a registry. */
export interface RegistryRequest {
  /** After `/v2/NAME/`. */
  readonly path: string;
  /** For messages: `the blob endpoint of …`. */
  readonly endpointLabel: EndpointLabel;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** It may be very large: pieces of the body are done with when the next is asked for. */
  readonly isBulk?: boolean;
}

/** An answer with what was asked for: status 200 or 206. */
export interface RegistryResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Fails as the connection does. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** How a courier goes about it. */
export interface RegistryClientOptions extends Pick<IdleTimeoutOptions, 'idleMs'> {
  readonly findCredentials: () => Promise<CredentialSearch>;
  readonly now: () => number;
  /** Whether connections are made by a proxy. */
  readonly isProxied: boolean;
  /** Makes certificates known, before the first that has to be verified. */
  readonly prepareTls: () => void;
  /** Waits between two attempts; replaced in tests. */
  readonly sleep?: ((ms: number, signal: AbortSignal | undefined) => Promise<void>) | undefined;
}

/** A failure that may pass. */
class TransientError extends Error {
  readonly failure: ClairError;
  readonly retryAfterMs: number | undefined;

  constructor(failure: ClairError, retryAfterMs?: number) {
    super(failure.message);
    this.failure = failure;
    this.retryAfterMs = retryAfterMs;
  }
}

interface RawResponse extends BulkResponse {
  readonly url: URL;
  readonly connection: HttpConnection;
  /** It was redirected to another origin, which may have redirected back. */
  readonly isElsewhere: boolean;
}

/** Fetches things of one repository: shows credentials where they are asked for, and nowhere else, and tries again what may pass. */
export class RegistryClient {
  readonly endpoint: RegistryEndpoint;
  readonly #options: RegistryClientOptions;
  readonly #authorization: Authorization;
  #origins: readonly string[];

  constructor(endpoint: RegistryEndpoint, options: RegistryClientOptions) {
    this.endpoint = endpoint;
    this.#options = options;
    this.#origins = endpoint.origins;
    const { findCredentials, now } = options;
    this.#authorization = new Authorization({
      endpoint,
      findCredentials,
      fetchToken: (request) => this.#requestToken(request),
      now,
    });
  }

  /** Fails with a `ClairError` that tells the step: `registry-refused`, `target-not-found`, `registry-unavailable`, `limit-exceeded`. */
  async fetch(request: RegistryRequest): Promise<RegistryResponse> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(request);
      } catch (error) {
        request.signal?.throwIfAborted();
        if (!(error instanceof TransientError)) throw error;
        const pauseMs = retryDelayMs(attempt, error.retryAfterMs);
        if (pauseMs === undefined) throw error.failure;
        await (this.#options.sleep ?? abortableSleep)(pauseMs, request.signal);
      }
    }
  }

  /** Where nothing speaks at the better origin, the next is tried, and from then on it alone. */
  async #attempt(request: RegistryRequest): Promise<RegistryResponse> {
    for (const [i, origin] of this.#origins.entries()) {
      const url = new URL(`${origin}/v2/${this.endpoint.repository}/${request.path}`);
      try {
        const response = await this.#fetchFrom(url, request);
        this.#origins = [origin];
        return response;
      } catch (error) {
        if (error instanceof ClairError || error instanceof TransientError) throw error;
        request.signal?.throwIfAborted();
        if (i < this.#origins.length - 1) continue;
        const failure = toConnectionError(request.endpointLabel, url.host, error);
        throw isPermanent(error) ? failure : new TransientError(failure);
      }
    }
    throw new Error('an endpoint has an origin');
  }

  async #fetchFrom(url: URL, request: RegistryRequest): Promise<RegistryResponse> {
    const authorization = await this.#authorization.header();
    const raw = await this.#followRedirects(url, request, authorization);
    if (raw.status !== 401 || raw.isElsewhere) return await this.#toResponse(raw, request.endpointLabel);
    const text = await readErrorText(raw);
    const header = await this.#authorization.headerAfterChallenge(
      raw.headers['www-authenticate'] ?? '',
      authorization,
    );
    if (header === undefined)
      throw toRegistryError({
        endpointLabel: request.endpointLabel,
        status: 401,
        text,
        searchedLocations: await this.#searchedLocations(),
      });
    return await this.#toResponse(await this.#followRedirects(url, request, header), request.endpointLabel);
  }

  async #toResponse(raw: RawResponse, endpointLabel: EndpointLabel): Promise<RegistryResponse> {
    const { status, headers, isElsewhere, url } = raw;
    if (status === 200 || status === 206) return { status, headers, body: bodyOf(raw) };
    const { retryAfterMs } = parseRetryAfter(headers);
    const text = await readErrorText(raw);
    const failure = isElsewhere
      ? toRegistryError({
          endpointLabel: `${url.host}, where ${endpointLabel} leads`,
          status,
          text,
          retryAfterMs,
          isElsewhere,
        })
      : toRegistryError({
          endpointLabel,
          status,
          text,
          retryAfterMs,
          searchedLocations: await this.#searchedLocations(),
        });
    throw status === 429 || status >= 500 ? new TransientError(failure, retryAfterMs) : failure;
  }

  /** Where credentials were looked for in vain. */
  async #searchedLocations(): Promise<readonly string[] | undefined> {
    const { credentials, searchedLocations } = await this.#options.findCredentials();
    return credentials === undefined ? searchedLocations : undefined;
  }

  /** Redirects are followed by hand: what is shown to the registry is for its origin alone. */
  async #followRedirects(
    start: URL,
    { headers, signal, endpointLabel, isBulk = false }: Omit<RegistryRequest, 'path'>,
    authorization: string | undefined,
  ): Promise<RawResponse> {
    const connection = new HttpConnection({ signal, idleMs: this.#options.idleMs });
    let url = start;
    let isOrigin = true;
    try {
      for (let redirects = 0; redirects <= limits.redirects; redirects++) {
        isOrigin &&= url.origin === start.origin;
        const request = {
          headers: { ...defaultHeaders, ...headers, ...(isOrigin && authorization && { authorization }) },
          signal: connection.signal,
          connection: this.#tlsOptionsFor(url),
          idleMs: this.#options.idleMs,
        };
        const pending =
          isBulk && !this.#options.isProxied ? sendBulkRequest(url, request) : sendRequest(url, request);
        const raw = {
          ...(await connection.withIdleTimeout<BulkResponse>(pending)),
          url,
          connection,
          isElsewhere: !isOrigin,
        };
        const { location } = raw.headers;
        if (!redirectStatuses.has(raw.status) || location === undefined) return raw;
        raw.body.destroy();
        url = redirectTarget(url, location);
      }
      throw new HttpError(`more than ${limits.redirects} redirects`);
    } catch (error) {
      connection.close();
      if (!(error instanceof HttpError)) throw error;
      throw new ClairError('registry-refused', `no answer from ${endpointLabel}: ${error.message}`, {
        cause: error,
      });
    }
  }

  /** What is made known of a registry's certificates is for its own host. */
  #tlsOptionsFor({ host, protocol }: URL): ConnectionOptions {
    const isOwn = this.endpoint.origins.some((origin) => new URL(origin).host === host);
    if (protocol === 'https:' && !(isOwn && this.endpoint.isInsecure)) this.#options.prepareTls();
    return isOwn ? this.endpoint.tlsOptions() : {};
  }

  #requestToken: FetchToken = async ({ url, authorization, form }) => {
    const endpointLabel = `the token endpoint ${url.protocol}//${url.host}${url.pathname} for ${this.endpoint.registry}`;
    const headers = { accept: 'application/json' };
    try {
      const raw =
        form === undefined
          ? await this.#followRedirects(url, { headers, endpointLabel }, authorization)
          : await this.#post(url, form);
      const response = await this.#toResponse(raw, endpointLabel);
      return (
        await readResponseBody(response, { max: limits.registryAnswerBytes, what: endpointLabel })
      ).toString('utf8');
    } catch (error) {
      if (error instanceof ClairError || error instanceof TransientError) throw error;
      const failure = toConnectionError(endpointLabel, url.host, error);
      throw isPermanent(error) ? failure : new TransientError(failure);
    }
  };

  /** What a POST carries is a secret: it is not sent on. */
  async #post(url: URL, form: URLSearchParams): Promise<RawResponse> {
    const connection = new HttpConnection({ idleMs: this.#options.idleMs });
    const headers = {
      ...defaultHeaders,
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
    };
    const { signal } = connection;
    const request = { headers, signal, connection: this.#tlsOptionsFor(url), post: form.toString() };
    const response = await connection.withIdleTimeout(sendRequest(url, request));
    return { ...response, url, connection, isElsewhere: false };
  }
}

const defaultHeaders = { 'user-agent': 'clair' } as const;

/** Reads an answer to its end. Throws `limit-exceeded` where it has more than so many bytes. */
export async function readResponseBody(
  { body }: Pick<RegistryResponse, 'body'>,
  { max, what }: { readonly max: number; readonly what: string },
): Promise<Buffer> {
  const tooMuch = (): ClairError =>
    new ClairError('limit-exceeded', `${what} answers with more than ${max} bytes`);
  return await readAllBytes(body, max, tooMuch);
}

async function* bodyOf({
  body,
  connection,
  hasOwnIdleTimeout = false,
}: RawResponse): AsyncGenerator<Uint8Array> {
  try {
    yield* hasOwnIdleTimeout ? body : connection.pieces(body);
  } finally {
    connection.close();
  }
}

/** The body of an answer that is none, as much of it as may be of interest. A connection that is read to its end is used again. */
async function readErrorText(response: RawResponse): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const piece of bodyOf(response)) {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes > limits.registryAnswerBytes) break;
    }
  } catch {
    // The status says enough.
  }
  return Buffer.concat(pieces).toString('utf8');
}
