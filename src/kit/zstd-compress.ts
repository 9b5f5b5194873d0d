import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress } from 'node:zlib';

/** Compresses the content as one zstd frame. Fails if the content fails. */
export async function* zstdCompress(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const compress = createZstdCompress();
  const fed = pipeline(Readable.from(content, { objectMode: false }), compress);
  // The stream itself passes the failure on to its reader.
  fed.catch(() => undefined);
  yield* compress as AsyncIterable<Uint8Array>;
  await fed;
}
