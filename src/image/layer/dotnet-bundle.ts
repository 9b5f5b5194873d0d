import { limits } from '../../core/limits.ts';
import { StreamCapture, StreamSearch } from '../../kit/bytes/stream-search.ts';
import type { ProgramSegment } from '../../kit/program-head.ts';

/** SHA-256 of `.net core bundle`. It is in the writable data of each host of a .NET application. .NET, bundle_marker.cpp. */
const signature = Buffer.from('8b1202b96a612038727b930214d7a03213f5b9e6efae3318ee3b2dce24b36aae', 'hex');
/** The offset of the header of the bundle precedes the signature. Zero if nothing is bundled. */
const offsetBytes = 8;
/** The beginnings of a dependency file as .NET writes it, on Linux and on Windows. */
const listStarts = ['\n', '\r\n'].map((lineEnd) => Buffer.from(`{${lineEnd}  "runtimeTarget"`));
/** Texts that only begin like a dependency file. Those of applications have one. */
const listsMax = 4;
/** Segments that are searched. Real programs have one or two. */
const segmentsMax = 4;

/**
 * Extracts the dependency file from a .NET application that is bundled into one program, while its bytes stream by. The header of the bundle
 * comes after the files, so the file is found by its beginning. The header then confirms it. .NET does not compress this file.
 */
export class DotnetBundleReader {
  readonly #loadedEnd: number;
  readonly #markers: readonly StreamSearch[];
  /** Where the first marker may begin, and where the last one ends. */
  readonly #markerStart: number;
  readonly #markerEnd: number;
  /** The last bytes before the next piece, which may precede a signature. */
  #recent: Buffer = Buffer.alloc(0);
  #recentEnd = 0;
  #headerOffset: number | undefined;
  #starts: readonly { readonly start: Buffer; readonly search: StreamSearch }[] = [];
  #lists: StreamCapture[] = [];
  #header: StreamCapture | undefined;

  constructor(segments: readonly ProgramSegment[]) {
    this.#loadedEnd = segments.reduce((end, { offset, size }) => Math.max(end, offset + size), 0);
    const places = segments
      .filter(({ isWritable }) => isWritable)
      .slice(0, segmentsMax)
      .map(({ offset, size }) => ({ start: offset, end: offset + Math.min(size, limits.programBytes) }));
    this.#markers = places.map((place) => new StreamSearch(signature, place));
    this.#markerStart = places.reduce((first, { start }) => Math.min(first, start), Number.POSITIVE_INFINITY);
    this.#markerEnd = places.reduce((last, { end }) => Math.max(last, end), 0);
  }

  /** Returns the dependency file. Undefined if the program is no bundle, or its header names no such file. Valid after the last byte. */
  result(): Buffer | undefined {
    const place = this.#header === undefined ? undefined : placeOfList(this.#header.bytes());
    const list = this.#lists.find(({ start }) => start === place?.offset)?.bytes();
    return list === undefined || place === undefined || list.length < place.size
      ? undefined
      : list.subarray(0, place.size);
  }

  /** Takes the piece of the file that begins at this position. */
  push(piece: Buffer, position: number): void {
    if (this.#headerOffset === undefined) {
      // Most programs are no bundles, and most of their pieces have no writable data.
      if (position >= this.#markerEnd || position + piece.length <= this.#markerStart) return;
      this.#findMarker(piece, position);
    }
    for (const { start, search } of this.#starts)
      for (const at of search.push(piece, position)) this.#openList(at, start);
    for (const list of this.#lists) list.push(piece, position);
    this.#header?.push(piece, position);
  }

  /** Returns the next position at which it needs bytes. Infinite if nothing can change the result. */
  nextPosition(position: number): number {
    if (this.#header === undefined && position >= this.#markerEnd) return Number.POSITIVE_INFINITY;
    const open =
      this.#header === undefined
        ? this.#markers
        : [this.#header, ...this.#lists, ...this.#starts.map(({ search }) => search)];
    return open.reduce((next, one) => Math.min(next, one.nextPosition(position)), Number.POSITIVE_INFINITY);
  }

  #findMarker(piece: Buffer, position: number): void {
    const before = this.#recentEnd === position ? this.#recent : Buffer.alloc(0);
    for (const marker of this.#markers)
      for (const at of marker.push(piece, position))
        this.#open(at, offsetIn(bytesBefore(at, { before, piece, position })));
    const kept = offsetBytes + signature.length;
    this.#recent =
      piece.length >= kept
        ? Buffer.from(piece.subarray(piece.length - kept))
        : Buffer.concat([before, piece]).subarray(-kept);
    this.#recentEnd = position + piece.length;
  }

  /** Begins to search for the dependency file, between the program itself and the header of the bundle. */
  #open(marker: number, headerOffset: number): void {
    const start = Math.max(this.#loadedEnd, marker + signature.length);
    if (this.#headerOffset !== undefined || headerOffset <= start) return;
    if (headerOffset - start > limits.dotnetBundleBytes) return;
    this.#headerOffset = headerOffset;
    this.#header = new StreamCapture(headerOffset, limits.dotnetBundleHeaderBytes);
    this.#starts = listStarts.map((text) => ({
      start: text,
      search: new StreamSearch(text, { start, end: headerOffset }),
    }));
  }

  #openList(at: number, start: Buffer): void {
    if (this.#lists.length >= listsMax) return;
    const bytesMax = Math.min(limits.packageFileBytes, (this.#headerOffset ?? at) - at);
    this.#lists.push(new StreamCapture(at, bytesMax, start));
  }
}

interface RecentBytes {
  readonly before: Buffer;
  readonly piece: Buffer;
  readonly position: number;
}

/** Returns the bytes before a place, which may be in the piece before this one. */
function bytesBefore(at: number, { before, piece, position }: RecentBytes): Buffer {
  const joined = Buffer.concat([before, piece.subarray(0, Math.max(at - position, 0))]);
  const end = before.length + at - position;
  return joined.subarray(Math.max(end - offsetBytes, 0), Math.max(end, 0));
}

/** Reads an offset. An impossible one is beyond the end of every file. */
function offsetIn(bytes: Buffer): number {
  return bytes.length < offsetBytes ? 0 : Number(bytes.readBigUInt64LE());
}

/** The type of a dependency file in the table of files. .NET, FileType. */
const typeOfList = 3;

/** A part of a program that is a file. */
interface FilePlace {
  readonly offset: number;
  readonly size: number;
}

/**
 * Returns where the dependency file is, as the header of a bundle states. Since version 2 (.NET 5), the header has a field for it. Before, it
 * is in the table of files. .NET, Manifest.cs.
 */
function placeOfList(header: Buffer): FilePlace | undefined {
  const fields = new HeaderFields(header);
  const major = fields.int32();
  fields.int32();
  const files = fields.int32();
  fields.skipText();
  const first = { offset: fields.int64(), size: fields.int64() };
  if (major >= 2) return fields.isComplete() && first.size > 0 ? first : undefined;
  let place = first;
  for (let i = 0; i < files && fields.isComplete(); i++) {
    const type = fields.byte();
    if (type === typeOfList) return fields.isComplete() ? place : undefined;
    fields.skipText();
    place = { offset: fields.int64(), size: fields.int64() };
  }
  return undefined;
}

/** Reads consecutive fields, as .NET's `BinaryWriter` writes them. */
class HeaderFields {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Returns whether all fields so far were within the bytes. */
  isComplete(): boolean {
    return this.#at <= this.#bytes.length;
  }

  byte(): number {
    return this.#bytes[this.#at++] ?? 0;
  }

  int32(): number {
    const at = this.#take(4);
    return this.isComplete() ? this.#bytes.readInt32LE(at) : 0;
  }

  int64(): number {
    const at = this.#take(8);
    return this.isComplete() ? Number(this.#bytes.readBigInt64LE(at)) : 0;
  }

  /** Skips a text after its length, which has seven bits in each byte. */
  skipText(): void {
    let length = 0;
    let byte = 0x80;
    for (let shift = 1; byte >= 0x80 && shift <= 2 ** 28; shift *= 128) {
      byte = this.byte();
      length += (byte & 0x7f) * shift;
    }
    this.#take(length);
  }

  #take(bytes: number): number {
    const at = this.#at;
    this.#at += bytes;
    return at;
  }
}
