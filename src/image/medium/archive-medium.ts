import { posix } from 'node:path';
import { compressionOf, magicBytes } from '../../kit/decompress/compression.ts';
import { ClairError } from '../../kit/errors.ts';
import { limits } from '../../kit/limits.ts';
import { oneLine } from '../../kit/one-line.ts';
import { cleanPath, parentOf } from '../../kit/tar/path.ts';
import type { PayloadSink, TarEntry } from '../../kit/tar/walker.ts';
import { compressionAt, exactStatsOf, readAt, stampOf } from './local-file.ts';
import { checkDocumentSize, type Medium, type StoredFile } from './medium.ts';
import { type ArchiveFile, walkArchive } from './walk-archive.ts';

/** A member of an image archive. Of a compressed archive the start, or the whole document, is kept: it cannot be gone back to. */
interface Member {
  readonly entry: TarEntry;
  readonly bytes?: Buffer;
}

/** The members of an archive by their paths. */
interface Members {
  readonly byPath: ReadonlyMap<string, Member>;
  /** Paths that more than one member has, of which not all are directories. */
  readonly doubled: ReadonlySet<string>;
}

/** A tar archive on disk, with its members listed, unless it is the archive of a root file system. */
export type ArchiveContent = { readonly medium: Medium } | 'root-file-system';

/**
 * Lists the members of a tar archive. The listing stops at the first member that only a root file system has, so a large
 * layer is not walked twice.
 */
export async function openArchive(archive: ArchiveFile): Promise<ArchiveContent> {
  const listing = new Listing(archive.path);
  const visit = archive.compression === 'none' ? listing.list : listing.keep;
  await walkArchive(archive, visit, () => listing.isForeign);
  if (listing.isForeign) listing.refuseDocuments();
  return listing.isForeign ? 'root-file-system' : { medium: archiveMedium(archive, listing.checked()) };
}

const rootDirectories: ReadonlySet<string> = new Set(
  'bin boot dev etc home lib lib32 lib64 libx32 media mnt opt proc root rootfs run sbin srv sys tmp usr var'.split(
    ' ',
  ),
);

const documentNames = ['manifest.json', 'index.json', 'oci-layout', 'repositories'];

/** Of the name of a member so many characters are shown. */
const nameMax = 200;

/** Members of an archive being listed. */
class Listing {
  readonly #members = new Map<string, Member>();
  readonly #doubled = new Set<string>();
  /** One of them shows that it holds no image. */
  isForeign = false;
  readonly #path: string;
  #documentBytes = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Takes a member that can be gone back to. */
  readonly list = (entry: TarEntry): undefined => {
    this.#add(entry);
  };

  /** Keeps small members whole, as one of them may be a document, and the first bytes of the others. */
  readonly keep = (entry: TarEntry): PayloadSink | undefined => {
    if (entry.type !== 'file') {
      this.#add(entry);
      return undefined;
    }
    const isDocument =
      entry.size <= limits.manifestBytes && this.#documentBytes + entry.size <= limits.archiveDocumentBytes;
    const kept = Buffer.alloc(isDocument ? entry.size : magicBytes);
    let fill = 0;
    this.#documentBytes += isDocument ? entry.size : 0;
    const close = (): void => {
      const isJson =
        kept[0] === 0x7b || kept[0] === 0x5b || /(^|\/)(oci-layout|repositories|VERSION)$/.test(entry.path);
      if (isDocument && !isJson) this.#documentBytes -= entry.size;
      this.#add(entry, isJson ? kept : Buffer.from(kept.subarray(0, magicBytes)));
    };
    return { write: (bytes) => (fill += bytes.copy(kept, fill)), close };
  };

  /** Refuses an archive that is an image and a root file system, as far as it was listed. */
  refuseDocuments(): void {
    const found = documentNames.find((name) => this.#members.has(name));
    if (found === undefined) return;
    throw new ClairError(
      'target-corrupt',
      `${this.#path} has ${found}, as an image has, and directories of a root file system; put rootfs-tar: before its name if it is one`,
    );
  }

  /** The members. Throws `target-corrupt` where one lies below a link: unpacked, it may replace another. */
  checked(): Members {
    for (const path of this.#members.keys()) {
      for (let folder = parentOf(path); folder !== ''; folder = parentOf(folder)) {
        if (this.#members.get(folder)?.entry.type !== 'symbolic-link') continue;
        throw new ClairError(
          'target-corrupt',
          `${this.#path} has ${oneLine(path, nameMax)} below ${oneLine(folder, nameMax)}, which is a link: readers differ in which file it is`,
        );
      }
    }
    return { byPath: this.#members, doubled: this.#doubled };
  }

  #add(entry: TarEntry, bytes?: Buffer): void {
    const first = entry.path.slice(0, Math.max(entry.path.indexOf('/'), 0)) || entry.path;
    if (this.#members.size >= limits.archiveMembers)
      throw new ClairError(
        'limit-exceeded',
        `${this.#path} has more than ${limits.archiveMembers} members, and none of them tells what it is; if it is a root file system, put rootfs-tar: before its name`,
      );
    if (rootDirectories.has(first)) this.isForeign = true;
    else {
      const before = this.#members.get(entry.path);
      if (before !== undefined && (before.entry.type !== 'directory' || entry.type !== 'directory'))
        this.#doubled.add(entry.path);
      this.#members.set(entry.path, bytes === undefined ? { entry } : { entry, bytes });
    }
  }
}

function archiveMedium({ path, compression: archiveCompression }: ArchiveFile, members: Members): Medium {
  const stats = exactStatsOf(path);
  if (stats === undefined) throw new ClairError('target-not-found', `${path} vanished while it was read`);
  const stamp = stampOf(path, stats);
  const kind = archiveCompression === 'none' ? 'file' : 'archive-member';
  const find = (name: string): StoredFile | undefined => {
    const member = follow(path, members, cleanPath(name));
    if (member === undefined) return undefined;
    const { offset, size } = member.entry;
    const compression =
      kind === 'file' ? compressionAt(path, offset, size) : compressionOf(member.bytes ?? Buffer.alloc(0));
    return { place: { kind, path, offset, size, stamp }, compression, sizeBytes: size };
  };
  const document = (name: string): Buffer | undefined => {
    const member = follow(path, members, cleanPath(name));
    if (member === undefined) return undefined;
    const { offset, size } = member.entry;
    checkDocumentSize(`${name} in ${path}`, size);
    return kind === 'file' ? readAt(path, offset, size) : member.bytes;
  };
  return { name: path, find, document };
}

/** Docker writes a layer that occurs twice as a link to the first. */
function follow(archive: string, { byPath, doubled }: Members, name: string): Member | undefined {
  let path = name;
  for (let depth = 0; depth < limits.linkDepth; depth++) {
    if (doubled.has(path))
      throw new ClairError(
        'target-corrupt',
        `${archive} has several members ${oneLine(path, nameMax)}: some readers take the first of them, others the last`,
      );
    const member = byPath.get(path);
    if (member === undefined || member.entry.type === 'file') return member;
    if (member.entry.type === 'symbolic-link')
      path = cleanPath(posix.join(posix.dirname(path), member.entry.target));
    else if (member.entry.type === 'hard-link') path = cleanPath(member.entry.target);
    else return undefined;
  }
  return undefined;
}
