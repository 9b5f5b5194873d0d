import { limits } from '../../core/limits.ts';
import { StreamCapture, StreamSearch } from '../../kit/bytes/stream-search.ts';
import type { ByteRange, ProgramHead, ProgramSegment } from '../../kit/program-head.ts';

/** Marks of the table of functions of Go 1.2, 1.16, 1.18 and 1.20. The first one has no part of names alone. Go, internal/abi, PCLnTabMagic. */
const marks = [0xfb, 0xfa, 0xf0, 0xf1] as const;
const [markWithoutNames, markWithoutStart] = marks;
/** The largest header: eight bytes, and eight numbers of eight bytes. */
const headerBytesMax = 72;
/** Its section in Mach-O. */
const machOSection = '__gopclntab';
const segmentsMax = 4;
/** Places that only look like a header. Real programs have none. */
const candidatesMax = 64;

/**
 * Extracts the names of functions from a Go program while its bytes stream by. They are a part of the table that Go itself uses for stack
 * traces, so stripped programs have them too, with those of inlined functions. A constant can pose as a table. So a program with two tables has
 * no known functions. Go, cmd/link, pcln.go.
 */
export class GoFunctionReader {
  readonly #isBigEndian: boolean;
  readonly #searches: readonly { readonly needle: Buffer; readonly search: StreamSearch }[];
  #candidates: StreamCapture[] = [];
  #candidatesLeft: number = candidatesMax;
  #names: StreamCapture | undefined;
  #tables = 0;

  constructor({ segments, isBigEndian, sections, loadedSections }: ProgramHead) {
    this.#isBigEndian = isBigEndian;
    if (loadedSections !== undefined) {
      // The table begins a section.
      const data = loadedSections.filter(({ isExecutable }) => !isExecutable).slice(0, candidatesMax);
      this.#candidates = data.map(({ offset }) => new StreamCapture(offset, headerBytesMax));
      this.#searches = [];
      return;
    }
    const section = sections.get(machOSection);
    const searched: readonly ByteRange[] = section === undefined ? rangesOfTable(segments) : [section];
    this.#searches = marks.flatMap((mark) => {
      const needle = startOf(mark, isBigEndian);
      return searched.map(({ offset, size }) => ({
        needle,
        search: new StreamSearch(needle, { start: offset, end: offset + size }),
      }));
    });
  }

  /** Returns the names, each with a NUL byte after it. Undefined if there is no whole table, or more than one. */
  result(): Buffer | undefined {
    return !this.#isAmbiguous && this.#names?.isFull === true ? this.#names.bytes() : undefined;
  }

  /** Frees the memory of the names at once. They are the largest part of a program. */
  free(): void {
    this.#names?.free();
  }

  push(piece: Buffer, position: number): void {
    if (this.#isAmbiguous) return;
    this.#findTables(piece, position);
    this.#names?.push(piece, position);
  }

  nextPosition(position: number): number {
    if (this.#isAmbiguous) return Number.POSITIVE_INFINITY;
    const open = [...this.#candidates, ...this.#searches.map(({ search }) => search), this.#names];
    return open.reduce(
      (next, one) => Math.min(next, one?.nextPosition(position) ?? Number.POSITIVE_INFINITY),
      Number.POSITIVE_INFINITY,
    );
  }

  /** Whether it is unknown which table Go uses. */
  get #isAmbiguous(): boolean {
    return this.#tables > 1 || this.#candidatesLeft < 0;
  }

  #findTables(piece: Buffer, position: number): void {
    for (const { needle, search } of this.#searches)
      for (const at of search.push(piece, position))
        if (--this.#candidatesLeft >= 0) this.#candidates.push(new StreamCapture(at, headerBytesMax, needle));
    if (this.#candidates.length === 0) return;
    for (const candidate of this.#candidates) {
      candidate.push(piece, position);
      if (candidate.isFull) this.#take(candidate);
    }
    this.#candidates = this.#candidates.filter(({ isFull }) => !isFull);
  }

  /** Counts a table, and captures its names. */
  #take(candidate: StreamCapture): void {
    const table = tableOf(candidate.bytes(), this.#isBigEndian);
    if (table === undefined) return;
    this.#tables++;
    if (this.#tables > 1 || table.names === undefined) return;
    this.#names = new StreamCapture(candidate.start + table.names.offset, table.names.size);
    this.#names.reserve();
  }
}

/** A table of functions, with the place of the names in it. */
interface FunctionTable {
  readonly names: ByteRange | undefined;
}

/** Reads the header of a table. Undefined for other bytes. The names are absent if they are too many, or if their place is impossible. */
function tableOf(header: Buffer, isBigEndian: boolean): FunctionTable | undefined {
  const [quantum, pointerBytes] = [header[6] ?? 0, header[7] ?? 0];
  if (!hasMark(header, isBigEndian) || ![1, 2, 4].includes(quantum)) return undefined;
  if (pointerBytes !== 4 && pointerBytes !== 8) return undefined;
  return { names: rangeOfNames(header, { pointerBytes, isBigEndian }) };
}

function rangeOfNames(header: Buffer, form: NumberForm): ByteRange | undefined {
  const mark = (form.isBigEndian ? header[3] : header[0]) ?? 0;
  if (mark === markWithoutNames) return undefined;
  // Since Go 1.18, the address of the code is before the offsets.
  const before = mark === markWithoutStart ? 2 : 3;
  const numberAt = (i: number): number => numberOf(header, 8 + i * form.pointerBytes, form);
  const [offset, end] = [numberAt(before), numberAt(before + 1)];
  const size = end - offset;
  const headerBytes = 8 + (before + 5) * form.pointerBytes;
  return offset >= headerBytes && size > 0 && size <= limits.goFunctionBytes ? { offset, size } : undefined;
}

/** Width and byte order of the numbers in a table. */
interface NumberForm {
  readonly pointerBytes: 4 | 8;
  readonly isBigEndian: boolean;
}

/** Returns the first bytes of a table with this mark. */
function startOf(mark: number, isBigEndian: boolean): Buffer {
  return Buffer.from([...(isBigEndian ? [0xff, 0xff, 0xff, mark] : [mark, 0xff, 0xff, 0xff]), 0, 0]);
}

function hasMark(header: Buffer, isBigEndian: boolean): boolean {
  return marks.some((mark) => header.subarray(0, 6).equals(startOf(mark, isBigEndian)));
}

/** Returns the segments that may have the table: those without code, or all if the linker put constants beside code. */
function rangesOfTable(segments: readonly ProgramSegment[]): readonly ProgramSegment[] {
  const data = segments.filter(({ isExecutable }) => !isExecutable);
  const hasConstants = data.some(({ isWritable }) => !isWritable);
  return (hasConstants ? data : segments).slice(0, segmentsMax);
}

function numberOf(bytes: Buffer, at: number, { pointerBytes, isBigEndian }: NumberForm): number {
  if (pointerBytes === 4) return isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
  return Number(isBigEndian ? bytes.readBigUInt64BE(at) : bytes.readBigUInt64LE(at));
}
