import { limits } from '../../core/limits.ts';
import { StreamCapture, StreamSearch } from '../../kit/bytes/stream-search.ts';
import { RawInflater } from '../../kit/decompress/raw-inflater.ts';
import type { ByteRange, ProgramHead } from '../../kit/program-head.ts';

/** Name of the section with the list of crates. cargo-auditable, PARSING.md. */
const sectionName = '.dep-v0';
/** The first bytes of a zlib stream at each level. RFC 1950. */
const streamStarts = [0x01, 0x5e, 0x9c, 0xda].map((flags) => Buffer.from([0x78, flags]));
/** Bytes of a stream that show its first text: more than the largest table of codes. */
const beginningBytes = 256;
/** Places that only look like a stream, of which one in 65,536 bytes does. */
const candidatesMax = 4096;

/**
 * Extracts the list of crates that cargo-auditable stores in a program while its bytes stream by. PE and Mach-O name their sections at the
 * start. ELF names them at its end, so the list is found by its beginning. It is among the sections that are not loaded, which follow the
 * others.
 */
export class CargoAuditReader {
  readonly #searches: readonly { readonly start: Buffer; readonly search: StreamSearch }[];
  #candidates: StreamCapture[] = [];
  #candidatesLeft: number = candidatesMax;
  #found: StreamCapture | undefined;
  #inflater: RawInflater | undefined;

  constructor(head: ProgramHead) {
    const range = rangeOfData(head);
    if (range === undefined) this.#searches = [];
    else if (head.format === 'elf')
      this.#searches = streamStarts.map((start) => ({
        start,
        search: new StreamSearch(start, { start: range.offset, end: range.offset + range.size }),
      }));
    else {
      this.#searches = [];
      this.#found = new StreamCapture(range.offset, Math.min(range.size, limits.cargoAuditBytes));
    }
  }

  /** Returns the compressed list. More bytes may follow it. Valid after the last byte. */
  result(): Buffer | undefined {
    this.#found ??= this.#candidates.find((candidate) => this.#beginsList(candidate));
    const bytes = this.#found?.bytes();
    return bytes === undefined || bytes.length === 0 ? undefined : bytes;
  }

  push(piece: Buffer, position: number): void {
    if (this.#found === undefined) this.#find(piece, position);
    this.#found?.push(piece, position);
  }

  nextPosition(position: number): number {
    const searches = this.#searches.map(({ search }) => search);
    const open = this.#found === undefined ? [...this.#candidates, ...searches] : [this.#found];
    return open.reduce((next, one) => Math.min(next, one.nextPosition(position)), Number.POSITIVE_INFINITY);
  }

  #find(piece: Buffer, position: number): void {
    for (const { start, search } of this.#searches)
      for (const at of search.push(piece, position))
        if (this.#candidatesLeft-- > 0) this.#candidates.push(new StreamCapture(at, beginningBytes, start));
    for (const candidate of this.#candidates) {
      candidate.push(piece, position);
      if (candidate.isFull && this.#found === undefined && this.#beginsList(candidate))
        this.#found = new StreamCapture(candidate.start, limits.cargoAuditBytes, candidate.bytes());
    }
    this.#candidates = this.#candidates.filter(({ isFull }) => !isFull);
  }

  /** Whether bytes are the beginning of a compressed list. */
  #beginsList(candidate: StreamCapture): boolean {
    this.#inflater ??= new RawInflater();
    const text = this.#inflater.beginning(candidate.bytes().subarray(zlibHeaderBytes), textBytes);
    return text !== undefined && /^\s*\{\s*"(?:packages|format)"/.test(text.toString('latin1'));
  }
}

/** Returns the section of the list, or what is not loaded of an ELF file. */
function rangeOfData({ format, segments, sections, sectionTable = 0 }: ProgramHead): ByteRange | undefined {
  if (format !== 'elf') return sections.get(sectionName);
  const offset = segments.reduce((end, one) => Math.max(end, one.offset + one.size), 0);
  const size = Math.min(sectionTable - offset, limits.unloadedBytes);
  return size > 0 ? { offset, size } : undefined;
}

/** Bytes of a list that show what it is, before they are compressed. */
const textBytes = 64;
const zlibHeaderBytes = 2;
