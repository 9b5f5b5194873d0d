import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** Bytes of texts per compressed block. */
const blockBytes = 128 * 1024;
/** Bytes of line and length before each text. */
const headBytes = 8;

/** The text of a record, and the line of the document on which it starts. */
export interface PackedText {
  /** Valid until the next text is requested. */
  readonly bytes: Buffer;
  readonly line: number;
}

/** A list of texts that is too large for memory. Stores compressed blocks and reads them from the start. */
export class PackedTexts {
  readonly #blocks: { readonly bytes: Uint8Array; readonly length: number }[] = [];
  #block: Buffer = Buffer.allocUnsafeSlow(blockBytes);
  #length = 0;

  push({ bytes, line }: PackedText): void {
    const length = headBytes + bytes.length;
    if (this.#length + length > this.#block.length) this.#pack();
    if (length > this.#block.length) this.#block = Buffer.allocUnsafeSlow(length);
    this.#block.writeUInt32LE(line, this.#length);
    this.#block.writeUInt32LE(bytes.length, this.#length + 4);
    this.#block.set(bytes, this.#length + headBytes);
    this.#length += length;
  }

  *[Symbol.iterator](): Generator<PackedText> {
    for (const { bytes, length } of this.#blocks) {
      const block = zstdDecompressSync(bytes, { chunkSize: length + 1, maxOutputLength: length + 1 });
      yield* texts(block);
      release(block);
    }
    yield* texts(this.#block.subarray(0, this.#length));
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

function* texts(block: Buffer): Generator<PackedText> {
  for (let at = 0; at < block.length; ) {
    const start = at + headBytes;
    const end = start + block.readUInt32LE(at + 4);
    yield { bytes: block.subarray(start, end), line: block.readUInt32LE(at) };
    at = end;
  }
}

/** Frees the memory of an unused buffer at once: the garbage collector would let tens of megabytes accumulate. */
function release({ buffer }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength >= blockBytes) buffer.transfer(0);
}
