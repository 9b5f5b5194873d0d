import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { BytesSink, Inflater } from './inflater.ts';
import { ZstdFrames } from './zstd-frames.ts';

const chunkBytes = 1024 * 1024;

/** Inflates with the public streams of node:zlib: one for all members of gzip, one for each frame of zstd. */
export class StreamInflater implements Inflater {
  readonly #compression: 'gzip' | 'zstd';
  readonly #sink: BytesSink;
  readonly #frames: ZstdFrames = new ZstdFrames();
  #member: Member | undefined;

  constructor(compression: 'gzip' | 'zstd', sink: BytesSink) {
    this.#compression = compression;
    this.#sink = sink;
  }

  async push(bytes: Buffer): Promise<void> {
    const pieces = this.#compression === 'gzip' ? [{ bytes, isLast: false }] : this.#frames.push(bytes);
    for (const piece of pieces) {
      this.#member ??= new Member(this.#compression, this.#sink);
      await this.#member.write(piece.bytes);
      if (piece.isLast) await this.end();
    }
  }

  async end(): Promise<void> {
    await this.#member?.end();
    this.#member = undefined;
  }
}

/** One stream being inflated. */
class Member {
  readonly #stream: ReturnType<typeof createGunzip> | ReturnType<typeof createZstdDecompress>;
  #sinkFailure: Error | undefined;

  constructor(compression: 'gzip' | 'zstd', sink: BytesSink) {
    const options = { chunkSize: chunkBytes };
    this.#stream = compression === 'gzip' ? createGunzip(options) : createZstdDecompress(options);
    this.#stream.on('error', () => undefined); // reported by write and end
    this.#stream.on('data', (bytes: Buffer) => {
      try {
        sink(bytes);
      } catch (error) {
        this.#sinkFailure ??= error instanceof Error ? error : new Error(String(error));
        this.#stream.destroy(new Error('the reader of the inflated bytes failed'));
      }
    });
  }

  async write(bytes: Buffer): Promise<void> {
    this.#check();
    // The caller may reuse its buffer at once, and the stream reads it later.
    if (!this.#stream.write(Buffer.from(bytes))) await once(this.#stream, 'drain').catch(() => undefined);
    this.#check();
  }

  async end(): Promise<void> {
    const done = finished(this.#stream);
    this.#stream.end();
    await done.catch(() => undefined);
    this.#check();
  }

  #check(): void {
    if (this.#sinkFailure !== undefined) throw this.#sinkFailure;
    if (this.#stream.errored) throw this.#stream.errored;
  }
}
