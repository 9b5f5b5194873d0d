import { limits } from '../../core/limits.ts';
import { StreamCapture, StreamSearch } from '../../kit/bytes/stream-search.ts';
import type { ByteRange, ProgramHead, ProgramSegment } from '../../kit/program-head.ts';

/** Marks of the table of functions of Go 1.16, 1.18 and 1.20. Go, internal/abi, PCLnTabMagic. */
const marks = [0xfa, 0xf0, 0xf1] as const;
/** The largest header: eight bytes, and eight numbers of eight bytes. */
const headerBytesMax = 72;
/** Its section in Mach-O. */
const machOSection = '__gopclntab';
const segmentsMax = 4;
/** Places that only look like a header. Real programs have none. */
const candidatesMax = 64;

/**
 * Extracts the names of functions from a Go program while its bytes stream by. They are a part of the table that Go itself uses for stack
 * traces, so stripped programs have them too, with those of inlined functions. Go, cmd/link, pcln.go.
 */
export class GoFunctionReader {
  readonly #isBigEndian: boolean;
  readonly #searches: readonly { readonly needle: Buffer; readonly search: StreamSearch }[];
  #candidates: StreamCapture[] = [];
  #candidatesLeft: number = candidatesMax;
  #names: StreamCapture | undefined;

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

  /** Returns the names, each with a NUL byte after it. Undefined if there is no whole table. */
  result(): Buffer | undefined {
    return this.#names?.isFull === true ? this.#names.bytes() : undefined;
  }

  /** Frees the memory of the names at once. They are the largest part of a program. */
  free(): void {
    this.#names?.free();
  }

  push(piece: Buffer, position: number): void {
    if (this.#names === undefined) this.#findTable(piece, position);
    this.#names?.push(piece, position);
  }

  nextPosition(position: number): number {
    if (this.#names !== undefined) return this.#names.nextPosition(position);
    const open = [...this.#candidates, ...this.#searches.map(({ search }) => search)];
    return open.reduce((next, one) => Math.min(next, one.nextPosition(position)), Number.POSITIVE_INFINITY);
  }

  #findTable(piece: Buffer, position: number): void {
    for (const { needle, search } of this.#searches)
      for (const at of search.push(piece, position))
        if (this.#candidatesLeft-- > 0) this.#candidates.push(new StreamCapture(at, headerBytesMax, needle));
    if (this.#candidates.length === 0) return;
    for (const candidate of this.#candidates) {
      candidate.push(piece, position);
      if (candidate.isFull && hasMark(candidate.bytes(), this.#isBigEndian))
        this.#names ??= this.#namesOf(candidate);
    }
    this.#candidates = this.#candidates.filter(({ isFull }) => !isFull);
  }

  /** Returns the capture of the names, if the header is one. */
  #namesOf(candidate: StreamCapture): StreamCapture | undefined {
    const header = candidate.bytes();
    const [quantum, pointerBytes] = [header[6] ?? 0, header[7] ?? 0];
    if (![1, 2, 4].includes(quantum) || (pointerBytes !== 4 && pointerBytes !== 8)) return undefined;
    const mark = (this.#isBigEndian ? header[3] : header[0]) ?? 0;
    // Since Go 1.18, the address of the code is before the offsets.
    const before = mark === marks[0] ? 2 : 3;
    const numberAt = (i: number): number =>
      numberOf(header, 8 + i * pointerBytes, { pointerBytes, isBigEndian: this.#isBigEndian });
    const [start, end] = [numberAt(before), numberAt(before + 1)];
    const size = end - start;
    const headerBytes = 8 + (before + 5) * pointerBytes;
    if (start < headerBytes || size <= 0 || size > limits.goFunctionBytes) return undefined;
    const names = new StreamCapture(candidate.start + start, size);
    names.reserve();
    return names;
  }
}

/** Returns the first bytes of a table with this mark. */
function startOf(mark: number, isBigEndian: boolean): Buffer {
  return Buffer.from([...(isBigEndian ? [0xff, 0xff, 0xff, mark] : [mark, 0xff, 0xff, 0xff]), 0, 0]);
}

function hasMark(header: Buffer, isBigEndian: boolean): boolean {
  return marks.some((mark) => header.subarray(0, 6).equals(startOf(mark, isBigEndian)));
}

/** Returns the segments that may have the table: those without code, or all if there is only code. */
function rangesOfTable(segments: readonly ProgramSegment[]): readonly ProgramSegment[] {
  const data = segments.filter(({ isExecutable }) => !isExecutable);
  return (data.length > 0 ? data : segments).slice(0, segmentsMax);
}

function numberOf(
  bytes: Buffer,
  at: number,
  { pointerBytes, isBigEndian }: { readonly pointerBytes: 4 | 8; readonly isBigEndian: boolean },
): number {
  if (pointerBytes === 4) return isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
  return Number(isBigEndian ? bytes.readBigUInt64BE(at) : bytes.readBigUInt64LE(at));
}
