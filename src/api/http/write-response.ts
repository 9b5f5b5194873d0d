import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { limits } from '../../core/limits.ts';
import { raceAbort } from '../../kit/async/abort.ts';
import { EncodedDocument } from './encoded-document.ts';
import { encodeGoJson } from './go-json-encode.ts';
import type { ApiResponse } from './route.ts';
import type { UnreadResponses } from './unread-responses.ts';

/** Options of `writeResponse`. */
export interface WriteOptions {
  readonly isGzipped: boolean;
  /** Aborts the writing of a stream. */
  readonly signal?: AbortSignal;
  /** Milliseconds without progress after which a client that does not read is disconnected. */
  readonly stallMs?: number;
  /** Tracks the response while the client has not read it. */
  readonly unread?: UnreadResponses;
}

/**
 * Writes a response with the headers of Clair. Returns the number of bytes of the body, as sent. An empty body is never compressed.
 */
export async function writeResponse(
  response: ServerResponse,
  apiResponse: ApiResponse,
  options: WriteOptions,
): Promise<number> {
  response.setHeader('Server', 'clair');
  for (const [name, value] of Object.entries(apiResponse.headers ?? {})) response.setHeader(name, value);
  if (apiResponse.stream !== undefined) {
    return await writeStream(response, apiResponse.stream, apiResponse, options);
  }
  const document = apiResponse.document ?? new EncodedDocument(textOf(apiResponse));
  let content = document.plain;
  if (content.length > 0) {
    setContentHeaders(response, apiResponse, options);
    if (options.isGzipped) content = await document.gzipped();
  }
  response.setHeader('Content-Length', content.length);
  response.writeHead(apiResponse.status).end(content);
  if (response.writableLength > 0) trackUnread(response, options);
  return content.length;
}

function textOf({ body, text = '' }: ApiResponse): string {
  return body === undefined ? text : encodeGoJson(body);
}

/** Limits how long and how much of a response may wait for the client. Most clients read it before the limits apply. */
function trackUnread(response: ServerResponse, { unread, stallMs = limits.unreadMs }: WriteOptions): void {
  const drop = (): void => {
    response.destroy();
  };
  response.setTimeout(stallMs, drop);
  if (unread === undefined) return;
  const unreadResponse = { bytes: () => (response.destroyed ? 0 : response.writableLength), drop };
  unread.add(unreadResponse);
  response.once('close', () => {
    unread.delete(unreadResponse);
  });
}

/** Writes a stream. Waits for the first chunk before the status, so that an error until then still gets an error response. */
async function writeStream(
  response: ServerResponse,
  stream: AsyncIterable<string>,
  apiResponse: ApiResponse,
  options: WriteOptions,
): Promise<number> {
  const { signal = new AbortController().signal, stallMs } = options;
  if (stallMs !== undefined) response.setTimeout(stallMs, () => response.destroy());
  const pieces = stream[Symbol.asyncIterator]();
  const first = await raceAbort(pieces.next(), signal);
  setContentHeaders(response, apiResponse, options);
  response.writeHead(apiResponse.status);
  let bytes = 0;
  const count = (piece: string | Uint8Array): void => {
    bytes += Buffer.byteLength(piece);
  };
  const all = withFirst(first, pieces);
  // Chunks are large: read at most one ahead of the client.
  const source = Readable.from(options.isGzipped ? all : countPieces(all, count), { highWaterMark: 1 });
  if (options.isGzipped) {
    const gzipped = createGzip();
    const piping = pipeline(source, gzipped, response, { signal });
    gzipped.on('data', count);
    await piping;
  } else await pipeline(source, response, { signal });
  return bytes;
}

async function* countPieces(
  pieces: AsyncIterable<string>,
  count: (piece: string) => void,
): AsyncGenerator<string> {
  for await (const piece of pieces) {
    count(piece);
    yield piece;
  }
}

async function* withFirst(first: IteratorResult<string>, rest: AsyncIterator<string>): AsyncIterable<string> {
  try {
    for (let piece = first; piece.done !== true; piece = await rest.next()) yield piece.value;
  } finally {
    await rest.return?.();
  }
}

function setContentHeaders(
  response: ServerResponse,
  { contentType }: ApiResponse,
  { isGzipped }: WriteOptions,
): void {
  response.setHeader('Content-Type', contentType ?? 'application/json;charset=utf-8');
  if (isGzipped) response.setHeader('Content-Encoding', 'gzip');
}
