import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { type Compression, compressionOf, magicBytes } from './compression.ts';
import { InflateError, type Inflater } from './inflater.ts';
import { inflaterFor } from './inflater-for.ts';

/** Compressed bytes that are inflated at once. Their output waits in memory until the reader takes it. */
const sliceBytes = 16 * 1024;

/**
 * Inflates a stream by the compression of its first bytes. An uncompressed stream is unchanged. Reads no more than the caller requests.
 * Throws an `InflateError` with the name of the stream if it is damaged or cut short. Throws `limit-exceeded` if its ratio is excessive.
 * Also throws any error of the stream.
 */
export async function* inflateStream(
  body: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array> {
  let inflation: StreamInflation | undefined;
  let start: Uint8Array = Buffer.alloc(0);
  for await (const piece of body) {
    if (inflation === undefined) {
      start = start.length === 0 ? piece : Buffer.concat([start, piece]);
      if (start.length < magicBytes) continue;
      inflation = new StreamInflation(compressionOf(start), name);
      yield* inflation.through(start);
    } else {
      yield* inflation.through(piece);
    }
  }
  if (inflation === undefined) {
    inflation = new StreamInflation(compressionOf(start), name);
    yield* inflation.through(start);
  }
  yield* inflation.end();
}

/** A stream that is being inflated, with counts of both sides. */
class StreamInflation {
  readonly #name: string;
  readonly #inflater: Inflater | undefined;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #bytesIn = 0;
  #bytesOut = 0;

  constructor(compression: Compression, name: string) {
    this.#name = name;
    if (compression === 'none') return;
    this.#inflater = inflaterFor(compression, (bytes) => {
      this.#take(bytes);
    });
  }

  /** Yields the inflated bytes of the next piece. */
  async *through(piece: Uint8Array): AsyncGenerator<Uint8Array> {
    if (this.#inflater === undefined) {
      this.#bytesIn += piece.length;
      this.#count(piece.length);
      yield piece;
      return;
    }
    for (let from = 0; from < piece.length; from += sliceBytes) {
      const slice = Buffer.from(
        piece.buffer,
        piece.byteOffset + from,
        Math.min(sliceBytes, piece.length - from),
      );
      this.#bytesIn += slice.length;
      yield* await this.#inflate(() => this.#inflater?.push(slice));
    }
  }

  /** Yields the rest at the end. */
  async *end(): AsyncGenerator<Uint8Array> {
    yield* await this.#inflate(() => this.#inflater?.end());
  }

  async #inflate(work: () => void | Promise<void>): Promise<Buffer[]> {
    try {
      const pending = work();
      if (pending !== undefined) await pending;
    } catch (error) {
      if (error instanceof ClairError) throw error;
      const { reason, position } =
        error instanceof InflateError ? error : { reason: messageOf(error), position: this.#bytesIn };
      throw new InflateError(reason, position, this.#name, { cause: error });
    }
    const inflatedBytes = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    return inflatedBytes;
  }

  #take(bytes: Buffer): void {
    this.#count(bytes.length);
    this.#waitingBytes += bytes.length;
    // The output of a single slice is checked by itself, since all of it waits in memory.
    const isBomb =
      this.#waitingBytes > limits.inflateRatioFromBytes ||
      (this.#bytesOut > limits.inflateRatioFromBytes && this.#bytesOut > this.#bytesIn * limits.inflateRatio);
    if (isBomb) throw this.#beyond(`${limits.inflateRatio} times its size`);
    this.#waiting.push(Buffer.from(bytes));
  }

  #count(bytes: number): void {
    this.#bytesOut += bytes;
    if (this.#bytesOut > limits.feedBytes) throw this.#beyond(`${limits.feedBytes} bytes`);
  }

  #beyond(measure: string): ClairError {
    return new ClairError('limit-exceeded', `${this.#name} holds more than ${measure} once decompressed`);
  }
}
