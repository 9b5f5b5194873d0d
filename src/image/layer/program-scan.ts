import { readSync } from 'node:fs';
import { limits } from '../../core/limits.ts';
import { RangeSearch } from '../../kit/bytes/range-search.ts';
import { hasElfMagic, isElfProgram, readElfHead } from '../../kit/elf.ts';
import { machOPrograms, readMachOHead } from '../../kit/mach-o.ts';
import { readPeHead } from '../../kit/pe.ts';
import type { ByteRange, ProgramHead } from '../../kit/program-head.ts';
import type { FileRange } from '../../kit/tar/walk-by-seeking.ts';
import type { ProgramPart, ProgramParts } from '../../plugin/package-lister.ts';
import { type ArchiveKind, TrailingArchive } from './archive-search.ts';
import { CargoAuditReader } from './cargo-audit.ts';
import { CargoSourceReader } from './cargo-sources.ts';
import { DotnetBundleReader } from './dotnet-bundle.ts';
import { GoBuildInfoReader, hasInlineTexts, type ReadAhead } from './go-build-info.ts';
import { GoFunctionReader } from './go-functions.ts';
import { VersionTextReader } from './version-texts.ts';

/** The toolchain of a program; `generic` if it cannot be detected. */
export type ProgramKind = 'golang' | 'cargo' | 'generic';

/** Owner of the note with Go's build ID, directly after the segment table. Go, cmd/link. */
const goNote = Buffer.from('Go\0\0');
/** Part of the source paths in panic messages of Rust's standard library, also before Rust 1.46. */
const rustLibraries = [Buffer.from('/library/core/src/'), Buffer.from('/src/libcore/')];

/** Segments of one kind that are searched. Real programs have one or two. */
const segmentsMax = 4;

/** Reads one part of a program from its stream. */
export interface ProgramPartReader {
  /** Takes the piece of the file that begins at this position. */
  push(piece: Buffer, position: number): void;
  /** Returns the next position at which it needs bytes. Infinite if it needs none. */
  nextPosition(position: number): number;
  /** Returns the part. Undefined if the program lacks it, or it is damaged. */
  result(): Buffer | undefined;
}

/** The parts and texts that are wanted of a program. */
export interface WantedOfProgram {
  readonly parts: ReadonlySet<ProgramPart>;
  /** Texts of the part `version-texts`, in Latin-1. */
  readonly texts: readonly string[];
}

/**
 * Finds the kind of a program and the wanted parts of it from its stream. The result depends on the bytes alone, not on the pieces. Keeps
 * only the parts.
 */
export class ProgramScan {
  readonly #size: number;
  readonly #wanted: WantedOfProgram;
  /** Whether it is one of several programs in a file. */
  readonly #isNested: boolean;
  /** The start of the file, if it arrives in several pieces. */
  #head: Buffer | undefined;
  #headFill = 0;
  #hasBegun = false;
  #position = 0;
  #program: OpenProgram | undefined;
  #readAhead: ReadAhead | undefined;
  #nested: readonly { readonly range: ByteRange; readonly scan: ProgramScan }[] = [];
  /** The archive at the end of the file. Absent for one of several programs in it. */
  readonly #trailing: TrailingArchive | undefined;

  constructor(size: number, wanted: WantedOfProgram, isNested: boolean = false) {
    this.#size = size;
    this.#wanted = wanted;
    this.#isNested = isNested;
    if (!isNested) this.#trailing = new TrailingArchive(size);
  }

  /** Whether further bytes cannot change the result. */
  get isDone(): boolean {
    return this.nextPosition >= this.#size;
  }

  /** The next position at which bytes are needed. Those before it may be skipped. */
  get nextPosition(): number {
    if (!this.#hasBegun) return this.#headFill;
    const own = Math.min(
      this.#program?.nextPosition(this.#position) ?? Number.POSITIVE_INFINITY,
      this.#trailing?.nextPosition(this.#position) ?? Number.POSITIVE_INFINITY,
    );
    return this.#nested.reduce((next, { range, scan }) => Math.min(next, positionIn(range, scan)), own);
  }

  /** Returns the kind. Undefined if the file is not a program that counts. Valid after the last byte, or when `isDone`. */
  kind(): ProgramKind | undefined {
    return (
      this.#program?.kind() ?? this.#nested.map(({ scan }) => scan.kind()).find((kind) => kind !== undefined)
    );
  }

  /** Returns the kind of the archive at the end of the file. Undefined for a file without one. Valid like `kind`. */
  archive(): ArchiveKind | undefined {
    return this.#trailing?.kind();
  }

  /** Returns the parts, for each of several programs in the file. */
  parts(): ProgramParts[] {
    const own = this.#program?.parts();
    return [
      ...(own === undefined || own.size === 0 ? [] : [own]),
      ...this.#nested.flatMap(({ scan }) => scan.parts()),
    ];
  }

  /** Frees the memory of the parts at once. They must not be used afterwards. */
  free(): void {
    this.#program?.free();
    this.#trailing?.free();
    for (const { scan } of this.#nested) scan.free();
  }

  /** Lets the scan look at bytes before they stream by, so that it needs fewer. The result stays the same. Call it before `write`. */
  useReadAhead(readAhead: ReadAhead): void {
    this.#readAhead = readAhead;
  }

  /** Skips bytes up to a position that is not after `nextPosition`. */
  skipTo(position: number): void {
    if (!this.#hasBegun) return;
    this.#position = position;
    for (const { range, scan } of this.#nested)
      if (position > range.offset) scan.skipTo(Math.min(position - range.offset, range.size));
  }

  write(piece: Buffer): void {
    if (this.#hasBegun) {
      this.#push(piece);
      return;
    }
    const headBytes = Math.min(this.#size, limits.programHeadBytes);
    if (this.#headFill === 0 && piece.length >= headBytes) {
      this.#begin(piece.subarray(0, headBytes));
      this.#push(piece);
      return;
    }
    this.#head ??= Buffer.allocUnsafe(headBytes);
    const filled = piece.copy(this.#head, this.#headFill);
    this.#headFill += filled;
    if (this.#headFill < headBytes) return;
    this.#begin(this.#head);
    this.#push(this.#head);
    this.#push(piece.subarray(filled));
  }

  #begin(head: Buffer): void {
    this.#hasBegun = true;
    const read = readProgramHead(head);
    if (read !== undefined)
      this.#program = new OpenProgram(read, head, { wanted: this.#wanted, readAhead: this.#readAhead });
    else if (!this.#isNested)
      this.#nested = machOPrograms(head).map((range) => ({
        range,
        scan: new ProgramScan(range.size, this.#wanted, true),
      }));
  }

  #push(piece: Buffer): void {
    const position = this.#position;
    this.#position += piece.length;
    if (piece.length === 0) return;
    this.#program?.push(piece, position);
    this.#trailing?.push(piece, position);
    for (const { range, scan } of this.#nested) {
      const from = Math.max(range.offset - position, 0);
      const to = Math.min(range.offset + range.size - position, piece.length);
      if (from < to && !scan.isDone) scan.write(piece.subarray(from, to));
    }
  }
}

/** Returns whether the first bytes of a file may begin a program. The header of ELF must be among them. */
export function mayBeProgram(head: Buffer): boolean {
  return !hasElfMagic(head) || isElfProgram(head);
}

/** Returns the next position in the file that one of its programs needs. */
function positionIn({ offset, size }: ByteRange, scan: ProgramScan): number {
  const next = scan.nextPosition;
  return next >= size ? Number.POSITIVE_INFINITY : offset + next;
}

/** The parts that a scan of a program is to find, and its way to look ahead, if it has one. */
interface ProgramTask {
  readonly wanted: WantedOfProgram;
  readonly readAhead: ReadAhead | undefined;
}

/** A program whose header is known. */
class OpenProgram {
  readonly #head: ProgramHead;
  /** Whether the header shows that it is a program of Go. */
  readonly #hasGoNote: boolean;
  readonly #buildInfo: GoBuildInfoReader;
  readonly #functions: GoFunctionReader | undefined;
  /** Whether the sign of Rust, if there is one, is before the end of the loaded segments. */
  readonly #hasTextRanges: boolean;
  readonly #rustSearches: readonly RangeSearch[];
  readonly #auditData: CargoAuditReader | undefined;
  readonly #sources: CargoSourceReader | undefined;
  readonly #bundle: DotnetBundleReader | undefined;
  readonly #versionTexts: VersionTextReader | undefined;

  constructor(head: ProgramHead, bytes: Buffer, { wanted: allWanted, readAhead }: ProgramTask) {
    const { parts: wanted, texts: wantedTexts } = allWanted;
    this.#head = head;
    this.#hasGoNote = head.notes.some(({ offset, size }) =>
      bytes.subarray(offset, offset + size).includes(goNote),
    );
    const mayBeGo = this.#hasGoNote || hasEarlySections(head);
    this.#buildInfo = new GoBuildInfoReader(head.segments, mayBeGo && !isRecentGo(head, readAhead));
    if (mayBeGo && wanted.has('go-functions')) this.#functions = new GoFunctionReader(head);
    this.#hasTextRanges = head.format === 'elf' && readOnlySegments(head).length > 0;
    const texts = this.#hasGoNote ? [] : rangesOfText(head);
    this.#rustSearches = texts.flatMap(({ offset, size }) =>
      rustLibraries.map((needle) => new RangeSearch(needle, offset, offset + size)),
    );
    if (!this.#hasGoNote && wanted.has('cargo-audit-data')) this.#auditData = new CargoAuditReader(head);
    if (texts.length === 0) return;
    if (wanted.has('cargo-source-paths')) this.#sources = new CargoSourceReader(texts);
    this.#bundle = bundleReader(head, wanted);
    if (wantedTexts.length > 0) this.#versionTexts = new VersionTextReader(wantedTexts, rangesOfData(head));
  }

  kind(): ProgramKind | undefined {
    if (this.#hasGoNote || this.#buildInfo.hasHeader) return 'golang';
    if (this.#isRust || this.#auditData?.result() !== undefined) return 'cargo';
    // Windows programs and libraries of other formats in an image of Linux are data, unless they state their packages.
    return this.#head.format === 'elf' ? 'generic' : undefined;
  }

  parts(): ProgramParts {
    const isGo = this.kind() === 'golang';
    const results: readonly (readonly [ProgramPart, Buffer | undefined])[] = isGo
      ? [
          ['go-build-info', this.#buildInfo.result()],
          ['go-functions', this.#functions?.result()],
        ]
      : [
          ['cargo-audit-data', this.#auditData?.result()],
          ['cargo-source-paths', this.#sources?.result()],
          ['dotnet-dependencies', this.#bundle?.result()],
          ['version-texts', this.#versionTexts?.result()],
        ];
    return new Map(results.flatMap(([part, content]) => (content === undefined ? [] : [[part, content]])));
  }

  free(): void {
    this.#functions?.free();
  }

  push(piece: Buffer, position: number): void {
    // First, since the sign of Rust is before the audit data.
    if (!this.#isRust) for (const search of this.#rustSearches) search.push(piece, position);
    for (const reader of this.#openReaders()) reader.push(piece, position);
  }

  nextPosition(position: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const reader of this.#openReaders()) next = Math.min(next, reader.nextPosition(position));
    if (this.kind() !== 'golang' && !this.#isRust)
      for (const search of this.#rustSearches) next = Math.min(next, search.nextPosition(position));
    return next;
  }

  get #isRust(): boolean {
    return this.#rustSearches.some(({ isFound }) => isFound);
  }

  /** Yields the readers of the parts that this program may have. ELF has audit data after everything that shows that it is Rust. */
  *#openReaders(): Generator<ProgramPartReader> {
    yield this.#buildInfo;
    if (this.#functions !== undefined) yield this.#functions;
    if (this.#hasGoNote || this.#buildInfo.hasHeader) return;
    if (this.#auditData !== undefined && (this.#isRust || !this.#hasTextRanges)) yield this.#auditData;
    if (this.#sources !== undefined) yield this.#sources;
    if (this.#bundle !== undefined) yield this.#bundle;
    if (this.#versionTexts !== undefined) yield this.#versionTexts;
  }
}

/** Whether a program that may be of Go has its build information behind the header, as far as can be seen ahead. */
function isRecentGo({ segments }: ProgramHead, readAhead: ReadAhead | undefined): boolean {
  return readAhead !== undefined && hasInlineTexts(segments, readAhead);
}

function bundleReader(
  { segments }: ProgramHead,
  wanted: ReadonlySet<ProgramPart>,
): DotnetBundleReader | undefined {
  return wanted.has('dotnet-dependencies') ? new DotnetBundleReader(segments) : undefined;
}

/** Returns whether the table of sections is at the start, as only Go writes it. Other formats have it there always. */
function hasEarlySections({ sectionTable = 0 }: ProgramHead): boolean {
  return sectionTable < limits.programHeadBytes;
}

function readOnlySegments({ segments }: ProgramHead): readonly ByteRange[] {
  return segments
    .filter(({ isWritable, isExecutable }) => !isWritable && !isExecutable)
    .slice(0, segmentsMax);
}

/** Returns the ranges of ELF that may have text: the read-only segments, or the whole file if the linker made none. */
function rangesOfText(head: ProgramHead): ByteRange[] {
  if (head.format !== 'elf') return [];
  const readOnly = readOnlySegments(head);
  if (readOnly.length === 0) return [{ offset: 0, size: limits.programBytes }];
  return readOnly.map(({ offset, size }) => ({
    offset,
    size: Math.max(Math.min(offset + size, limits.programBytes) - offset, 0),
  }));
}

/** Returns the ranges that may have constants and variables: all segments without code, or the whole file if code is beside constants. */
function rangesOfData(head: ProgramHead): ByteRange[] {
  if (readOnlySegments(head).length === 0) return [{ offset: 0, size: limits.programTextBytes }];
  return head.segments.filter(({ isExecutable }) => !isExecutable);
}

/** Reads the header of a program or library. Undefined if the bytes do not begin one. */
function readProgramHead(bytes: Buffer): ProgramHead | undefined {
  return elfProgram(bytes) ?? readPeHead(bytes) ?? readMachOHead(bytes);
}

function elfProgram(bytes: Buffer): ProgramHead | undefined {
  const elf = readElfHead(bytes);
  if (elf?.isProgram !== true) return undefined;
  const { isBigEndian, sectionTable } = elf;
  const loadedSections = elf.sections.filter(({ isLoaded }) => isLoaded);
  return {
    format: 'elf',
    isBigEndian,
    segments: elf.segments.filter(({ kind }) => kind === 'load'),
    notes: elf.segments.filter(({ kind }) => kind === 'note'),
    sections: new Map(),
    sectionTable,
    ...(loadedSections.length > 0 && { loadedSections }),
  };
}

const chunkBytes = 256 * 1024;

/** Scans a program in an open file. */
export type ProgramScanner = (program: FileRange, scan: ProgramScan) => void;

/** Returns a scanner that reads only what a scan needs. Its scans share one piece of memory, since an image may have thousands of programs. */
export function createProgramScanner(): ProgramScanner {
  let chunk: Buffer | undefined;
  return ({ file, offset, size }, scan) => {
    scan.useReadAhead((at, count) => {
      const bytes = Buffer.allocUnsafe(Math.min(count, Math.max(size - at, 0)));
      return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, offset + at));
    });
    chunk ??= Buffer.allocUnsafeSlow(chunkBytes);
    let bytesMax: number = limits.programHeadBytes;
    while (!scan.isDone) {
      const at = scan.nextPosition;
      scan.skipTo(at);
      const count = readSync(file, chunk, 0, Math.min(bytesMax, size - at), offset + at);
      if (count === 0) throw new Error('it ends early');
      scan.write(chunk.subarray(0, count));
      bytesMax = chunkBytes;
    }
  };
}
