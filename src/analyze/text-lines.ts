import { bufferView } from '../kit/bytes/bytes.ts';

const windowBytes = 256 * 1024;
const lineFeed = 0x0a;

/**
 * Iterates over the lines of a text file. Decodes chunks of whole lines, so that at most one chunk is held as a string.
 * A line longer than a chunk, which no real database has, is cut.
 */
export class Lines {
  readonly #content: Buffer;
  /** Start of the next chunk. */
  #next = 0;
  /**
   * The chunk that contains the current line. One byte is one character: native code finds the lines, and an index of
   * the text is an index of the bytes.
   */
  text = '';
  bytes: Buffer = Buffer.alloc(0);
  /** Start of the current line; `end` excludes its line feed. */
  start = 0;
  end = -1;
  /** Whether the current line was cut. It then fills the chunk. */
  isCut = false;

  constructor(content: Uint8Array) {
    this.#content = bufferView(content);
  }

  /** Moves to the next line. Returns false at the end. */
  next(): boolean {
    this.start = this.end + 1;
    if (this.start >= this.text.length && !this.#load()) return false;
    const end = this.text.indexOf('\n', this.start);
    this.end = end === -1 ? this.text.length : end;
    return true;
  }

  /** Returns the current line as UTF-8, up to a number of bytes. */
  beginning(bytesMax: number): string {
    return this.bytes.toString('utf8', this.start, Math.min(this.end, this.start + bytesMax));
  }

  #load(): boolean {
    const content = this.#content;
    const from = this.#next;
    if (from >= content.length) return false;
    const limit = Math.min(from + windowBytes, content.length);
    const lastEnd = limit === content.length ? limit : content.lastIndexOf(lineFeed, limit - 1);
    const isCut = lastEnd < from;
    this.bytes = content.subarray(from, isCut ? limit : lastEnd + 1);
    this.text = this.bytes.toString('latin1');
    this.#next = isCut ? placeAfterLine(content, limit) : lastEnd + 1;
    this.start = 0;
    this.isCut = isCut;
    return true;
  }
}

function placeAfterLine(content: Buffer, from: number): number {
  const end = content.indexOf(lineFeed, from);
  return end === -1 ? content.length : end + 1;
}
