import { RangeSearch } from '../../kit/bytes/range-search.ts';
import { readElfHead } from '../../kit/elf.ts';
import { limits } from '../../kit/limits.ts';

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

/**
 * Looks at a program while its bytes pass by, or at as many of them as are needed. The answer depends on its bytes alone, not on how they
 * come.
 */
export class ProgramSight {
  readonly #head: Buffer;
  #headFill = 0;
  #position = 0;
  #kind: ProgramKind | undefined | 'unknown' = 'unknown';
  #goSearches: readonly RangeSearch[] = [];
  #rustSearches: readonly RangeSearch[] = [];

  constructor(size: number) {
    this.#head = Buffer.allocUnsafe(Math.min(size, limits.programHeadBytes));
  }

  /** Whether further bytes change nothing. */
  get isDone(): boolean {
    return this.#kind !== 'unknown';
  }

  /** What the program is; undefined where the file is none. To be asked once all bytes have passed, or enough. */
  kind(): ProgramKind | undefined {
    if (this.#kind !== 'unknown') return this.#kind;
    if (this.#headFill < this.#head.length) return undefined;
    if (this.#goSearches.some(({ isFound }) => isFound)) return 'golang';
    return this.#rustSearches.some(({ isFound }) => isFound) ? 'cargo' : 'generic';
  }

  write(piece: Buffer): void {
    if (this.isDone) return;
    if (this.#headFill < this.#head.length) {
      const filled = piece.copy(this.#head, this.#headFill);
      this.#headFill += filled;
      if (this.#headFill < this.#head.length) return;
      this.#begin();
      this.#search(this.#head);
      this.#search(piece.subarray(filled));
    } else this.#search(piece);
  }

  #begin(): void {
    const elf = readElfHead(this.#head);
    if (elf?.isProgram !== true) {
      this.#kind = undefined;
      return;
    }
    const hasNote = elf.segments.some(
      ({ kind, offset, size }) =>
        kind === 'note' && this.#head.subarray(offset, offset + size).includes(goNote),
    );
    if (hasNote) this.#kind = 'golang';
    this.#goSearches = elf.segments
      .filter(({ kind, isWritable }) => kind === 'load' && isWritable)
      .slice(0, dataSegmentsMax)
      .map(
        ({ offset, size }) =>
          new RangeSearch(goBuildInfo, offset, offset + Math.min(size, limits.programBytes)),
      );
    this.#rustSearches = [rustLibrary, oldRustLibrary].map(
      (needle) => new RangeSearch(needle, 0, limits.programBytes),
    );
  }

  #search(piece: Buffer): void {
    if (this.isDone || piece.length === 0) return;
    const searches = [...this.#goSearches, ...this.#rustSearches];
    for (const search of searches) search.push(piece, this.#position);
    this.#position += piece.length;
    const isGo = this.#goSearches.some(({ isFound }) => isFound);
    if (isGo || searches.every((search) => search.isOver(this.#position))) this.#kind = this.kind();
  }
}
