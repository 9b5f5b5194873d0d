import type { IncomingHttpHeaders } from 'node:http';
import * as z from 'zod/mini';
import { ClairError } from '../../core/errors.ts';
import { type LimitName, limits } from '../../core/limits.ts';
import { readAllBytes } from '../../kit/bytes/bytes.ts';
import { displayUrl, type HttpResponse, httpRequest, readTruncatedBody } from '../../kit/http/http-client.ts';
import { HttpError, NoResponseError } from '../../kit/http/http-rules.ts';
import {
  isTransientStatus,
  parseRetryAfter,
  retryHttp,
  TransientError,
} from '../../kit/http/retry-policy.ts';
import { type DocumentErrorFactory, parseBySchema, parseJson } from '../../kit/json/json-document.ts';
import { toSingleLine } from '../../kit/untrusted-text.ts';

/** A server of clair, and the token for it. */
export interface ServerAddress {
  /** Its URL, to which the path of a request is added. */
  readonly url: URL;
  readonly token: string | undefined;
}

/** A request to a server of clair. */
export interface ServerRequest {
  /** With a leading slash: `/api/v1/images`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Sent by POST. */
  readonly body?: string;
  /** Sent besides `user-agent` and the token, which they may replace. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The limit on the size of the response. */
  readonly limit: LimitName;
  readonly signal?: AbortSignal;
}

/** A response of a server. */
export interface ServerAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
}

/** Characters of the message of a server that an error repeats. */
const detailCharactersMax = 500;

/** The reason in an error: of a problem document (RFC 9457), or of the v1 API and the routes beside it. */
const reasonSchema = z.union([
  z.object({ detail: z.string() }),
  z.pipe(
    z.object({ Error: z.object({ Message: z.string() }) }),
    z.transform(({ Error: { Message } }) => ({ detail: Message })),
  ),
]);

/** Returns what to do about the status of an error, for its message. `detail` is the reason that the server states; both may be empty. */
export type AdviceOn = (status: number, detail: string) => string;

/** Sends requests to a server of clair. Follows no redirect, so that the token stays with the server. */
export class ServerApi {
  readonly #address: ServerAddress;
  readonly #adviceOn: AdviceOn;
  /** The server in messages. */
  readonly name: string;

  constructor(address: ServerAddress, adviceOn: AdviceOn = () => '') {
    this.#address = address;
    this.#adviceOn = adviceOn;
    this.name = displayUrl(address.url.href).replace(/\/$/, '');
  }

  /** Sends a request until the server answers or refuses. Throws `server-unavailable`, `server-refused` and `limit-exceeded`. */
  async request(request: ServerRequest): Promise<ServerAnswer> {
    try {
      return await retryHttp(() => this.#attempt(request), { signal: request.signal });
    } catch (error) {
      throw error instanceof TransientError ? error.failure : error;
    }
  }

  async #attempt(request: ServerRequest): Promise<ServerAnswer> {
    const answer = await this.exchange(request).catch((error: unknown) => {
      throw error instanceof ClairError && error.code === 'server-unavailable'
        ? new TransientError(error)
        : error;
    });
    if (isSuccess(answer)) return answer;
    const refusal = this.refusalOf(answer);
    throw isTransientStatus(answer.status)
      ? new TransientError(refusal, parseRetryAfter(answer.headers))
      : refusal;
  }

  /**
   * Sends a request once, and returns the response whatever its status. Throws `server-unavailable` without a response, `server-refused` for
   * a redirect, `limit-exceeded` for a response that is too large, and the reason of the signal.
   */
  async exchange({
    path,
    query = {},
    body,
    headers = {},
    limit,
    signal,
  }: ServerRequest): Promise<ServerAnswer> {
    const { url, token } = this.#address;
    const place = new URL(`${url.href.replace(/\/$/, '')}${path}`);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) place.searchParams.set(name, value);
    try {
      const response = await httpRequest(place, {
        headers: { accept: 'application/json', 'user-agent': 'clair' },
        originHeaders: { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers },
        ...(body !== undefined && { body }),
        ...(signal !== undefined && { signal }),
        redirect: 'manual',
      });
      return await this.#answerIn(response, limit);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof NoResponseError || error instanceof HttpError)
        throw new ClairError('server-unavailable', `no answer from ${this.name}: ${error.message}`, {
          cause: error,
        });
      throw error;
    }
  }

  async #answerIn(response: HttpResponse, limit: LimitName): Promise<ServerAnswer> {
    const { status, headers, body } = response;
    if (status >= 300 && status < 400) {
      response.close();
      throw new ClairError('server-refused', `${status} from ${this.name}: redirects are not followed`);
    }
    if (status < 200 || status > 299)
      return { status, headers, bytes: await readTruncatedBody(response, limits.serverAnswerBytes) };
    const tooMuch = (): ClairError =>
      new ClairError('limit-exceeded', `${this.name} returned more than ${limits[limit]} bytes`, { limit });
    return { status, headers, bytes: await readAllBytes(body, limits[limit], tooMuch) };
  }

  /** Returns the error that the status of a response means: `server-unavailable` if it may pass, otherwise `server-refused`. */
  refusalOf({ status, bytes }: ServerAnswer): ClairError {
    const detail = detailOf(bytes);
    const advice = [this.#adviceOn(status, detail)].filter((text) => text !== '').map((text) => `; ${text}`);
    const message = `${status} from ${this.name}${detail === '' ? '' : `: ${detail}`}${advice.join('')}`;
    return new ClairError(isTransientStatus(status) ? 'server-unavailable' : 'server-refused', message);
  }

  /** Parses the JSON of a response. Throws `server-refused` if it is none, or differs from the schema. */
  parse<T extends z.ZodMiniType>(schema: T, { bytes }: ServerAnswer): z.output<T> {
    const refuse: DocumentErrorFactory = (fault) =>
      new ClairError(
        'server-refused',
        `the answer of ${this.name} ${fault}: is it a server of clair with /api/v1?`,
      );
    return parseBySchema(schema, parseJson(bytes, refuse), ({ fault }) => refuse(fault));
  }
}

/** Whether the status of a response is a success. */
export function isSuccess({ status }: Pick<ServerAnswer, 'status'>): boolean {
  return status >= 200 && status <= 299;
}

/** Returns the reason that a server states. Empty without one. */
function detailOf(body: Buffer): string {
  try {
    const { detail } = z.parse(reasonSchema, JSON.parse(body.toString('utf8')));
    return toSingleLine(detail, detailCharactersMax);
  } catch {
    return '';
  }
}
