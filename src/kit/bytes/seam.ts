/**
 * The place where two pieces of a stream meet. Finds a byte sequence that begins in one piece and ends in the next. Takes memory once, since
 * a file has thousands of pieces.
 */
export class Seam {
  readonly #needle: Buffer;
  /** The last bytes of the stream so far, one fewer than the sequence has, with space for as many of the next piece. */
  readonly #bytes: Buffer;
  #tailLength = 0;
  #length = 0;

  constructor(needle: Buffer) {
    this.#needle = needle;
    this.#bytes = Buffer.alloc(2 * (needle.length - 1));
  }

  /** Number of bytes that it keeps of the pieces so far. */
  get tailLength(): number {
    return this.#tailLength;
  }

  /** Returns the position of the first sequence in the kept bytes and the start of the next piece. -1 if it is missing. */
  indexIn(piece: Buffer): number {
    if (this.#tailLength === 0) return -1;
    this.#length = this.#tailLength + piece.copy(this.#bytes, this.#tailLength, 0, this.#needle.length - 1);
    return this.nextIndex(0);
  }

  /** Returns the position of the first sequence from a position on, after `indexIn`. -1 if it is missing. */
  nextIndex(from: number): number {
    const at = this.#bytes.indexOf(this.#needle, from);
    return at + this.#needle.length <= this.#length ? at : -1;
  }

  /** Keeps the end of a piece. */
  keep(piece: Buffer): void {
    const overlap = this.#needle.length - 1;
    const keptLength = Math.max(0, Math.min(this.#tailLength, overlap - piece.length));
    this.#bytes.copyWithin(0, this.#tailLength - keptLength, this.#tailLength);
    this.#tailLength = keptLength + piece.copy(this.#bytes, keptLength, Math.max(0, piece.length - overlap));
  }
}
