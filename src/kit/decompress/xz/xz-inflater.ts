import { crc32 } from 'node:zlib';
import { type BytesSink, InflateError, type Inflater } from '../inflater.ts';
import { PendingInput } from '../pending-input.ts';
import { type BlockCheck, blockCheckOf } from './block-check.ts';
import { type BlockHeader, parseBlockHeader } from './block-header.ts';
import { BlockSums, IndexReader } from './index-reader.ts';
import { Lzma2Decoder } from './lzma2-decoder.ts';

type State = 'stream-header' | 'block-or-index' | 'chunks' | 'block-end' | 'index' | 'footer' | 'padding';

const magic = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]);
const footerMagic = 'YZ';

/** A block being read. */
interface Block extends BlockHeader {
  readonly headerBytes: number;
  /** Position of its first chunk. */
  readonly start: number;
}

/**
 * Inflates xz: any number of streams with any number of blocks. Every checksum is checked. The xz file format 1.2.1. Memory is one chunk of
 * input, at most 64 KiB, and the bytes that matches may refer to.
 */
export class XzInflater implements Inflater {
  readonly #sink: BytesSink;
  readonly #input = new PendingInput();
  readonly #lzma2 = new Lzma2Decoder();
  #state: State = 'stream-header';
  #flags = 0;
  #check: BlockCheck | undefined;
  #block: Block | undefined;
  #chunkBytes = 0;
  #inflatedBytes = 0;
  #blocks = new BlockSums();
  #index: IndexReader | undefined;

  constructor(sink: BytesSink) {
    this.#sink = sink;
  }

  push(bytes: Buffer): void {
    this.#input.append(bytes);
    while (this.#step());
    // An archive may hold many complete streams whose end is not read yet, such as layers.
    if (this.#state !== 'padding' || this.#input.available > 0) return;
    this.#input.release();
    this.#lzma2.release();
  }

  end(): void {
    const { available, position } = this.#input;
    if (this.#state !== 'padding' || available > 0)
      throw new InflateError('the xz data is cut short', position + available);
  }

  /** Reads the next part. Returns false until it is complete. */
  #step(): boolean {
    switch (this.#state) {
      case 'stream-header':
        return this.#streamHeader();
      case 'block-or-index':
        return this.#blockOrIndex();
      case 'chunks':
        return this.#chunk();
      case 'block-end':
        return this.#blockEnd();
      case 'index':
        return this.#readIndex();
      case 'footer':
        return this.#footer();
      case 'padding':
        return this.#padding();
    }
  }

  #streamHeader(): boolean {
    const header = this.#input.take(12);
    if (header === undefined) return false;
    if (!header.subarray(0, 6).equals(magic)) throw this.#error('no xz stream where one must begin');
    if (crc32(header.subarray(6, 8)) !== header.readUInt32LE(8))
      throw this.#error('a stream header is damaged');
    this.#flags = header.readUInt16BE(6);
    this.#check = blockCheckOf(this.#flags);
    if (this.#check === undefined) throw this.#error(`the unknown check ${this.#flags}`);
    this.#blocks = new BlockSums();
    this.#state = 'block-or-index';
    return true;
  }

  #blockOrIndex(): boolean {
    const input = this.#input;
    if (input.available === 0) return false;
    const size = input.bytes[input.at] ?? 0;
    if (size === 0) {
      this.#index = new IndexReader(input);
      this.#state = 'index';
      return true;
    }
    const headerBytes = (size + 1) * 4;
    const bytes = input.take(headerBytes);
    if (bytes === undefined) return false;
    const header = parseBlockHeader(bytes);
    if (typeof header === 'string') throw this.#error(header);
    this.#block = { ...header, headerBytes, start: input.position };
    this.#inflatedBytes = 0;
    this.#lzma2.start(header.dictionaryBytes);
    this.#state = 'chunks';
    return true;
  }

  #chunk(): boolean {
    const chunk = this.#lzma2.next(this.#input);
    if (chunk === undefined) return false;
    if (chunk === 'end') {
      this.#chunkBytes = this.#input.position - (this.#block?.start ?? 0);
      this.#state = 'block-end';
    } else {
      this.#check?.update(chunk);
      this.#inflatedBytes += chunk.length;
      this.#sink(chunk);
    }
    return true;
  }

  #blockEnd(): boolean {
    const [block, check] = [this.#block, this.#check];
    if (block === undefined || check === undefined) return false;
    const paddingBytes = -this.#chunkBytes & 3;
    const end = this.#input.take(paddingBytes + check.sizeBytes);
    if (end === undefined) return false;
    const isPadded = end.subarray(0, paddingBytes).every((byte) => byte === 0);
    const isAsClaimed =
      (block.compressedBytes ?? this.#chunkBytes) === this.#chunkBytes &&
      (block.inflatedBytes ?? this.#inflatedBytes) === this.#inflatedBytes;
    if (!isPadded || !isAsClaimed) throw this.#error('a block is not as long as it claims');
    if (!check.digest().equals(end.subarray(paddingBytes))) throw this.#error('a block has another checksum');
    this.#blocks.add(block.headerBytes + this.#chunkBytes + check.sizeBytes, this.#inflatedBytes);
    this.#state = 'block-or-index';
    return true;
  }

  #readIndex(): boolean {
    const sums = this.#index?.read();
    if (sums === undefined) return false;
    if (!sums.equals(this.#blocks)) throw this.#error('the index does not match the blocks');
    this.#state = 'footer';
    return true;
  }

  #footer(): boolean {
    const footer = this.#input.take(12);
    if (footer === undefined) return false;
    const isWhole =
      crc32(footer.subarray(4, 10)) === footer.readUInt32LE(0) &&
      (footer.readUInt32LE(4) + 1) * 4 === this.#index?.sizeBytes &&
      footer.readUInt16BE(8) === this.#flags &&
      footer.toString('latin1', 10) === footerMagic;
    if (!isWhole) throw this.#error('a stream footer is damaged');
    this.#state = 'padding';
    return true;
  }

  /** Padding of zeros in multiples of four may follow each stream. */
  #padding(): boolean {
    const { bytes, at, available } = this.#input;
    if (available < 4) return false;
    if (bytes.readUInt32LE(at) === 0) this.#input.at += 4;
    else this.#state = 'stream-header';
    return true;
  }

  #error(message: string): InflateError {
    return new InflateError(message, this.#input.position);
  }
}
