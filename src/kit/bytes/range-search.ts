/**
 * Searches a stretch of a file that passes by in pieces for a few bytes. The answer is the same however the pieces are cut; they come in
 * the order of the file and without gaps.
 */
export class RangeSearch {
  readonly #needle: Buffer;
  readonly #start: number;
  readonly #end: number;
  /** The last bytes of the stretch so far, one fewer than are searched for. */
  #tail: Buffer = Buffer.alloc(0);
  #isFound = false;

  constructor(needle: Buffer, start: number, end: number) {
    this.#needle = needle;
    this.#start = start;
    this.#end = end;
  }

  get isFound(): boolean {
    return this.#isFound;
  }

  /** Whether nothing from this place of the file on can change the answer. */
  isOver(position: number): boolean {
    return this.#isFound || position >= this.#end;
  }

  /** Takes the piece of the file that begins at this place. */
  push(piece: Buffer, position: number): void {
    const from = Math.max(this.#start - position, 0);
    const to = Math.min(this.#end - position, piece.length);
    if (this.#isFound || from >= to) return;
    const bytes = from === 0 && to === piece.length ? piece : piece.subarray(from, to);
    const overlap = this.#needle.length - 1;
    this.#isFound =
      (this.#tail.length > 0 &&
        Buffer.concat([this.#tail, bytes.subarray(0, overlap)]).includes(this.#needle)) ||
      bytes.includes(this.#needle);
    if (this.#isFound) return;
    const last = bytes.length >= overlap ? bytes : Buffer.concat([this.#tail, bytes]);
    this.#tail = Buffer.from(last.subarray(Math.max(last.length - overlap, 0)));
  }
}
