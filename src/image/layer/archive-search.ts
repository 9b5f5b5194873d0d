import { StreamCapture } from '../../kit/bytes/stream-search.ts';
import { hasAt } from '../../kit/tar/header.ts';

/** A runtime that can run the files of an archive: a JVM, Python, or Erlang. */
export type ArchiveKind = 'maven' | 'pypi' | 'hex';

/** Endings of the names of files in an archive that something runs, or that name its packages. */
const endings: readonly (readonly [ArchiveKind, ending: string])[] = [
  ['maven', '.class'],
  ['maven', '.jar'],
  ['maven', '.war'],
  ['maven', '/pom.properties'],
  ['maven', 'META-INF/MANIFEST.MF'],
  ['pypi', '.py'],
  ['pypi', '.pyc'],
  ['pypi', '.dist-info/METADATA'],
  ['pypi', '.egg-info/PKG-INFO'],
  ['pypi', 'EGG-INFO/PKG-INFO'],
  ['hex', '.beam'],
];

interface Ending {
  readonly kind: ArchiveKind;
  readonly bytes: Buffer;
}

/** The endings by their last byte. */
const endingsByByte: ReadonlyMap<number | undefined, readonly Ending[]> = Map.groupBy(
  endings.map(([kind, text]) => ({ kind, bytes: Buffer.from(text) })),
  ({ bytes }) => bytes.at(-1),
);

/** Signature of an entry of the directory. APPNOTE.TXT, section 4.3.12. */
const entrySignature = Buffer.from('PK\x01\x02');
/** Bytes of an entry before its name, and the place of the length of the name. */
const [nameOffset, nameLengthOffset] = [46, 28];

/**
 * Finds what runs a zip archive while its bytes stream by. The names in its directory decide, wherever the directory is and whatever
 * precedes it. Keeps less than one entry of the directory.
 */
export class ArchiveSearch {
  #rest: Buffer = Buffer.alloc(0);
  #kind: ArchiveKind | undefined;

  /** The kind by the first name that shows one. Undefined if none did so far. */
  get kind(): ArchiveKind | undefined {
    return this.#kind;
  }

  write(piece: Buffer): void {
    if (this.#kind !== undefined) return;
    const bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    let at = bytes.indexOf(entrySignature);
    // Each signature counts. The size of an entry may be a lie that leads past the next one.
    for (; at !== -1; at = bytes.indexOf(entrySignature, at + entrySignature.length)) {
      const end = endOfName(bytes, at);
      if (end > bytes.length) break;
      this.#kind = kindByName(bytes, at + nameOffset, end);
      if (this.#kind !== undefined) return;
    }
    const from = at === -1 ? Math.max(bytes.length - entrySignature.length + 1, 0) : at;
    this.#rest = Buffer.from(bytes.subarray(from));
  }
}

/** Returns the end of the name of an entry. Infinite if the bytes do not reach its length. */
function endOfName(bytes: Buffer, at: number): number {
  if (at + nameOffset > bytes.length) return Number.POSITIVE_INFINITY;
  return at + nameOffset + bytes.readUInt16LE(at + nameLengthOffset);
}

function kindByName(bytes: Buffer, start: number, end: number): ArchiveKind | undefined {
  if (start === end) return undefined;
  const found = endingsByByte
    .get(bytes[end - 1])
    ?.find(
      ({ bytes: { length }, bytes: ending }) => end - length >= start && hasAt(bytes, end - length, ending),
    );
  return found?.kind;
}

/** Signatures of the end record of an archive, and of the locator of a 64-bit one before it. APPNOTE.TXT, sections 4.3.15 and 4.3.16. */
const [endSignature, locator64Signature] = [Buffer.from('PK\x05\x06'), Buffer.from('PK\x06\x07')];
/** The end record, the place of the size of the directory in it, and the longest comment behind it. */
const [endRecordBytes, directorySizeOffset, commentBytesMax] = [22, 12, 0xffff];
const locator64Bytes = 20;
const ones = 0xffffffff;

/** Finds the archive at the end of a program while the program streams by. A JVM and Python run it, whatever precedes it. */
export class TrailingArchive {
  readonly #tail: StreamCapture;

  /** `size`: bytes of the program. */
  constructor(size: number) {
    const start = Math.max(size - endRecordBytes - commentBytesMax, 0);
    this.#tail = new StreamCapture(start, size - start);
  }

  push(piece: Buffer, position: number): void {
    this.#tail.push(piece, position);
  }

  nextPosition(position: number): number {
    return this.#tail.nextPosition(position);
  }

  /** Returns the kind of the archive. `maven` if its directory begins before the last bytes. Undefined if there is none that runs. */
  kind(): ArchiveKind | undefined {
    const tail = this.#tail.bytes();
    const last = tail.lastIndexOf(endSignature, tail.length - endRecordBytes);
    if (last === -1 || tail.length < endRecordBytes) return undefined;
    const search = new ArchiveSearch();
    search.write(tail.subarray(0, last));
    if (search.kind !== undefined) return search.kind;
    for (let at = last; at >= 0; at = at === 0 ? -1 : tail.lastIndexOf(endSignature, at - 1))
      if (this.#isDirectoryBefore(tail, at)) return 'maven';
    return undefined;
  }

  /** Frees the memory at once. */
  free(): void {
    this.#tail.free();
  }

  /** Whether the directory of an end record begins before the last bytes of the program. */
  #isDirectoryBefore(tail: Buffer, end: number): boolean {
    const size = tail.readUInt32LE(end + directorySizeOffset);
    const locator = end - locator64Bytes;
    if (size === ones || (locator >= 0 && hasAt(tail, locator, locator64Signature))) return true;
    return size > end && size <= this.#tail.start + end;
  }
}
