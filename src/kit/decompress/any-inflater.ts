import { type Compression, compressionOf, magicBytes } from './compression.ts';
import type { BlockObserver, BytesSink, Inflater } from './inflater.ts';
import { inflaterFor } from './inflater-for.ts';

/** Inflates bytes by the compression of their first ones. Uncompressed bytes are passed on unchanged. */
export class AnyInflater implements Inflater {
  readonly #sink: BytesSink;
  readonly #blocks: BlockObserver | undefined;
  /** The first bytes, while they are too few for detection. */
  #start: Buffer = Buffer.alloc(0);
  #inflater: Inflater | undefined;
  #compression: Compression | undefined;

  constructor(sink: BytesSink, blocks?: BlockObserver) {
    this.#sink = sink;
    this.#blocks = blocks;
  }

  /** The detected compression. Undefined while there are too few bytes. */
  get compression(): Compression | undefined {
    return this.#compression;
  }

  push(bytes: Buffer): void | Promise<void> {
    if (this.#inflater !== undefined) return this.#inflater.push(bytes);
    const start = this.#start.length === 0 ? bytes : Buffer.concat([this.#start, bytes]);
    if (start.length >= magicBytes) return this.#begin(start).push(start);
    this.#start = Buffer.from(start);
    return undefined;
  }

  end(): void | Promise<void> {
    if (this.#inflater !== undefined) return this.#inflater.end();
    const inflater = this.#begin(this.#start);
    const pushed = inflater.push(this.#start);
    return pushed === undefined ? inflater.end() : pushed.then(() => inflater.end());
  }

  #begin(start: Buffer): Inflater {
    this.#compression = compressionOf(start);
    this.#inflater = inflaterFor(this.#compression, this.#sink, this.#blocks);
    return this.#inflater;
  }
}
