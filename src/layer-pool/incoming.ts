import { isDoneWithin } from '../kit/in-time.ts';

/** A stream whose first bytes can be waited for before the rest is read. */
export class Incoming implements AsyncIterable<Uint8Array> {
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #first: Promise<IteratorResult<Uint8Array>>;

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#pieces = stream[Symbol.asyncIterator]();
    this.#first = this.#pieces.next();
    // Whoever waits is told of a failure; nobody may be waiting just then.
    this.#first.catch(() => undefined);
  }

  /** Waits until something came. Fails as the stream does. */
  async flows(): Promise<void> {
    await this.#first;
  }

  /** Whether something comes within so long. Fails as the stream does. */
  async flowsWithin(ms: number): Promise<boolean> {
    return await isDoneWithin(this.#first, ms);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (let next = await this.#first; next.done !== true; next = await this.#pieces.next()) yield next.value;
  }
}
