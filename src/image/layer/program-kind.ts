import { limits } from '../../core/limits.ts';
import { RangeSearch } from '../../kit/bytes/range-search.ts';
import { type ElfSegment, readElfHead } from '../../kit/elf.ts';

/** What a program was made with; `generic` where that cannot be seen. */
export type ProgramKind = 'golang' | 'cargo' | 'generic';

/** The owner of the note with the build id of Go, cmd/link; it lies right behind the table of segments. */
const goNote = Buffer.from('Go\0\0');
/** What the information begins with that a Go program carries about its modules, debug/buildinfo. It is written at run time. */
const goBuildInfo = Buffer.from('\xff Go buildinf:', 'latin1');
/** Part of the paths that the standard library of Rust names when it panics. */
const rustLibrary = Buffer.from('/library/core/src/');
/** The same in releases before 1.46. */
const oldRustLibrary = Buffer.from('/src/libcore/');

/** Real programs have one or two segments of data. */
const dataSegmentsMax = 4;
/** Real programs have one or two segments that can only be read. */
const textSegmentsMax = 4;

/** Where a program may have text: in the segments that can only be read, or anywhere if the linker has made none of them. */
function rangesOfText(segments: readonly ElfSegment[]): { readonly start: number; readonly end: number }[] {
  const readOnly = segments
    .filter(({ kind, isWritable, isExecutable }) => kind === 'load' && !isWritable && !isExecutable)
    .slice(0, textSegmentsMax);
  if (readOnly.length === 0) return [{ start: 0, end: limits.programBytes }];
  return readOnly.map(({ offset, size }) => ({
    start: offset,
    end: Math.min(offset + size, limits.programBytes),
  }));
}

/**
 * Looks at a program while its bytes pass by, or at as many of them as are needed. The answer depends on its bytes alone, not on how they
 * come.
 */
export class ProgramClassifier {
  readonly #headBytes: number;
  /** The head, where it comes in several pieces. */
  #head: Buffer | undefined;
  #headFill = 0;
  #hasBegun = false;
  #position = 0;
  #kind: ProgramKind | undefined | 'unknown' = 'unknown';
  #goSearches: readonly RangeSearch[] = [];
  #rustSearches: readonly RangeSearch[] = [];
  #searches: readonly RangeSearch[] = [];

  constructor(size: number) {
    this.#headBytes = Math.min(size, limits.programHeadBytes);
  }

  /** Whether further bytes change nothing. */
  get isDone(): boolean {
    return this.#kind !== 'unknown';
  }

  /** What the program is; undefined where the file is none. To be asked once all bytes have passed, or enough. */
  kind(): ProgramKind | undefined {
    if (this.#kind !== 'unknown') return this.#kind;
    if (!this.#hasBegun) return undefined;
    if (this.#isGo()) return 'golang';
    return this.#rustSearches.some(({ isFound }) => isFound) ? 'cargo' : 'generic';
  }

  write(piece: Buffer): void {
    if (this.isDone) return;
    if (this.#hasBegun) {
      this.#search(piece);
      return;
    }
    if (this.#headFill === 0 && piece.length >= this.#headBytes) {
      this.#begin(piece.subarray(0, this.#headBytes));
      this.#search(piece);
      return;
    }
    this.#head ??= Buffer.allocUnsafe(this.#headBytes);
    const filled = piece.copy(this.#head, this.#headFill);
    this.#headFill += filled;
    if (this.#headFill < this.#headBytes) return;
    this.#begin(this.#head);
    this.#search(this.#head);
    this.#search(piece.subarray(filled));
  }

  #begin(head: Buffer): void {
    this.#hasBegun = true;
    const elf = readElfHead(head);
    if (elf?.isProgram !== true) {
      this.#kind = undefined;
      return;
    }
    const hasNote = elf.segments.some(
      ({ kind, offset, size }) => kind === 'note' && head.subarray(offset, offset + size).includes(goNote),
    );
    if (hasNote) this.#kind = 'golang';
    this.#goSearches = elf.segments
      .filter(({ kind, isWritable }) => kind === 'load' && isWritable)
      .slice(0, dataSegmentsMax)
      .map(
        ({ offset, size }) =>
          new RangeSearch(goBuildInfo, offset, offset + Math.min(size, limits.programBytes)),
      );
    this.#rustSearches = rangesOfText(elf.segments).flatMap(({ start, end }) =>
      [rustLibrary, oldRustLibrary].map((needle) => new RangeSearch(needle, start, end)),
    );
    this.#searches = [...this.#goSearches, ...this.#rustSearches];
  }

  #search(piece: Buffer): void {
    if (this.isDone || piece.length === 0) return;
    const position = this.#position;
    this.#position += piece.length;
    let isOver = true;
    for (const search of this.#searches) {
      search.push(piece, position);
      isOver &&= search.isOver(this.#position);
    }
    if (isOver || this.#isGo()) this.#kind = this.kind();
  }

  #isGo(): boolean {
    return this.#goSearches.some(({ isFound }) => isFound);
  }
}
