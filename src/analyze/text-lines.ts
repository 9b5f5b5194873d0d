import { bufferView } from '../kit/bytes/buffer-view.ts';

const windowBytes = 256 * 1024;
const lineFeed = 0x0a;

/**
 * Walks over the lines of a file of text, which is decoded in pieces of whole lines, so that no more than a piece of it is ever
 * held as a string. A line longer than a piece, as no database has any, is cut to its length.
 */
export class Lines {
  readonly #content: Buffer;
  /** Where the next piece begins. */
  #next = 0;
  /**
   * The piece in which the present line stands. One byte is one character here: lines are found by native code, and a place in the
   * text is a place in the bytes.
   */
  text = '';
  bytes: Buffer = Buffer.alloc(0);
  /** The present line, without its line feed. */
  start = 0;
  end = -1;
  /** Whether the present line was cut: it is then all of the piece. */
  isCut = false;

  constructor(content: Uint8Array) {
    this.#content = bufferView(content);
  }

  /** Goes to the next line; false when there is none. */
  next(): boolean {
    this.start = this.end + 1;
    if (this.start >= this.text.length && !this.#load()) return false;
    const end = this.text.indexOf('\n', this.start);
    this.end = end === -1 ? this.text.length : end;
    return true;
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
