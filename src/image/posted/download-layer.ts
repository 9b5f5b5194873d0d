import { validateHeaderName, validateHeaderValue } from 'node:http';
import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { settlesWithin } from '../../kit/async/timeout.ts';
import { displayUrl } from '../../kit/http/http-client.ts';
import { type HttpFile, type HttpOptions, httpGet } from '../../kit/http/http-get.ts';
import { HttpError } from '../../kit/http/http-rules.ts';
import { MinimumThroughput } from '../../kit/http/minimum-throughput.ts';

/** Options of a `LayerDownload`. */
export interface LayerDownloadOptions
  extends Pick<HttpOptions, 'connect' | 'isBulk' | 'signal' | 'idleMs' | 'sleep' | 'onProgress'> {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytesMax?: number;
  /** Refuses a response without bytes, and a web page, which servers send in place of a layer while they fail or a client must log in. */
  readonly expectsContent?: boolean;
}

/** A download that has begun, and its first piece. */
interface BegunDownload {
  readonly pieces: AsyncIterator<Uint8Array>;
  readonly first: IteratorResult<Uint8Array>;
}

/**
 * Downloads a layer and removes the transport compression. Requests the layer at once, so that its first bytes can be waited for before it is
 * read. Each piece is valid until the next one is requested. Throws `layer-not-found` if there is no layer, `source-refused` if the policy
 * forbids the source, `layer-interrupted` if the connection breaks off, and `limit-exceeded`.
 */
export class LayerDownload implements AsyncIterable<Uint8Array> {
  readonly #options: LayerDownloadOptions;
  readonly #begun: Promise<BegunDownload>;

  constructor(options: LayerDownloadOptions) {
    this.#options = options;
    this.#begun = this.#begin();
    // Its reader gets the error. Until then it must not count as unhandled.
    this.#begun.catch(() => undefined);
  }

  /** Waits for the first bytes. */
  async waitForBegin(): Promise<void> {
    await this.#begun;
  }

  /** Returns whether the first bytes arrive within `ms` milliseconds. */
  async hasBegunWithin(ms: number): Promise<boolean> {
    return await settlesWithin(this.#begun, ms);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const { url, bytesMax = limits.layerDownloadBytes, idleMs = limits.idleMs } = this.#options;
    const { pieces, first } = await this.#begun;
    const throughput = new MinimumThroughput(idleMs);
    let received = 0;
    try {
      let next = first;
      while (next.done !== true) {
        const { length } = next.value;
        received += length;
        if (received > bytesMax) {
          const message = `layer ${displayUrl(url)} has more than ${bytesMax} bytes`;
          throw new ClairError('limit-exceeded', message, { limit: 'layerDownloadBytes' });
        }
        throughput.add(length);
        yield next.value;
        next = await throughput.limit(pieces.next());
      }
    } catch (error) {
      throw toDownloadError(url, error, 'layer-interrupted');
    } finally {
      // Closes the connection if the layer is not read to its end. A server that is silent must not delay that.
      void pieces.return?.().catch(() => undefined);
    }
  }

  async #begin(): Promise<BegunDownload> {
    const { url, expectsContent = false } = this.#options;
    const { body, headers } = await request(this.#options);
    const pieces = body[Symbol.asyncIterator]();
    try {
      const first = await pieces.next();
      if (expectsContent) assertContent(url, headers['content-type'], first);
      return { pieces, first };
    } catch (error) {
      throw toDownloadError(url, error, 'layer-interrupted');
    }
  }
}

/** Throws `layer-not-found` for a response without bytes, and for one that says that it is a web page and begins like one. */
function assertContent(url: string, type = '', { done = false, value }: BegunDownload['first']): void {
  const isPage =
    type.startsWith('text/html') && !done && Buffer.from(value).toString('latin1').trimStart()[0] === '<';
  if (!done && !isPage) return;
  const fault = done ? 'the response has no bytes' : 'the response is a web page';
  throw new ClairError('layer-not-found', `layer ${displayUrl(url)}: ${fault}`);
}

async function request({
  url,
  headers,
  bytesMax: _,
  expectsContent: _expects,
  ...options
}: LayerDownloadOptions): Promise<HttpFile> {
  if (!URL.canParse(url))
    throw new ClairError('layer-not-found', `layer ${displayUrl(url)} cannot be requested`);
  const originHeaders = sentHeaders(url, headers);
  try {
    const response = await httpGet(url, {
      ...options,
      headers: { 'user-agent': 'clair' },
      originHeaders,
      acceptsAny2xx: true,
    });
    if (typeof response === 'object') return response;
    throw new HttpError(response === 'not-found' ? 'not found' : 'unexpected response 304 Not Modified');
  } catch (error) {
    throw toDownloadError(url, error, 'layer-not-found');
  }
}

/** Headers that Go's client ignores in a map of headers, since it writes them itself. */
const reservedHeaders: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'trailer',
]);

function sentHeaders(url: string, headers: Readonly<Record<string, string>>): Record<string, string> {
  const sent: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch (error) {
      // The reason would contain the value, which may be a secret.
      const message = `layer ${displayUrl(url)} cannot be requested: a header is not valid`;
      throw new ClairError('layer-not-found', message, { cause: error });
    }
    if (!reservedHeaders.has(name.toLowerCase())) sent[name.toLowerCase()] = value;
  }
  return sent;
}

function toDownloadError(
  url: string,
  error: unknown,
  otherwise: 'layer-not-found' | 'layer-interrupted',
): unknown {
  if (!(error instanceof HttpError)) return error;
  const { cause } = error;
  const message = `layer ${displayUrl(url)}: ${messageOf(error)}`;
  return cause instanceof ClairError
    ? new ClairError(cause.code, message, { cause: error, limit: cause.limit })
    : new ClairError(otherwise, message, { cause: error });
}
