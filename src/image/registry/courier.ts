import type { IncomingHttpHeaders } from 'node:http';
import { wholeOf } from '../../kit/bytes/whole-of.ts';
import { ClairError } from '../../kit/errors.ts';
import { askForBulk, type BulkAnswer } from '../../kit/http/bulk-transport.ts';
import {
  Connection,
  HttpError,
  type Patience,
  pauseAfter,
  redirectStatuses,
  redirectTarget,
  retryAfter,
  sleepFor,
} from '../../kit/http/http-rules.ts';
import { askOnce, type ConnectionOptions } from '../../kit/http/http-transport.ts';
import { limits } from '../../kit/limits.ts';
import { type AskForToken, Authorization } from './authorization.ts';
import type { Endpoint } from './endpoint.ts';
import { connectionFailure, isLasting, refusalOf, type Step } from './failure.ts';
import type { FoundCredentials } from './find-credentials.ts';

/** What is asked of a registry. */
export interface Errand {
  /** After `/v2/NAME/`. */
  readonly path: string;
  /** For messages: `the blob endpoint of …`. */
  readonly step: Step;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** It may be very large: pieces of the body are done with when the next is asked for. */
  readonly isBulk?: boolean;
}

/** An answer with what was asked for: status 200 or 206. */
export interface Arrival {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Fails as the connection does. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** How a courier goes about it. */
export interface CourierOptions extends Pick<Patience, 'idleMs'> {
  readonly find: () => Promise<FoundCredentials>;
  readonly now: () => number;
  /** Whether connections are made by a proxy. */
  readonly isProxied: boolean;
  /** Makes certificates known, before the first that has to be verified. */
  readonly prepareTls: () => void;
  /** Waits between two attempts; replaced in tests. */
  readonly sleep?: ((ms: number, signal: AbortSignal | undefined) => Promise<void>) | undefined;
}

/** A failure that may pass. */
class Transient extends Error {
  readonly failure: ClairError;
  readonly retryAfterMs: number | undefined;

  constructor(failure: ClairError, retryAfterMs?: number) {
    super(failure.message);
    this.failure = failure;
    this.retryAfterMs = retryAfterMs;
  }
}

interface Answer extends BulkAnswer {
  readonly url: URL;
  readonly connection: Connection;
  /** It was redirected to another origin, which may have redirected back. */
  readonly isElsewhere: boolean;
}

/** Fetches things of one repository: shows credentials where they are asked for, and nowhere else, and tries again what may pass. */
export class Courier {
  readonly endpoint: Endpoint;
  readonly #options: CourierOptions;
  readonly #authorization: Authorization;
  #origins: readonly string[];

  constructor(endpoint: Endpoint, options: CourierOptions) {
    this.endpoint = endpoint;
    this.#options = options;
    this.#origins = endpoint.origins;
    const { find, now } = options;
    this.#authorization = new Authorization({
      endpoint,
      find,
      ask: (request) => this.#askForToken(request),
      now,
    });
  }

  /** Fails with a `ClairError` that tells the step: `registry-refused`, `target-not-found`, `registry-unavailable`, `limit-exceeded`. */
  async fetch(errand: Errand): Promise<Arrival> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(errand);
      } catch (error) {
        errand.signal?.throwIfAborted();
        if (!(error instanceof Transient)) throw error;
        const pauseMs = pauseAfter(attempt, error.retryAfterMs);
        if (pauseMs === undefined) throw error.failure;
        await (this.#options.sleep ?? sleepFor)(pauseMs, errand.signal);
      }
    }
  }

  /** Where nothing speaks at the better origin, the next is tried, and from then on it alone. */
  async #attempt(errand: Errand): Promise<Arrival> {
    for (const [i, origin] of this.#origins.entries()) {
      const url = new URL(`${origin}/v2/${this.endpoint.repository}/${errand.path}`);
      try {
        const arrival = await this.#fetchFrom(url, errand);
        this.#origins = [origin];
        return arrival;
      } catch (error) {
        if (error instanceof ClairError || error instanceof Transient) throw error;
        errand.signal?.throwIfAborted();
        if (i < this.#origins.length - 1) continue;
        const failure = connectionFailure(errand.step, url.host, error);
        throw isLasting(error) ? failure : new Transient(failure);
      }
    }
    throw new Error('an endpoint has an origin');
  }

  async #fetchFrom(url: URL, errand: Errand): Promise<Arrival> {
    const shown = await this.#authorization.header();
    const answer = await this.#follow(url, errand, shown);
    if (answer.status !== 401 || answer.isElsewhere) return await this.#arrivalOf(answer, errand.step);
    const text = await textOf(answer);
    const header = await this.#authorization.answerTo(answer.headers['www-authenticate'] ?? '', shown);
    if (header === undefined)
      throw refusalOf({ step: errand.step, status: 401, text, lookedAt: await this.#lookedAt() });
    return await this.#arrivalOf(await this.#follow(url, errand, header), errand.step);
  }

  async #arrivalOf(answer: Answer, step: Step): Promise<Arrival> {
    const { status, headers, isElsewhere, url } = answer;
    if (status === 200 || status === 206) return { status, headers, body: bodyOf(answer) };
    const { retryAfterMs } = retryAfter(headers);
    const text = await textOf(answer);
    const failure = isElsewhere
      ? refusalOf({ step: `${url.host}, where ${step} leads`, status, text, retryAfterMs, isElsewhere })
      : refusalOf({ step, status, text, retryAfterMs, lookedAt: await this.#lookedAt() });
    throw status === 429 || status >= 500 ? new Transient(failure, retryAfterMs) : failure;
  }

  /** Where credentials were looked for in vain. */
  async #lookedAt(): Promise<readonly string[] | undefined> {
    const { credentials, lookedAt } = await this.#options.find();
    return credentials === undefined ? lookedAt : undefined;
  }

  /** Redirects are followed by hand: what is shown to the registry is for its origin alone. */
  async #follow(
    start: URL,
    { headers, signal, step, isBulk = false }: Omit<Errand, 'path'>,
    authorization: string | undefined,
  ): Promise<Answer> {
    const connection = new Connection({ signal, idleMs: this.#options.idleMs });
    let url = start;
    let isOrigin = true;
    try {
      for (let redirects = 0; redirects <= limits.redirects; redirects++) {
        isOrigin &&= url.origin === start.origin;
        const request = {
          headers: { ...own, ...headers, ...(isOrigin && authorization && { authorization }) },
          signal: connection.signal,
          connection: this.#trust(url),
          idleMs: this.#options.idleMs,
        };
        const asked = isBulk && !this.#options.isProxied ? askForBulk(url, request) : askOnce(url, request);
        const answer = {
          ...(await connection.wait<BulkAnswer>(asked)),
          url,
          connection,
          isElsewhere: !isOrigin,
        };
        const { location } = answer.headers;
        if (!redirectStatuses.has(answer.status) || location === undefined) return answer;
        answer.body.destroy();
        url = redirectTarget(url, location);
      }
      throw new HttpError(`more than ${limits.redirects} redirects`);
    } catch (error) {
      connection.close();
      if (!(error instanceof HttpError)) throw error;
      throw new ClairError('registry-refused', `no answer from ${step}: ${error.message}`, { cause: error });
    }
  }

  /** What is made known of a registry's certificates is for its own host. */
  #trust({ host, protocol }: URL): ConnectionOptions {
    const isOwn = this.endpoint.origins.some((origin) => new URL(origin).host === host);
    if (protocol === 'https:' && !(isOwn && this.endpoint.isInsecure)) this.#options.prepareTls();
    return isOwn ? this.endpoint.trust() : {};
  }

  #askForToken: AskForToken = async ({ url, authorization, form }) => {
    const step = `the token endpoint ${url.protocol}//${url.host}${url.pathname} for ${this.endpoint.registry}`;
    const headers = { accept: 'application/json' };
    try {
      const answer =
        form === undefined
          ? await this.#follow(url, { headers, step }, authorization)
          : await this.#post(url, form);
      const arrival = await this.#arrivalOf(answer, step);
      return (await readAll(arrival, { max: limits.registryAnswerBytes, what: step })).toString('utf8');
    } catch (error) {
      if (error instanceof ClairError || error instanceof Transient) throw error;
      const failure = connectionFailure(step, url.host, error);
      throw isLasting(error) ? failure : new Transient(failure);
    }
  };

  /** What a POST carries is a secret: it is not sent on. */
  async #post(url: URL, form: URLSearchParams): Promise<Answer> {
    const connection = new Connection({ idleMs: this.#options.idleMs });
    const headers = {
      ...own,
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
    };
    const { signal } = connection;
    const request = { headers, signal, connection: this.#trust(url), post: form.toString() };
    const answer = await connection.wait(askOnce(url, request));
    return { ...answer, url, connection, isElsewhere: false };
  }
}

const own = { 'user-agent': 'clair' } as const;

/** Reads an answer to its end. Throws `limit-exceeded` where it has more than so many bytes. */
export async function readAll(
  { body }: Pick<Arrival, 'body'>,
  { max, what }: { readonly max: number; readonly what: string },
): Promise<Buffer> {
  const tooMuch = (): ClairError =>
    new ClairError('limit-exceeded', `${what} answers with more than ${max} bytes`);
  return await wholeOf(body, max, tooMuch);
}

async function* bodyOf({ body, connection, isPatient = false }: Answer): AsyncGenerator<Uint8Array> {
  try {
    yield* isPatient ? body : connection.pieces(body);
  } finally {
    connection.close();
  }
}

/** The body of an answer that is none, as much of it as may be of interest. A connection that is read to its end is used again. */
async function textOf(answer: Answer): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const piece of bodyOf(answer)) {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes > limits.registryAnswerBytes) break;
    }
  } catch {
    // The status says enough.
  }
  return Buffer.concat(pieces).toString('utf8');
}
