import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress } from 'node:zlib';

/** The content as one zstd frame. Fails as the content fails. */
export async function* zstdCompress(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const compress = createZstdCompress();
  const fed = pipeline(Readable.from(content, { objectMode: false }), compress);
  // Whoever reads is told of a failure by the stream itself.
  fed.catch(() => undefined);
  yield* compress as AsyncIterable<Uint8Array>;
  await fed;
}
