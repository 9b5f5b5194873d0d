import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGzip, gzip } from 'node:zlib';
import { limits } from '../../kit/limits.ts';
import type { ApiAnswer } from './exchange.ts';
import { encodeGoJson } from './go-json-encode.ts';
import type { UnreadAnswers } from './unread-answers.ts';

const compressed = promisify(gzip);

/** How an answer goes out. */
export interface Writing {
  readonly isGzipped: boolean;
  /** Ends the writing of a stream. */
  readonly signal?: AbortSignal;
  /** A client that takes nothing for so long, though there is something for it, is left. */
  readonly stallMs?: number;
  /** Takes the answer while it waits for the client. */
  readonly unread?: UnreadAnswers;
}

/** Fails when the signal comes. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}

/**
 * Writes an answer with the headers that Clair gives it, and returns the bytes of its body as they were sent. Content is never
 * compressed where there is none.
 */
export async function writeAnswer(
  response: ServerResponse,
  answer: ApiAnswer,
  writing: Writing,
): Promise<number> {
  response.setHeader('Server', 'clair');
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
  if (answer.stream !== undefined) {
    return await writeStream(response, answer.stream, answer, writing);
  }
  const text = answer.body === undefined ? (answer.text ?? '') : encodeGoJson(answer.body);
  let content = Buffer.from(text);
  if (content.length > 0) {
    describe(response, answer, writing);
    if (writing.isGzipped) content = await compressed(content);
  }
  response.setHeader('Content-Length', content.length);
  response.writeHead(answer.status).end(content);
  if (response.writableLength > 0) noteUnread(response, writing);
  return content.length;
}

/** Bounds how long and how much of an answer may wait for the client. Most are taken before this is reached. */
function noteUnread(response: ServerResponse, { unread, stallMs = limits.unreadMs }: Writing): void {
  const drop = (): void => {
    response.destroy();
  };
  response.setTimeout(stallMs, drop);
  if (unread === undefined) return;
  const answer = { bytes: () => (response.destroyed ? 0 : response.writableLength), drop };
  unread.add(answer);
  response.once('close', () => {
    unread.delete(answer);
  });
}

/** The first piece is waited for before the status is written: until then, a failure can still be told. */
async function writeStream(
  response: ServerResponse,
  stream: AsyncIterable<string>,
  answer: ApiAnswer,
  writing: Writing,
): Promise<number> {
  const { signal = new AbortController().signal, stallMs } = writing;
  if (stallMs !== undefined) response.setTimeout(stallMs, () => response.destroy());
  const pieces = stream[Symbol.asyncIterator]();
  const first = await Promise.race([pieces.next(), untilAborted(signal)]);
  describe(response, answer, writing);
  response.writeHead(answer.status);
  let bytes = 0;
  const count = (piece: string | Uint8Array): void => {
    bytes += Buffer.byteLength(piece);
  };
  const all = withFirst(first, pieces);
  // Pieces are large: one is enough ahead of the client.
  const source = Readable.from(writing.isGzipped ? all : counted(all, count), { highWaterMark: 1 });
  if (writing.isGzipped) {
    const gzipped = createGzip();
    const written = pipeline(source, gzipped, response, { signal });
    gzipped.on('data', count);
    await written;
  } else await pipeline(source, response, { signal });
  return bytes;
}

async function* counted(
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

function describe(response: ServerResponse, { contentType }: ApiAnswer, { isGzipped }: Writing): void {
  response.setHeader('Content-Type', contentType ?? 'application/json;charset=utf-8');
  if (isGzipped) response.setHeader('Content-Encoding', 'gzip');
}
