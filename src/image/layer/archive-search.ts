import { loadNothing } from '../../kit/bytes/file-pages.ts';
import { StreamCapture } from '../../kit/bytes/stream-search.ts';
import { hasAt } from '../../kit/tar/header.ts';
import {
  commentBytesMax,
  directoryOf,
  endBytes,
  endRecords,
  isRecord,
  locator64Bytes,
} from '../../kit/zip/records.ts';

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
 * Finds the kind of a zip archive while its bytes stream by. The names in its directory decide, wherever the directory is and whatever
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

const ones = 0xffffffff;

/** Finds the archive at the end of a program while the program streams by. A JVM and Python run it, whatever precedes it. */
export class TrailingArchive {
  readonly #tail: StreamCapture;

  /** `size`: bytes of the program. */
  constructor(size: number) {
    const start = Math.max(size - endBytes - commentBytesMax, 0);
    this.#tail = new StreamCapture(start, size - start);
  }

  push(piece: Buffer, position: number): void {
    this.#tail.push(piece, position);
  }

  nextPosition(position: number): number {
    return this.#tail.nextPosition(position);
  }

  /** Returns the kind of the archive; `maven` if its directory begins before the last bytes. Undefined for a program without such an archive. */
  kind(): ArchiveKind | undefined {
    const tail = this.#tail.bytes();
    const ends = [...endRecords({ bytes: tail, load: loadNothing })];
    if (ends[0] === undefined) return undefined;
    const search = new ArchiveSearch();
    search.write(tail.subarray(0, ends[0]));
    if (search.kind !== undefined) return search.kind;
    return ends.some((end) => this.#isDirectoryBefore(tail, end)) ? 'maven' : undefined;
  }

  /** Frees the memory at once. */
  free(): void {
    this.#tail.free();
  }

  /** Whether the directory of an end record begins before the last bytes of the program. */
  #isDirectoryBefore(tail: Buffer, end: number): boolean {
    const { size } = directoryOf(tail, { end, end64: undefined });
    if (size === ones || isRecord(tail, end - locator64Bytes, 'locator64')) return true;
    return size > end && size <= this.#tail.start + end;
  }
}
