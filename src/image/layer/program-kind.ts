import { limits } from '../../core/limits.ts';
import { RangeSearch } from '../../kit/bytes/range-search.ts';
import { type ElfSegment, readElfHead } from '../../kit/elf.ts';

/** The toolchain of a program; `generic` if it cannot be detected. */
export type ProgramKind = 'golang' | 'cargo' | 'generic';

/** Owner of the note with Go's build ID, directly after the segment table. Go, cmd/link. */
const goNote = Buffer.from('Go\0\0');
/** Start of the build information of a Go program, in a writable segment. Go, debug/buildinfo. */
const goBuildInfo = Buffer.from('\xff Go buildinf:', 'latin1');
/** Part of the source paths in panic messages of Rust's standard library. */
const rustLibrary = Buffer.from('/library/core/src/');
/** The same before Rust 1.46. */
const oldRustLibrary = Buffer.from('/src/libcore/');

/** Maximum number of data segments that are searched; real programs have one or two. */
const dataSegmentsMax = 4;
/** Maximum number of read-only segments that are searched; real programs have one or two. */
const textSegmentsMax = 4;

/** Returns the ranges that may hold text: the read-only segments, or the whole file if the linker made none. */
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

/** Classifies a program from its stream, and reads no more bytes than needed. The result depends on the bytes alone, not on the chunks. */
export class ProgramClassifier {
  readonly #headBytes: number;
  /** The start of the file, if it arrives in several chunks. */
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

  /** Whether further bytes cannot change the result. */
  get isDone(): boolean {
    return this.#kind !== 'unknown';
  }

  /** Returns the kind, or undefined if the file is not a program. Valid after the last byte, or when `isDone`. */
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
