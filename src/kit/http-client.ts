import { setTimeout as wait } from 'node:timers/promises';
import { messageOf } from './errors.ts';
import { limits } from './limits.ts';

/** A download that did not succeed. The message says why; it names no URL. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
}

/** How far a download has come. `totalBytes` is absent where the server does not say, or compresses on the way. */
export interface Progress {
  readonly url: string;
  readonly receivedBytes: number;
  readonly totalBytes?: number;
}

/** What a download may be told besides its URL. */
export interface HttpOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly idleMs?: number;
  readonly onProgress?: (progress: Progress) => void;
  /** Waits between two attempts; replaced in tests. */
  readonly sleep?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** A file on its way: read `body` to its end or abort the signal. */
export interface HttpFile {
  readonly headers: Headers;
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
  const sleep = options.sleep ?? sleepFor;
  for (let attempt = 1; ; attempt++) {
    const answer = await attemptGet(new URL(url), options);
    if (!(answer instanceof Failure)) return answer;
    const delayMs = answer.retryAfterMs ?? 500 * 2 ** (attempt - 1);
    if (attempt === limits.httpAttempts || delayMs > limits.retryAfterMs) {
      const tries = attempt === 1 ? '' : ` (${attempt} attempts)`;
      throw new HttpError(answer.message + tries, { cause: answer.cause });
    }
    await sleep(delayMs, options.signal);
  }
}

/** A URL as it may be shown and logged: without name, password, query and fragment. */
export function displayUrl(url: string): string {
  if (!URL.canParse(url)) return 'an invalid URL';
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** A failure that may pass. */
class Failure extends Error {
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: { readonly cause?: unknown; readonly retryAfterMs?: number } = {}) {
    super(message, { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** A connection that is given up when nothing comes for too long. */
class Connection {
  readonly #abort = new AbortController();
  readonly #idleMs: number;
  readonly signal: AbortSignal;

  constructor(options: HttpOptions) {
    this.#idleMs = options.idleMs ?? limits.idleMs;
    const signals = [this.#abort.signal, AbortSignal.timeout(limits.downloadMs)];
    this.signal = AbortSignal.any(options.signal === undefined ? signals : [...signals, options.signal]);
  }

  /** What the network gives, or the failure to give it in time. */
  async wait<T>(work: Promise<T>): Promise<T> {
    const timer = setTimeout(() => {
      this.#abort.abort(new Error(`nothing received for ${this.#idleMs / 1000} s`));
    }, this.#idleMs);
    try {
      return await work;
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#abort.abort();
  }
}

async function attemptGet(
  url: URL,
  options: HttpOptions,
): Promise<HttpFile | 'not-modified' | 'not-found' | Failure> {
  const connection = new Connection(options);
  try {
    const response = await follow(url, options, connection);
    const answer = answerOf(response);
    if (answer === undefined) {
      return { headers: response.headers, body: bodyOf(url, response, connection, options) };
    }
    connection.close();
    return answer;
  } catch (error) {
    connection.close();
    options.signal?.throwIfAborted();
    if (error instanceof HttpError) throw error;
    return new Failure(reasonOf(error), { cause: error });
  }
}

/** What an answer means; nothing where it is the file. */
function answerOf(response: Response): 'not-modified' | 'not-found' | Failure | undefined {
  const { status, headers } = response;
  if (status === 200) {
    expectFile(headers);
    return undefined;
  }
  if (status === 304) return 'not-modified';
  if (status === 404 || status === 410) return 'not-found';
  if (status === 429 || status >= 500) return new Failure(`HTTP ${status}`, retryAfter(headers));
  throw new HttpError(`HTTP ${status}`);
}

/** Captive portals and error pages are HTML. */
function expectFile(headers: Headers): void {
  if (headers.get('content-type')?.startsWith('text/html')) {
    throw new HttpError('a web page came instead of a file');
  }
  if (headers.get('content-length') === '0') throw new HttpError('an empty file came');
}

/** The first answer that is no redirect. */
async function follow(start: URL, options: HttpOptions, connection: Connection): Promise<Response> {
  let url = start;
  for (let redirects = 0; redirects <= limits.redirects; redirects++) {
    const headers = { ...options.headers, ...(url.origin === start.origin ? credentialsOf(start) : {}) };
    const target = `${url.origin}${url.pathname}${url.search}`;
    const response = await connection.wait(
      fetch(target, { redirect: 'manual', headers, signal: connection.signal }),
    );
    const location = response.headers.get('location');
    if (!redirectStatuses.has(response.status) || location === null) return response;
    await response.body?.cancel();
    url = redirectTarget(url, location);
  }
  throw new HttpError(`more than ${limits.redirects} redirects`);
}

function redirectTarget(from: URL, location: string): URL {
  if (!URL.canParse(location, from.href)) throw new HttpError('a redirect to no URL');
  const to = new URL(location, from);
  if (to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:')) return to;
  throw new HttpError(`a redirect from ${from.protocol} to ${to.protocol} is not followed`);
}

function credentialsOf({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** RFC 9110 §10.2.3: seconds or a date. */
function retryAfter(headers: Headers): { retryAfterMs?: number } {
  const value = headers.get('retry-after') ?? '';
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? {} : { retryAfterMs: Math.max(0, ms) };
}

async function* bodyOf(
  url: URL,
  response: Response,
  connection: Connection,
  options: HttpOptions,
): AsyncGenerator<Uint8Array> {
  const total = response.headers.get('content-encoding') === null ? totalOf(response.headers) : {};
  let receivedBytes = 0;
  try {
    const reader = response.body?.getReader() as ReadableStreamDefaultReader<Uint8Array> | undefined;
    while (reader !== undefined) {
      const { done, value } = await connection.wait(reader.read());
      if (done) break;
      receivedBytes += value.length;
      options.onProgress?.({ url: displayUrl(url.href), receivedBytes, ...total });
      yield value;
    }
    if (receivedBytes === 0) throw new HttpError('an empty file came');
  } catch (error) {
    options.signal?.throwIfAborted();
    throw error instanceof HttpError
      ? error
      : new HttpError(`broken off after ${receivedBytes} bytes: ${reasonOf(error)}`, { cause: error });
  } finally {
    connection.close();
  }
}

function totalOf(headers: Headers): { totalBytes?: number } {
  const length = headers.get('content-length');
  return length === null ? {} : { totalBytes: Number(length) };
}

/** `fetch` hides the reason in the cause, and of several addresses tried it gives only a code. */
function reasonOf(error: unknown): string {
  const cause = error instanceof TypeError && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return messageOf(cause) || code;
}

async function sleepFor(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await wait(ms, undefined, signal === undefined ? {} : { signal });
}
