import type { IncomingHttpHeaders } from 'node:http';
import * as z from 'zod/mini';
import { ClairError } from '../../core/errors.ts';
import { type LimitName, limits } from '../../core/limits.ts';
import { readAllBytes } from '../../kit/bytes/bytes.ts';
import { displayUrl, httpRequest, readTruncatedBody } from '../../kit/http/http-client.ts';
import { HttpError, NoResponseError } from '../../kit/http/http-rules.ts';
import {
  isTransientStatus,
  parseRetryAfter,
  retryHttp,
  TransientError,
} from '../../kit/http/retry-policy.ts';
import { parseBySchema, parseJson } from '../../kit/json/json-document.ts';
import { toSingleLine } from '../../kit/untrusted-text.ts';
import { parseDigest } from '../../model/digest.ts';

const jobSchema = z.object({
  id: z.string().check(z.regex(/^[\w-]{1,64}$/)),
  state: z.enum(['waiting', 'running', 'done', 'failed']),
  attempt: z.int(),
  step: z.nullable(z.string()),
  error: z.nullable(z.string()),
  digest: z.nullable(z.string().check(z.refine((text) => parseDigest(text) !== undefined))),
});

/** The state of a scan on a server, as `GET /api/v1/jobs/ID` returns it. */
export type RemoteJob = z.infer<typeof jobSchema>;

/** A report from a server. */
export interface RemoteReport {
  /** JSON, as `clair scan --format json` writes it. */
  readonly bytes: Buffer;
  /** Whether everything was assessed that a `clean` verdict needs. */
  readonly isAssessed: boolean;
}

/** A server that scans images, and the token for it. */
export interface ServerAddress {
  /** Its URL, to which `/api/v1/…` is added. */
  readonly url: URL;
  readonly token: string | undefined;
}

interface ServerRequest {
  /** After `/api/v1/`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Sent by POST. */
  readonly body?: object;
  /** The limit of the response. */
  readonly limit: LimitName;
}

interface ServerResponse {
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
}

/** Characters of the message of a server that an error repeats. */
const detailCharactersMax = 500;

const problemSchema = z.object({ detail: z.string() });

/**
 * Sends requests to the routes below `/api/v1` of a server. Throws `server-unavailable` if it does not answer or cannot now, and
 * `server-refused` for every other failure.
 */
export class ServerClient {
  readonly #address: ServerAddress;
  /** The server in messages. */
  readonly name: string;

  constructor(address: ServerAddress) {
    this.#address = address;
    this.name = displayUrl(address.url.href).replace(/\/$/, '');
  }

  /** Adds a scan of an image. */
  async addScan(image: { readonly reference: string; readonly platform?: string }): Promise<RemoteJob> {
    return this.#jobIn(await this.#request({ path: 'images', body: image, limit: 'serverAnswerBytes' }));
  }

  /** Returns the state of a scan. */
  async findJob(id: string): Promise<RemoteJob> {
    return this.#jobIn(await this.#request({ path: `jobs/${id}`, limit: 'serverAnswerBytes' }));
  }

  /** Returns the report of an image by its digest. */
  async fetchReport(
    digest: string,
    query: { readonly platform?: string | undefined; readonly asOf?: string | undefined },
  ): Promise<RemoteReport> {
    const { headers, bytes } = await this.#request({
      path: `images/${digest}/report`,
      query: { ...query, format: 'json' },
      limit: 'reportBytes',
    });
    return { bytes, isAssessed: headers['clair-assessed'] === 'true' };
  }

  #jobIn({ bytes }: ServerResponse): RemoteJob {
    const refuse = (fault: string): ClairError =>
      new ClairError(
        'server-refused',
        `the answer of ${this.name} ${fault}: is it a server of clair with /api/v1?`,
      );
    return parseBySchema(jobSchema, parseJson(bytes, refuse), ({ fault }) => refuse(fault));
  }

  async #request(request: ServerRequest): Promise<ServerResponse> {
    try {
      return await retryHttp(() => this.#attempt(request), {});
    } catch (error) {
      throw error instanceof TransientError ? error.failure : error;
    }
  }

  async #attempt({ path, query = {}, body, limit }: ServerRequest): Promise<ServerResponse> {
    const { url, token } = this.#address;
    const place = new URL(`${url.href.replace(/\/$/, '')}/api/v1/${path}`);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) place.searchParams.set(name, value);
    try {
      const response = await httpRequest(place, {
        headers: { accept: 'application/json', 'user-agent': 'clair' },
        ...(token !== undefined && { originHeaders: { authorization: `Bearer ${token}` } }),
        ...(body !== undefined && { body: JSON.stringify(body) }),
        redirect: 'manual',
      });
      const { status, headers } = response;
      if (status < 200 || status > 299)
        throw this.#refusal(status, headers, await readTruncatedBody(response, limits.serverAnswerBytes));
      const tooMuch = (): ClairError =>
        new ClairError('limit-exceeded', `${this.name} returned more than ${limits[limit]} bytes`, { limit });
      return { headers, bytes: await readAllBytes(response.body, limits[limit], tooMuch) };
    } catch (error) {
      if (error instanceof ClairError || error instanceof TransientError) throw error;
      throw this.#connectionFailure(error);
    }
  }

  /** Returns the error that the status of a response means. */
  #refusal(status: number, headers: IncomingHttpHeaders, body: Buffer): ClairError | TransientError {
    const detail = detailOf(body);
    const message = `${status} from ${this.name}${detail === '' ? '' : `: ${detail}`}${adviceOn(status, this.#address)}`;
    if (!isTransientStatus(status)) return new ClairError('server-refused', message);
    return new TransientError(new ClairError('server-unavailable', message), parseRetryAfter(headers));
  }

  #connectionFailure(error: unknown): Error {
    if (!(error instanceof NoResponseError || error instanceof HttpError)) return error as Error;
    const failure = new ClairError('server-unavailable', `no answer from ${this.name}: ${error.message}`, {
      cause: error,
    });
    return new TransientError(failure);
  }
}

function adviceOn(status: number, { token }: ServerAddress): string {
  if (status === 401 && token === undefined)
    return '; name a file with a token in --token-file, or set CLAIR_SERVER_TOKEN';
  if (status === 401) return '; the token is not one of api.tokens of the server';
  if (status === 404) return '; is it a server of clair with /api/v1?';
  return '';
}

/** Returns the detail of a problem document (RFC 9457). Empty without one. */
function detailOf(body: Buffer): string {
  try {
    const { detail } = z.parse(problemSchema, JSON.parse(body.toString('utf8')));
    return toSingleLine(detail, detailCharactersMax);
  } catch {
    return '';
  }
}
