import { readSync } from 'node:fs';
import type { FileRange } from '../tar/walk-by-seeking.ts';

/** Makes the bytes of a file from `start` to before `end` valid, as far as the file has them. Throws if they cannot be read. */
export type LoadBytes = (start: number, end: number) => void;

/** The content of a file, of which parts are read on demand. Bytes are valid only after `load`. */
export interface PartlyRead {
  readonly bytes: Buffer;
  readonly load: LoadBytes;
}

/** Loads the bytes of a file that is in memory as a whole: there is nothing to do. */
export const loadNothing: LoadBytes = () => undefined;

const pageBytes = 4096;
/** Smaller files are read at once. Two reads of the system take as long as this many bytes. */
const wholeBytes: number = 16 * pageBytes;

/** A file on disk whose pages are read when they are needed, each once. */
export class FilePages implements PartlyRead {
  readonly bytes: Buffer;
  readonly #range: FileRange;
  readonly #pageBytes: number;
  readonly #isLoaded: Uint8Array;
  readonly #loadedMax: number;
  #loaded = 0;

  /** `bytes` is memory of the size of the file, whose content does not matter. `loadedMax` is the number of bytes that may be read. */
  constructor(range: FileRange, bytes: Buffer, loadedMax: number) {
    this.bytes = bytes;
    this.#range = range;
    this.#loadedMax = loadedMax;
    this.#pageBytes = range.size <= wholeBytes ? wholeBytes : pageBytes;
    this.#isLoaded = new Uint8Array(Math.ceil(range.size / this.#pageBytes));
  }

  /** Whether more bytes were needed than may be read. */
  get isTooLarge(): boolean {
    return this.#loaded > this.#loadedMax;
  }

  readonly load: LoadBytes = (start, end) => {
    const last = Math.ceil(Math.min(end, this.#range.size) / this.#pageBytes);
    let page = Math.floor(Math.max(start, 0) / this.#pageBytes);
    while (page < last) {
      const from = page;
      while (page < last && this.#isLoaded[page] === 0) page++;
      if (page > from) this.#read(from, page);
      else page++;
    }
  };

  /** Reads pages that follow each other. */
  #read(first: number, end: number): void {
    const { file, offset, size } = this.#range;
    const from = first * this.#pageBytes;
    const to = Math.min(end * this.#pageBytes, size);
    this.#loaded += to - from;
    if (this.isTooLarge) throw new Error(`more than ${this.#loadedMax} bytes of it are needed`);
    for (let at = from; at < to; ) {
      const count = readSync(file, this.bytes, at, to - at, offset + at);
      if (count === 0) throw new Error('it ends early');
      at += count;
    }
    this.#isLoaded.fill(1, first, end);
  }
}
