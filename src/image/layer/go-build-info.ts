import { limits } from '../../core/limits.ts';
import { StreamCapture, StreamSearch } from '../../kit/bytes/stream-search.ts';
import type { ProgramSegment } from '../../kit/program-head.ts';

/** Start of the build information, in a writable segment, at a multiple of 16. Go, debug/buildinfo. */
const goBuildInfoMagic: Buffer = Buffer.from('\xff Go buildinf:', 'latin1');
const headerBytes = 32;
const flagsAt = 15;
const alignment = 16;
/** Flags in the header: big-endian pointers, and texts that follow the header (Go 1.18 and later). */
const [bigEndian, inline] = [1, 2];

/** Bytes before and after the list of modules. Go, cmd/go/internal/modload. */
const listStart = Buffer.from('3077af0c9274080241e1c107e6d618e6', 'hex');
const listMarkBytes = 16;
/** Start of the version of Go before 1.18, which is stored without a mark. */
const oldVersionStart = Buffer.from('go1.1');
const versionBytesMax = 64;

/** A text in a program. */
interface TextPlace {
  /** Byte offset in the file. */
  readonly offset: number;
  readonly length: number;
}

/**
 * Extracts the build information of a Go program while its bytes stream by: the version of Go, a line feed, and the lines about its
 * modules. Since Go 1.18, both follow the header. Earlier, the header points to them, and they come before it.
 */
export class GoBuildInfoReader {
  readonly #segments: readonly ProgramSegment[];
  readonly #headers: readonly StreamSearch[];
  readonly #oldTexts: readonly OldTexts[];
  /** The header and the texts after it. */
  #header: StreamCapture | undefined;
  /** The places that the header points to: the address and the length of each text. */
  #pointers: readonly StreamCapture[] = [];
  #result: Buffer | undefined;

  /** `mayBeOld`: whether to keep texts of older programs, which costs time. */
  constructor(segments: readonly ProgramSegment[], mayBeOld: boolean) {
    this.#segments = segments;
    const constants = mayBeOld ? constantsOf(segments) : [];
    this.#headers = segments
      .filter(({ isWritable }) => isWritable)
      .slice(0, segmentsMax)
      .map(withinLimit)
      .map(searchFor(goBuildInfoMagic));
    this.#oldTexts = [
      new OldTexts(listStart, constants, { count: 4, bytes: limits.goBuildInfoBytes }),
      new OldTexts(oldVersionStart, constants, { count: 256, bytes: versionBytesMax }),
    ];
  }

  /** Whether the program has build information, even if it is damaged. */
  get hasHeader(): boolean {
    return this.#header !== undefined;
  }

  /** Returns the next position at which it needs bytes. Infinite if nothing can change the result. */
  nextPosition(position: number): number {
    if (this.#result !== undefined) return Number.POSITIVE_INFINITY;
    const header = this.#header === undefined ? this.#headers : [this.#header, ...this.#pointers];
    const open = [...header, ...this.#oldTexts];
    return open.reduce((next, one) => Math.min(next, one.nextPosition(position)), Number.POSITIVE_INFINITY);
  }

  /** Returns the build information. Undefined if the program has none that is sound. Valid after the last byte. */
  result(): Buffer | undefined {
    return this.#result;
  }

  /** Takes the piece of the file that begins at this position. */
  push(piece: Buffer, position: number): void {
    if (this.#result !== undefined) return;
    for (const texts of this.#oldTexts) texts.push(piece, position);
    if (this.#header === undefined) this.#findHeader(piece, position);
    if (this.#header === undefined) return;
    this.#header.push(piece, position);
    this.#readHeader(this.#header.bytes());
    for (const pointer of this.#pointers) pointer.push(piece, position);
    if (this.#pointers.length > 0 && this.#pointers.every(({ isFull }) => isFull)) this.#followPointers();
  }

  #findHeader(piece: Buffer, position: number): void {
    for (const search of this.#headers)
      for (const at of search.push(piece, position))
        if (isAligned(this.#segments, at)) {
          this.#header ??= new StreamCapture(at, limits.goBuildInfoBytes, goBuildInfoMagic);
        }
  }

  #readHeader(bytes: Buffer): void {
    if (bytes.length < headerBytes || this.#pointers.length > 0) return;
    const flags = bytes[flagsAt] ?? 0;
    if ((flags & inline) !== 0) this.#result = inlineTexts(bytes);
    else this.#pointers = this.#pointersIn(bytes);
  }

  #pointersIn(bytes: Buffer): StreamCapture[] {
    const form = formOf(bytes);
    if (form === undefined) return [];
    return [0, 1].flatMap((i) => {
      const offset = this.#offsetOf(numberAt(bytes, pointersAt + i * form.pointerBytes, form));
      return offset === undefined ? [] : [new StreamCapture(offset, 2 * form.pointerBytes)];
    });
  }

  #followPointers(): void {
    const form = formOf(this.#header?.bytes() ?? Buffer.alloc(0));
    if (form === undefined) return;
    const [version, list] = this.#pointers.map((pointer) => {
      const bytes = pointer.bytes();
      const length = numberAt(bytes, form.pointerBytes, form);
      const offset = this.#offsetOf(numberAt(bytes, 0, form));
      return offset === undefined ? undefined : this.#textAt({ offset, length });
    });
    if (version !== undefined) this.#result = joinTexts(version, list ?? Buffer.alloc(0));
  }

  /** Returns the offset of an address in the file. */
  #offsetOf(address: number): number | undefined {
    const segment = this.#segments.find((one) => address >= one.address && address < one.address + one.size);
    return segment && address - segment.address + segment.offset;
  }

  #textAt(place: TextPlace): Buffer | undefined {
    return this.#oldTexts.map((texts) => texts.at(place)).find((text) => text !== undefined);
  }
}

/** Returns bytes of a program that have not streamed by; fewer at the end of the file. Valid until the next call. */
export type ReadAhead = (offset: number, size: number) => Buffer;

/** Bytes of the first writable segment that usually have the header. It is the first thing that the linker of Go puts there. */
const usualPlaceBytes = 4096;

/**
 * Returns whether the texts of the build information follow its header, as since Go 1.18. Then nothing before it is needed. False if the
 * header is not at its usual place.
 */
export function hasInlineTexts(segments: readonly ProgramSegment[], readAhead: ReadAhead): boolean {
  const writable = segments.filter(({ isWritable }) => isWritable);
  const [first] = writable.toSorted((a, b) => a.offset - b.offset);
  if (first === undefined || writable.length > segmentsMax) return false;
  const bytes = readAhead(first.offset, Math.min(first.size, usualPlaceBytes));
  const headers = new StreamSearch(goBuildInfoMagic, { start: 0, end: bytes.length }).push(bytes, 0);
  const header = headers.find((at) => isAligned(segments, first.offset + at));
  return (
    header !== undefined &&
    header + headerBytes <= bytes.length &&
    ((bytes[header + flagsAt] ?? 0) & inline) !== 0
  );
}

function isAligned(segments: readonly ProgramSegment[], offset: number): boolean {
  const segment = segments.find((one) => offset >= one.offset && offset < one.offset + one.size);
  return segment !== undefined && (segment.address + offset - segment.offset) % alignment === 0;
}

/** Texts with a known start in the constants of a program, by offset. */
class OldTexts {
  readonly #start: Buffer;
  readonly #searches: readonly StreamSearch[];
  readonly #max: { readonly count: number; readonly bytes: number };
  readonly #found = new Map<number, StreamCapture>();

  constructor(
    start: Buffer,
    segments: readonly ProgramSegment[],
    max: { readonly count: number; readonly bytes: number },
  ) {
    this.#start = start;
    this.#searches = segments.map(searchFor(start));
    this.#max = max;
  }

  push(piece: Buffer, position: number): void {
    for (const search of this.#searches)
      for (const at of search.push(piece, position))
        if (this.#found.size < this.#max.count && !this.#found.has(at))
          this.#found.set(at, new StreamCapture(at, this.#max.bytes, this.#start));
    for (const text of this.#found.values()) text.push(piece, position);
  }

  nextPosition(position: number): number {
    const open = [...this.#searches, ...this.#found.values()];
    return open.reduce((next, one) => Math.min(next, one.nextPosition(position)), Number.POSITIVE_INFINITY);
  }

  at({ offset, length }: TextPlace): Buffer | undefined {
    const bytes = this.#found.get(offset)?.bytes();
    return bytes !== undefined && bytes.length >= length ? bytes.subarray(0, length) : undefined;
  }
}

/** Segments of one kind that are searched. Real programs have one or two. */
const segmentsMax = 4;

function withinLimit(segment: ProgramSegment): ProgramSegment {
  return { ...segment, size: Math.min(segment.size, limits.programBytes) };
}

function searchFor(needle: Buffer): (segment: ProgramSegment) => StreamSearch {
  return ({ offset, size }) => new StreamSearch(needle, { start: offset, end: offset + size });
}

/** Returns the segments with constants: the read-only ones, or all that are not writable if the linker made none. */
function constantsOf(segments: readonly ProgramSegment[]): readonly ProgramSegment[] {
  const fixed = segments.filter(({ isWritable }) => !isWritable);
  const readOnly = fixed.filter(({ isExecutable }) => !isExecutable);
  return (readOnly.length > 0 ? readOnly : fixed).slice(0, segmentsMax);
}

/** Position of the pointers in the header. */
const pointersAt = 16;

interface PointerForm {
  readonly pointerBytes: 4 | 8;
  readonly isBigEndian: boolean;
}

function formOf(header: Buffer): PointerForm | undefined {
  const pointerBytes = header[14];
  if (pointerBytes !== 4 && pointerBytes !== 8) return undefined;
  return { pointerBytes, isBigEndian: ((header[flagsAt] ?? 0) & bigEndian) !== 0 };
}

/** Reads a pointer or length. An impossible one is beyond the end of every file. */
function numberAt(bytes: Buffer, at: number, { pointerBytes, isBigEndian }: PointerForm): number {
  if (at + pointerBytes > bytes.length) return Number.MAX_SAFE_INTEGER;
  if (pointerBytes === 4) return isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
  return Number(isBigEndian ? bytes.readBigUInt64BE(at) : bytes.readBigUInt64LE(at));
}

/** Returns the texts after the header. Undefined if they are not complete. */
function inlineTexts(bytes: Buffer): Buffer | undefined {
  const version = sizedText(bytes, headerBytes);
  const list = version && sizedText(bytes, version.end);
  return list && joinTexts(version.text, list.text);
}

/** Reads a length as a varint, and the text of this length. */
function sizedText(
  bytes: Buffer,
  start: number,
): { readonly text: Buffer; readonly end: number } | undefined {
  let length = 0;
  let at = start;
  for (let shift = 1; at < bytes.length && at < start + 5; shift *= 128) {
    const byte = bytes[at++] ?? 0;
    length += (byte & 127) * shift;
    if (byte >= 128) continue;
    const end = at + length;
    return end <= bytes.length ? { text: bytes.subarray(at, end), end } : undefined;
  }
  return undefined;
}

/** Joins the version and the lines. Without the marks around them, there are no lines. */
function joinTexts(version: Buffer, list: Buffer): Buffer {
  const isMarked = list.length > 2 * listMarkBytes && list.at(-listMarkBytes - 1) === lineFeed;
  const lines = isMarked ? list.subarray(listMarkBytes, -listMarkBytes) : Buffer.alloc(0);
  return Buffer.concat([version, Buffer.from('\n'), lines]);
}

const lineFeed = 0x0a;
