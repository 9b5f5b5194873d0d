import { validateHeaderName, validateHeaderValue } from 'node:http';
import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { displayUrl } from '../../kit/http/http-client.ts';
import { type HttpFile, type HttpOptions, httpGet } from '../../kit/http/http-get.ts';
import { HttpError } from '../../kit/http/http-rules.ts';

/** Options of `downloadLayer`. */
export interface LayerDownload
  extends Pick<HttpOptions, 'connect' | 'isBulk' | 'signal' | 'idleMs' | 'sleep' | 'onProgress'> {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytesMax?: number;
}

/**
 * Downloads a layer and removes the transport compression. Each chunk is valid until the next one is requested. Throws `layer-not-found` if
 * there is no layer, `source-refused` if the policy forbids the source, `target-corrupt` if the connection breaks off, and
 * `limit-exceeded`.
 */
export async function* downloadLayer(download: LayerDownload): AsyncGenerator<Uint8Array> {
  const { url, bytesMax = limits.layerDownloadBytes } = download;
  const { body } = await request(download);
  let received = 0;
  try {
    for await (const piece of body) {
      received += piece.length;
      if (received > bytesMax) {
        const message = `layer ${displayUrl(url)} has more than ${bytesMax} bytes`;
        throw new ClairError('limit-exceeded', message, { limit: 'layerDownloadBytes' });
      }
      yield piece;
    }
  } catch (error) {
    throw toDownloadError(url, error, 'target-corrupt');
  }
}

async function request({ url, headers, bytesMax: _, ...options }: LayerDownload): Promise<HttpFile> {
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
  otherwise: 'layer-not-found' | 'target-corrupt',
): unknown {
  if (!(error instanceof HttpError)) return error;
  const { cause } = error;
  const message = `layer ${displayUrl(url)}: ${messageOf(error)}`;
  return cause instanceof ClairError
    ? new ClairError(cause.code, message, { cause: error, limit: cause.limit })
    : new ClairError(otherwise, message, { cause: error });
}
