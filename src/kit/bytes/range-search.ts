import { Seam } from './seam.ts';

/**
 * Searches a range of a file for a byte sequence while the file streams by. Pieces must come in order and without gaps. How they are cut
 * does not change the result.
 */
export class RangeSearch {
  readonly #needle: Buffer;
  readonly #start: number;
  readonly #end: number;
  readonly #seam: Seam;
  #isFound = false;

  constructor(needle: Buffer, start: number, end: number) {
    this.#needle = needle;
    this.#start = start;
    this.#end = end;
    this.#seam = new Seam(needle);
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
    this.#isFound = this.#seam.indexIn(bytes) !== -1 || bytes.includes(this.#needle);
    if (!this.#isFound) this.#seam.keep(bytes);
  }
}
