import { releaseBytes } from './bytes.ts';
import { Seam } from './seam.ts';

const noPlaces: readonly number[] = [];

/**
 * Finds all places of a byte sequence in a range of a file while the file streams by. Pieces must come in order and without gaps. How
 * they are cut does not change the result.
 */
export class StreamSearch {
  readonly #needle: Buffer;
  readonly #start: number;
  readonly #end: number;
  readonly #seam: Seam;

  constructor(needle: Buffer, { start, end }: { readonly start: number; readonly end: number }) {
    this.#needle = needle;
    this.#start = start;
    this.#end = end;
    this.#seam = new Seam(needle);
  }

  /** Takes the piece of the file that begins at this position. Returns the positions of sequences that end in it. */
  push(piece: Buffer, position: number): readonly number[] {
    const from = Math.max(this.#start - position, 0);
    const to = Math.min(this.#end - position, piece.length);
    if (from >= to) return noPlaces;
    const bytes = from === 0 && to === piece.length ? piece : piece.subarray(from, to);
    const atSeam = this.#seam.indexIn(bytes);
    const inPiece = bytes.indexOf(this.#needle);
    const places =
      atSeam === -1 && inPiece === -1 ? noPlaces : this.#places(bytes, position + from, { atSeam, inPiece });
    this.#seam.keep(bytes);
    return places;
  }

  /** Returns the positions of all sequences, given the index of the first one at the seam and of the first one in the piece. */
  #places(
    bytes: Buffer,
    position: number,
    { atSeam, inPiece }: { readonly atSeam: number; readonly inPiece: number },
  ): number[] {
    const places: number[] = [];
    const seamStart = position - this.#seam.tailLength;
    for (let at = atSeam; at !== -1; at = this.#seam.nextIndex(at + 1)) places.push(seamStart + at);
    for (let at = inPiece; at !== -1; at = bytes.indexOf(this.#needle, at + 1)) places.push(position + at);
    return places;
  }

  /** Returns the next position at which it needs bytes. Infinite after the range. */
  nextPosition(position: number): number {
    return position < this.#end ? Math.max(position, this.#start) : Number.POSITIVE_INFINITY;
  }
}

/** Collects a range of a file while the file streams by. */
export class StreamCapture {
  /** Position of its first byte. */
  readonly start: number;
  readonly #bytesMax: number;
  #buffer: Buffer;
  #length: number;

  /** `known` are the first bytes of the range, which may have streamed by. */
  constructor(start: number, bytesMax: number, known: Buffer = Buffer.alloc(0)) {
    this.start = start;
    this.#bytesMax = bytesMax;
    this.#buffer = known;
    this.#length = known.length;
  }

  /** Whether the range is complete. */
  get isFull(): boolean {
    return this.#length === this.#bytesMax;
  }

  /** Takes the piece of the file that begins at this position. A range whose next byte is in an earlier piece stays as it is. */
  push(piece: Buffer, position: number): void {
    const from = this.start + this.#length - position;
    if (this.isFull || from < 0 || from >= piece.length) return;
    const bytes = piece.subarray(from, from + this.#bytesMax - this.#length);
    if (this.#length + bytes.length > this.#buffer.length) this.#grow(this.#length + bytes.length);
    this.#length += bytes.copy(this.#buffer, this.#length);
  }

  /** Returns the next position at which it needs bytes. Infinite if it is complete, or if its next byte was not seen. */
  nextPosition(position: number): number {
    const next = this.start + this.#length;
    return this.isFull || next < position ? Number.POSITIVE_INFINITY : next;
  }

  /** Takes memory for the whole range at once. Without it, memory grows with the bytes, since most ranges end early. */
  reserve(): void {
    this.#grow(this.#bytesMax);
  }

  /** Frees the memory at once. There are no bytes afterwards. */
  free(): void {
    releaseBytes(this.#buffer);
    this.#buffer = Buffer.alloc(0);
    this.#length = 0;
  }

  /** Returns the bytes so far. They are valid until the next call of `push`. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafe(
      Math.min(Math.max(2 * this.#buffer.length, needed, 64), this.#bytesMax),
    );
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
