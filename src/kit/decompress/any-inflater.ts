import { type Compression, compressionOf, magicBytes } from './compression.ts';
import type { BytesSink, Inflater } from './inflater.ts';
import { inflaterFor } from './inflater-for.ts';

/** Inflates bytes that are compressed as their first ones show; those without any compression come out as they are. */
export class AnyInflater implements Inflater {
  readonly #sink: BytesSink;
  /** What came before there was enough to tell. */
  #start: Buffer = Buffer.alloc(0);
  #inflater: Inflater | undefined;
  #compression: Compression | undefined;

  constructor(sink: BytesSink) {
    this.#sink = sink;
  }

  /** How the bytes are compressed; undefined before there was enough to tell. */
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
    this.#inflater = inflaterFor(this.#compression, this.#sink);
    return this.#inflater;
  }
}
