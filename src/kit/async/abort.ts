/** Yields pieces until the signal aborts. Then throws the reason of the signal, at the next piece or at the end. */
export async function* abortable<T>(signal: AbortSignal, pieces: AsyncIterable<T>): AsyncGenerator<T> {
  for await (const piece of pieces) {
    signal.throwIfAborted();
    yield piece;
  }
  signal.throwIfAborted();
}
