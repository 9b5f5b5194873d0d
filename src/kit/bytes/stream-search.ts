/**
 * Finds all places of a byte sequence in a range of a file while the file streams by. Pieces must come in order and without gaps. How
 * they are cut does not change the result.
 */
export class StreamSearch {
  readonly #needle: Buffer;
  readonly #start: number;
  readonly #end: number;
  /** The last bytes of the range so far, one fewer than the sequence has. */
  #tail: Buffer = Buffer.alloc(0);

  constructor(needle: Buffer, { start, end }: { readonly start: number; readonly end: number }) {
    this.#needle = needle;
    this.#start = start;
    this.#end = end;
  }

  /** Takes the piece of the file that begins at this position. Yields the positions of sequences that end in it. */
  *push(piece: Buffer, position: number): Generator<number, void> {
    const from = Math.max(this.#start - position, 0);
    const to = Math.min(this.#end - position, piece.length);
    if (from >= to) return;
    const bytes = piece.subarray(from, to);
    const seam = Buffer.concat([this.#tail, bytes.subarray(0, this.#needle.length - 1)]);
    const seamStart = position + from - this.#tail.length;
    this.#tail = lastBytes(this.#tail, bytes, this.#needle.length - 1);
    yield* placesIn(seam, this.#needle, seamStart);
    yield* placesIn(bytes, this.#needle, position + from);
  }

  /** Returns the next position at which it needs bytes. Infinite after the range. */
  nextPosition(position: number): number {
    return position < this.#end ? Math.max(position, this.#start) : Number.POSITIVE_INFINITY;
  }
}

function* placesIn(bytes: Buffer, needle: Buffer, start: number): Generator<number, void> {
  for (let at = bytes.indexOf(needle); at !== -1; at = bytes.indexOf(needle, at + 1)) yield start + at;
}

/** Returns a copy of the last bytes of two consecutive pieces. */
function lastBytes(before: Buffer, bytes: Buffer, count: number): Buffer {
  const whole = bytes.length >= count ? bytes : Buffer.concat([before, bytes]);
  return Buffer.from(whole.subarray(Math.max(whole.length - count, 0)));
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

  /** Returns the bytes so far. They are valid until the next call of `push`. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #grow(needed: number): void {
    const larger = Buffer.alloc(Math.min(Math.max(2 * this.#buffer.length, needed, 64), this.#bytesMax));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
