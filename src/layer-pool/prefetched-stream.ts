import { settlesWithin } from '../kit/async/timeout.ts';

/** A stream that fetches its first chunk before it is iterated. */
export class PrefetchedStream implements AsyncIterable<Uint8Array> {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #firstChunk: Promise<IteratorResult<Uint8Array>>;

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#chunks = stream[Symbol.asyncIterator]();
    this.#firstChunk = this.#chunks.next();
    // The error reaches the consumer when it awaits the chunk. Until then it must not count as unhandled.
    this.#firstChunk.catch(() => undefined);
  }

  /** Waits for the first chunk. Throws if the stream fails. */
  async waitForFirstChunk(): Promise<void> {
    await this.#firstChunk;
  }

  /** Whether the first chunk arrives within `ms` milliseconds. Throws if the stream fails. */
  async hasFirstChunkWithin(ms: number): Promise<boolean> {
    return await settlesWithin(this.#firstChunk, ms);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (let next = await this.#firstChunk; next.done !== true; next = await this.#chunks.next())
      yield next.value;
  }
}
