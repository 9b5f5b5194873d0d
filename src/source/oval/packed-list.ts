import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** Bytes of JSON text per compressed block. */
const blockBytes = 128 * 1024;
const newline = 0x0a;

/** A list of JSON values that is too large for memory. Stores compressed blocks and reads them from the start. */
export class PackedList<T> {
  readonly #blocks: { readonly bytes: Uint8Array; readonly length: number }[] = [];
  #block: Buffer = Buffer.allocUnsafeSlow(blockBytes);
  #length = 0;

  push(value: T): void {
    // JSON text of `JSON.stringify` contains no line break.
    const line = `${JSON.stringify(value)}\n`;
    const length = Buffer.byteLength(line);
    if (this.#length + length > this.#block.length) this.#pack();
    if (length > this.#block.length) this.#block = Buffer.allocUnsafeSlow(length);
    this.#length += this.#block.write(line, this.#length);
  }

  *[Symbol.iterator](): Generator<T> {
    for (const { bytes, length } of this.#blocks) {
      const block = zstdDecompressSync(bytes, { chunkSize: length + 1, maxOutputLength: length + 1 });
      yield* values<T>(block);
      release(block);
    }
    yield* values<T>(this.#block.subarray(0, this.#length));
  }

  #pack(): void {
    if (this.#length === 0) return;
    const packed = zstdCompressSync(this.#block.subarray(0, this.#length), {
      chunkSize: this.#block.length,
      params: { [constants.ZSTD_c_compressionLevel]: 1 },
    });
    // A copy: the output is a small part of a large buffer.
    this.#blocks.push({ bytes: Uint8Array.from(packed), length: this.#length });
    release(packed);
    this.#length = 0;
  }
}

function* values<T>(lines: Buffer): Generator<T> {
  for (let from = 0; from < lines.length; ) {
    const to = lines.indexOf(newline, from);
    yield JSON.parse(lines.toString('utf8', from, to)) as T;
    from = to + 1;
  }
}

/** Frees the memory of an unused buffer at once: the garbage collector would let tens of megabytes accumulate. */
function release({ buffer }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength >= blockBytes) buffer.transfer(0);
}
