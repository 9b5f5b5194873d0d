import type { Readable } from 'node:stream';

/**
 * The pieces of a stream as they come, one at a time; the stream is done with when their reader is. Iterating over the stream itself joins
 * small pieces to larger ones, and of what is only read once the copies are most of the work: the collector of garbage has to take them away.
 */
export async function* readChunks(stream: Readable): AsyncGenerator<Buffer, undefined> {
  const waiting: Buffer[] = [];
  let end = endOf(stream);
  let change = Promise.withResolvers<undefined>();
  const wake = (): void => {
    change.resolve(undefined);
  };
  stream.on('data', (piece: Buffer) => {
    waiting.push(piece);
    stream.pause();
    wake();
  });
  stream.on('error', wake).on('end', wake).on('close', wake);
  try {
    for (;;) {
      for (let piece = waiting.shift(); piece !== undefined; piece = waiting.shift()) yield piece;
      end ??= endOf(stream);
      if (end?.error != null) throw end.error;
      if (end !== undefined) return;
      change = Promise.withResolvers();
      stream.resume();
      await change.promise;
    }
  } finally {
    stream.destroy();
  }
}

function endOf(stream: Readable): { readonly error: Error | null } | undefined {
  return stream.readableEnded || stream.destroyed ? { error: stream.errored } : undefined;
}
