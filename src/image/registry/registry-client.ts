import type { IncomingHttpHeaders } from 'node:http';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { readAllBytes } from '../../kit/bytes/bytes.ts';
import {
  type HttpRequest,
  type HttpResponse,
  httpRequest,
  readTruncatedBody,
} from '../../kit/http/http-client.ts';
import { type ConnectionTimeouts, HttpError, NoResponseError } from '../../kit/http/http-rules.ts';
import type { ConnectionOptions } from '../../kit/http/http-transport.ts';
import {
  type HttpRetryOptions,
  isTransientStatus,
  parseRetryAfter,
  retryHttp,
  TransientError,
} from '../../kit/http/retry-policy.ts';
import {
  Authorization,
  type AuthorizationHeader,
  type FetchToken,
  givenAuthorization,
} from './authorization.ts';
import type { RegistryEndpoint } from './endpoint.ts';
import type { CredentialSearch } from './find-credentials.ts';
import type { ConnectToOtherHost } from './other-hosts.ts';
import { type EndpointLabel, isPermanent, toConnectionError, toRegistryError } from './registry-error.ts';

/** A request to a registry. */
export interface RegistryRequest {
  /** Path after `/v2/NAME/`; from the origin on if it begins with a slash. */
  readonly path: string;
  /** Requests the headers only. */
  readonly isHead?: boolean;
  /** The value of `Authorization` of an API that sends no challenge. */
  readonly authorization?: string | undefined;
  /** Name in messages: `the blob endpoint of …`. */
  readonly endpointLabel: EndpointLabel;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Whether the body may be very large. Each chunk is then valid until the next one is requested. */
  readonly isBulk?: boolean;
}

/** A successful response: status 200 or 206, or 304 to a request with `if-none-match`. */
export interface RegistryResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Throws if the connection fails. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Options of a `RegistryClient`. */
export interface RegistryClientOptions
  extends Pick<ConnectionTimeouts, 'idleMs'>,
    Pick<HttpRetryOptions, 'sleep'> {
  readonly findCredentials: () => Promise<CredentialSearch>;
  /** The value of the header `Authorization` that a client has given. Credentials are then not searched for. */
  readonly given?: string | undefined;
  readonly now: () => number;
  /** Whether connections use a proxy. */
  readonly isProxied: boolean;
  /** Loads certificates before the first connection that verifies one. */
  readonly prepareTls: () => void;
  /** Connects to hosts that the registry names. Any host is allowed without it. */
  readonly connectElsewhere?: ConnectToOtherHost | undefined;
}

/**
 * Sends requests for one repository. Sends credentials only after a challenge and only to the registry's origin. Retries temporary
 * failures.
 */
export class RegistryClient {
  readonly endpoint: RegistryEndpoint;
  readonly #options: RegistryClientOptions;
  readonly #authorization: AuthorizationHeader;
  #origins: readonly string[];

  constructor(endpoint: RegistryEndpoint, options: RegistryClientOptions) {
    this.endpoint = endpoint;
    this.#options = options;
    this.#origins = endpoint.origins;
    const { findCredentials, now, given } = options;
    const fetchToken: FetchToken = (request) => this.#requestToken(request);
    this.#authorization =
      given === undefined
        ? new Authorization({ endpoint, findCredentials, fetchToken, now })
        : givenAuthorization(given);
  }

  /**
   * Sends a request. Throws a `ClairError` that names the endpoint: `registry-refused`, `target-not-found`, `registry-unavailable`,
   * `limit-exceeded`.
   */
  async fetch(request: RegistryRequest): Promise<RegistryResponse> {
    try {
      return await retryHttp(() => this.#attempt(request), {
        signal: request.signal,
        sleep: this.#options.sleep,
      });
    } catch (error) {
      throw error instanceof TransientError ? error.failure : error;
    }
  }

  /** Tries the next origin if nothing listens at the preferred one, and then uses only that one. */
  async #attempt(request: RegistryRequest): Promise<RegistryResponse> {
    // Another request may settle on one origin meanwhile.
    const origins = this.#origins;
    for (const [i, origin] of origins.entries()) {
      const url = new URL(
        request.path.startsWith('/')
          ? `${origin}${request.path}`
          : `${origin}/v2/${this.endpoint.repository}/${request.path}`,
      );
      try {
        const response = await this.#fetchFrom(url, request);
        this.#origins = [origin];
        return response;
      } catch (error) {
        if (!(error instanceof NoResponseError)) throw error;
        if (i < origins.length - 1) continue;
        throw toFailure(request.endpointLabel, url, error);
      }
    }
    throw new Error('an endpoint has an origin');
  }

  async #fetchFrom(url: URL, request: RegistryRequest): Promise<RegistryResponse> {
    const authorization = request.authorization ?? (await this.#authorization.header());
    const response = await this.#send(url, request, authorization);
    if (response.status !== 401 || response.isCrossOrigin || request.authorization !== undefined)
      return await this.#acceptFor(request, response);
    const text = await readErrorText(response);
    const header = await this.#authorization.headerAfterChallenge(
      response.headers['www-authenticate'] ?? '',
      authorization,
    );
    if (header === undefined)
      throw toRegistryError({
        endpointLabel: request.endpointLabel,
        status: 401,
        text,
        searchedLocations: await this.#searchedLocations(),
      });
    return await this.#acceptFor(request, await this.#send(url, request, header));
  }

  async #acceptFor(
    { headers, endpointLabel }: RegistryRequest,
    response: HttpResponse,
  ): Promise<RegistryResponse> {
    const isUnchanged = response.status === 304 && headers['if-none-match'] !== undefined;
    return isUnchanged ? response : await this.#accept(response, endpointLabel);
  }

  /** Returns a response of 200 or 206. Throws the error that any other response means. */
  async #accept(response: HttpResponse, endpointLabel: EndpointLabel): Promise<RegistryResponse> {
    const { status, headers, isCrossOrigin: isElsewhere, url } = response;
    if (status === 200 || status === 206) return response;
    const retryAfterMs = parseRetryAfter(headers);
    const errorText = await readErrorText(response);
    // What another host answers may be internal to this network, and errors are shown to clients.
    const text = this.#isOwn(url) ? errorText : '';
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
    throw isTransientStatus(status) ? new TransientError(failure, retryAfterMs) : failure;
  }

  /** Returns the locations that were searched for credentials without success. */
  async #searchedLocations(): Promise<readonly string[] | undefined> {
    if (this.#options.given !== undefined) return undefined;
    const { credentials, searchedLocations } = await this.#options.findCredentials();
    return credentials === undefined ? searchedLocations : undefined;
  }

  /** Sends the credentials only to the origin of the URL. */
  async #send(
    url: URL,
    { headers, signal, endpointLabel, isBulk = false, isHead = false }: Omit<RegistryRequest, 'path'>,
    authorization: string | undefined,
  ): Promise<HttpResponse> {
    const request = {
      headers,
      signal,
      isHead,
      isBulk: isBulk && !this.#options.isProxied,
      ...(authorization && { originHeaders: { authorization } }),
    };
    return await this.#request(url, request, endpointLabel);
  }

  async #request(url: URL, request: HttpRequest, endpointLabel: EndpointLabel): Promise<HttpResponse> {
    try {
      return await httpRequest(url, {
        ...request,
        headers: { 'user-agent': 'clair', ...request.headers },
        connect: (each) => this.#connectionTo(each),
        idleMs: this.#options.idleMs,
      });
    } catch (error) {
      // A registry that is silent is not tried again: that would take the same time once more.
      if (error instanceof NoResponseError && error.cause instanceof ClairError)
        throw toConnectionError(endpointLabel, url.host, error.cause);
      if (!(error instanceof HttpError)) throw error;
      throw new ClairError('registry-refused', `no response from ${endpointLabel}: ${error.message}`, {
        cause: error,
      });
    }
  }

  /** Returns the registry's TLS options for its own host only, and those that are allowed for any other. */
  #connectionTo(url: URL): ConnectionOptions {
    const isOwn = this.#isOwn(url);
    if (url.protocol === 'https:' && !(isOwn && this.endpoint.isInsecure)) this.#options.prepareTls();
    return isOwn ? this.endpoint.tlsOptions() : (this.#options.connectElsewhere?.(url) ?? {});
  }

  #isOwn({ host }: URL): boolean {
    return this.endpoint.origins.some((origin) => new URL(origin).host === host);
  }

  #requestToken: FetchToken = async ({ url, authorization, form }) => {
    const endpointLabel = `the token endpoint ${url.protocol}//${url.host}${url.pathname} for ${this.endpoint.registry}`;
    const headers = { accept: 'application/json' };
    try {
      const response =
        form === undefined
          ? await this.#send(url, { headers, endpointLabel }, authorization)
          : await this.#post(url, form, endpointLabel);
      const accepted = await this.#accept(response, endpointLabel);
      return (
        await readResponseBody(accepted, { max: limits.registryAnswerBytes, what: endpointLabel })
      ).toString('utf8');
    } catch (error) {
      if (error instanceof ClairError || error instanceof TransientError) throw error;
      throw toFailure(endpointLabel, url, error);
    }
  };

  async #post(url: URL, form: URLSearchParams, endpointLabel: EndpointLabel): Promise<HttpResponse> {
    const headers = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' };
    return await this.#request(url, { headers, body: form.toString() }, endpointLabel);
  }
}

/** Returns the error of a failed connection. It is transient unless a retry would fail in the same way. */
function toFailure(endpointLabel: EndpointLabel, { host }: URL, error: unknown): ClairError | TransientError {
  const cause = error instanceof NoResponseError ? error.cause : error;
  const failure = toConnectionError(endpointLabel, host, cause);
  return isPermanent(cause) ? failure : new TransientError(failure);
}

/** Reads a body to its end. Throws `limit-exceeded` if it has more than `max` bytes. */
export async function readResponseBody(
  { body }: Pick<RegistryResponse, 'body'>,
  { max, what }: { readonly max: number; readonly what: string },
): Promise<Buffer> {
  const tooMuch = (): ClairError =>
    new ClairError('limit-exceeded', `${what} returned more than ${max} bytes`);
  return await readAllBytes(body, max, tooMuch);
}

async function readErrorText(response: HttpResponse): Promise<string> {
  return (await readTruncatedBody(response, limits.registryAnswerBytes)).toString('utf8');
}
