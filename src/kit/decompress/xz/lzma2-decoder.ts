import { limits } from '../../../core/limits.ts';
import { InflateError } from '../inflater.ts';
import type { PendingInput } from '../pending-input.ts';
import { LzmaDecoder } from './lzma-decoder.ts';
import { Window } from './window.ts';

/** Control bytes: the kind of a chunk and the state that it resets. The xz file format, section 5.3.1. */
const endOfChunks = 0;
const storedAfterClear = 1;
const storedMax = 2;
const compressed = 0x80;
const withNewState = 0xa0;
const withNewProperties = 0xc0;
const withClear = 0xe0;

/** Decodes the chunks of LZMA2. */
export class Lzma2Decoder {
  readonly #window = new Window();
  readonly #lzma = new LzmaDecoder(this.#window);
  #isCleared = false;
  #hasState = false;
  #hasProperties = false;

  /** Begins a block. Its matches refer back at most `dictionaryBytes`. */
  start(dictionaryBytes: number): void {
    this.#window.clear(Math.min(dictionaryBytes, limits.inflateWindowBytes));
    this.#isCleared = this.#hasState = this.#hasProperties = false;
  }

  /** Frees the memory between two blocks. */
  release(): void {
    this.#window.release();
  }

  /**
   * Decodes the next chunk. Its bytes are valid until the next call. Returns undefined if more input is needed, and `end` after the last
   * chunk. Throws an `InflateError` if the chunk is damaged.
   */
  next(input: PendingInput): Buffer | 'end' | undefined {
    if (input.available === 0) return undefined;
    const control = input.bytes[input.at] ?? 0;
    if (control === endOfChunks) {
      input.at++;
      return 'end';
    }
    if (control > storedMax && control < compressed) throw damaged(input, 'a chunk of an unknown kind');
    const chunk = chunkOf(control, input);
    if (chunk === undefined) return undefined;
    this.#begin(control, input);
    const window = this.#window;
    window.ensureCapacity(chunk.size);
    if (control <= storedMax) window.append(input.bytes.subarray(chunk.from, chunk.to));
    else this.#decode(control, chunk, input);
    input.at = chunk.to;
    return window.bytes.subarray(window.at - chunk.size, window.at);
  }

  #begin(control: number, input: PendingInput): void {
    if (control >= withClear || control === storedAfterClear) {
      this.#window.clear();
      this.#isCleared = true;
      this.#hasProperties = false;
    }
    if (!this.#isCleared) throw damaged(input, 'a chunk refers to data before its block');
  }

  #decode(control: number, { from, to, size }: Chunk, input: PendingInput): void {
    if (control >= withNewProperties) {
      const properties = input.bytes[from - 1] ?? 0;
      if (!this.#lzma.setProperties(properties)) throw damaged(input, 'a chunk with impossible properties');
      this.#hasProperties = true;
    }
    if (control >= withNewState) {
      this.#lzma.reset();
      this.#hasState = true;
    }
    if (!this.#hasProperties || !this.#hasState)
      throw damaged(input, 'a chunk continues a state that never began');
    const fault = this.#lzma.decode(input.bytes, from, to, size);
    if (fault !== undefined) throw damaged(input, fault);
  }
}

/** A chunk in the input: the range of its stored bytes, and how many bytes they decode to. */
interface Chunk {
  readonly from: number;
  readonly to: number;
  readonly size: number;
}

/** The next chunk. Undefined until it is complete. */
function chunkOf(control: number, { bytes, at, available }: PendingInput): Chunk | undefined {
  const isStored = control <= storedMax;
  const headerBytes = isStored ? 3 : control < withNewProperties ? 5 : 6;
  if (available < headerBytes) return undefined;
  const storedBytes = bytes.readUInt16BE(at + (isStored ? 1 : 3)) + 1;
  if (available < headerBytes + storedBytes) return undefined;
  const size = isStored ? storedBytes : ((control & 0x1f) << 16) + bytes.readUInt16BE(at + 1) + 1;
  const from = at + headerBytes;
  return { from, to: from + storedBytes, size };
}

function damaged(input: PendingInput, fault: string): InflateError {
  return new InflateError(fault, input.position);
}
