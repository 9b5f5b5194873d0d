import { limits } from '../../core/limits.ts';
import type { ByteRange } from '../../kit/program-head.ts';

/** Bytes that are kept before and after a text: enough for a version and what it is anchored in. */
const [bytesBefore, bytesAfter] = [96, 96];
/** The byte after each kept place. */
const separator = Buffer.of(0xff);
const nothing: Buffer = Buffer.alloc(0);

/**
 * Extracts the bytes around known texts of a program while its bytes stream by: all wanted texts in one pass over its constants and
 * variables. How the stream is cut does not change the result.
 */
export class VersionTextReader {
  readonly #texts: readonly Buffer[];
  readonly #longest: number;
  readonly #ranges: readonly ByteRange[];
  readonly #found: Buffer[] = [];
  /** The bytes of the current range that further bytes may complete, and where they end in the file. */
  #tail = nothing;
  #end = 0;
  /** Number of bytes at the start of the tail at which a text was already searched for. */
  #searched = 0;

  /** `texts` are in Latin-1. */
  constructor(texts: readonly string[], ranges: readonly ByteRange[]) {
    this.#texts = texts.map((text) => Buffer.from(text, 'latin1'));
    this.#longest = texts.reduce((longest, { length }) => Math.max(longest, length), 0);
    this.#ranges = withinLimit(ranges);
  }

  /** Returns the bytes around each text. Undefined if the program has none. Valid after the last byte. */
  result(): Buffer | undefined {
    this.#search(this.#tail, this.#tail.length);
    this.#startRange();
    return this.#found.length === 0 ? undefined : Buffer.concat(this.#found);
  }

  /** Takes the piece of the file that begins at this position. */
  push(piece: Buffer, position: number): void {
    for (const { offset, size } of this.#ranges) {
      const from = Math.max(offset - position, 0);
      const to = Math.min(offset + size - position, piece.length);
      if (from < to) this.#add(piece.subarray(from, to), position + from);
    }
  }

  /** Returns the next position at which it needs bytes. Infinite after the last range. */
  nextPosition(position: number): number {
    const next = this.#ranges.find(({ offset, size }) => position < offset + size);
    return next === undefined ? Number.POSITIVE_INFINITY : Math.max(position, next.offset);
  }

  #add(bytes: Buffer, start: number): void {
    if (start !== this.#end) {
      this.#search(this.#tail, this.#tail.length);
      this.#startRange();
    }
    this.#end = start + bytes.length;
    const window = this.#tail.length === 0 ? bytes : Buffer.concat([this.#tail, bytes]);
    const complete = window.length - this.#longest - bytesAfter;
    this.#search(window, complete);
    const searched = Math.max(this.#searched, complete);
    const kept = Math.max(0, searched - bytesBefore);
    // The bytes of the piece are overwritten by the next ones.
    this.#tail = Buffer.from(window.subarray(kept));
    this.#searched = searched - kept;
  }

  #startRange(): void {
    this.#tail = nothing;
    this.#searched = 0;
  }

  /** Keeps the surroundings of the texts that begin before a position of the window and were not found before, in their order. */
  #search(window: Buffer, end: number): void {
    const places = this.#texts.flatMap((text) => placesOf(text, window, { start: this.#searched, end }));
    places.sort((a, b) => a - b);
    for (const at of places) {
      if (this.#found.length >= 2 * limits.programTexts) return;
      const kept = window.subarray(Math.max(0, at - bytesBefore), at + this.#longest + bytesAfter);
      this.#found.push(Buffer.from(kept), separator);
    }
  }
}

/**
 * Returns the places from a start to before an end at which a text begins. A zero at the start of the text is compared last: a search for
 * the first byte of a text would stop at every zero of a program, and there are millions.
 */
function placesOf(
  text: Buffer,
  window: Buffer,
  { start, end }: { readonly start: number; readonly end: number },
): number[] {
  const zeros = text[0] === 0 ? 1 : 0;
  const rest = text.subarray(zeros);
  const places: number[] = [];
  let at = window.indexOf(rest, start + zeros);
  for (; at !== -1 && at - zeros < end; at = window.indexOf(rest, at + 1))
    if (zeros === 0 || window[at - 1] === 0) places.push(at - zeros);
  return places;
}

/** Returns ranges in the order of the file, joined where they overlap or meet, up to the limit of bytes that are searched in one program. */
function withinLimit(ranges: readonly ByteRange[]): ByteRange[] {
  let left: number = limits.programTextBytes;
  let end = 0;
  return ranges
    .toSorted((a, b) => a.offset - b.offset)
    .flatMap(({ offset, size }) => {
      const start = Math.max(offset, end);
      const taken = Math.min(offset + size - start, left);
      if (!(taken > 0)) return [];
      left -= taken;
      end = start + taken;
      return [{ offset: start, size: taken }];
    });
}
