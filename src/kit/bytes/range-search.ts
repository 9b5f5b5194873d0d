/**
 * Searches a range of a file for a byte sequence while the file streams by. Pieces must come in order and without gaps. How they are cut
 * does not change the result.
 */
export class RangeSearch {
  readonly #needle: Buffer;
  readonly #start: number;
  readonly #end: number;
  /** The last bytes of the range so far, one fewer than the sequence has, with space for as many of the next piece. */
  readonly #seam: Buffer;
  #tailLength = 0;
  #isFound = false;

  constructor(needle: Buffer, start: number, end: number) {
    this.#needle = needle;
    this.#start = start;
    this.#end = end;
    this.#seam = Buffer.alloc(2 * (needle.length - 1));
  }

  get isFound(): boolean {
    return this.#isFound;
  }

  /** Returns the next position at which it needs bytes. Infinite if nothing can change the result. */
  nextPosition(position: number): number {
    const isOver = this.#isFound || position >= this.#end;
    return isOver ? Number.POSITIVE_INFINITY : Math.max(position, this.#start);
  }

  /** Takes the piece of the file that begins at this position. */
  push(piece: Buffer, position: number): void {
    const from = Math.max(this.#start - position, 0);
    const to = Math.min(this.#end - position, piece.length);
    if (this.#isFound || from >= to) return;
    const bytes = from === 0 && to === piece.length ? piece : piece.subarray(from, to);
    this.#isFound = this.#isAcross(bytes) || bytes.includes(this.#needle);
    if (!this.#isFound) this.#keepTail(bytes);
  }

  /** Returns whether the sequence begins in an earlier piece. */
  #isAcross(bytes: Buffer): boolean {
    const overlap = this.#needle.length - 1;
    if (this.#tailLength === 0) return false;
    const length = this.#tailLength + bytes.copy(this.#seam, this.#tailLength, 0, overlap);
    const at = this.#seam.indexOf(this.#needle);
    return at !== -1 && at + this.#needle.length <= length;
  }

  #keepTail(bytes: Buffer): void {
    const overlap = this.#needle.length - 1;
    const keptLength = Math.max(0, Math.min(this.#tailLength, overlap - bytes.length));
    this.#seam.copyWithin(0, this.#tailLength - keptLength, this.#tailLength);
    this.#tailLength = keptLength + bytes.copy(this.#seam, keptLength, Math.max(0, bytes.length - overlap));
  }
}
