import type { Readable } from 'node:stream';

/**
 * Yields the chunks of a stream as they arrive, one at a time. Destroys the stream when its reader ends. Iterating over the stream itself
 * would join small chunks into larger ones. For data that is read only once, these copies and their garbage collection are most of the
 * work.
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
