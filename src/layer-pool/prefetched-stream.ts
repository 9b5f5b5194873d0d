import { settlesWithin } from '../kit/async/timeout.ts';

/** A stream whose first bytes can be waited for before the rest is read. */
export class PrefetchedStream implements AsyncIterable<Uint8Array> {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #firstChunk: Promise<IteratorResult<Uint8Array>>;

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#chunks = stream[Symbol.asyncIterator]();
    this.#firstChunk = this.#chunks.next();
    // Whoever waits is told of a failure; nobody may be waiting just then.
    this.#firstChunk.catch(() => undefined);
  }

  /** Waits until something came. Fails as the stream does. */
  async waitForFirstChunk(): Promise<void> {
    await this.#firstChunk;
  }

  /** Whether something comes within so long. Fails as the stream does. */
  async hasFirstChunkWithin(ms: number): Promise<boolean> {
    return await settlesWithin(this.#firstChunk, ms);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (let next = await this.#firstChunk; next.done !== true; next = await this.#chunks.next())
      yield next.value;
  }
}
