import { posix } from 'node:path';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { compressionOf, magicBytes } from '../../kit/decompress/compression.ts';
import { boundedPath, cleanPath, isOverlong } from '../../kit/tar/path.ts';
import type { PayloadSink, TarEntry } from '../../kit/tar/walker.ts';
import { toSingleLine } from '../../kit/untrusted-text.ts';
import { documentNames } from '../image.ts';
import { checkDocumentSize, type ImageContainer, type StoredFile } from './image-container.ts';
import { compressionAt, exactStatsOf, readAt, stampOf } from './local-file.ts';
import { type ArchiveFile, walkArchive } from './walk-archive.ts';

/**
 * A member of an image archive. A member of a compressed archive cannot be read again later. So `bytes` holds its start, or the whole
 * member if it is small enough to be a document.
 */
interface Member {
  readonly entry: TarEntry;
  readonly bytes?: Buffer;
}

/** The members of an archive by their paths. */
interface Members {
  readonly byPath: ReadonlyMap<string, Member>;
  /** Paths of several members of which at least one is not a directory. */
  readonly duplicates: ReadonlySet<string>;
}

/** A tar archive on disk with its members listed, unless it is an archive of a root file system. */
export type ArchiveContent = { readonly container: ImageContainer } | 'root-file-system';

/**
 * Lists the members of a tar archive. Stops at the first member that only a root file system has, so that a large layer is not walked
 * twice.
 */
export async function openArchive(archive: ArchiveFile): Promise<ArchiveContent> {
  const listing = new Listing(archive.path);
  const visit = archive.compression === 'none' ? listing.list : listing.keep;
  await walkArchive(archive, visit, () => listing.isRootFileSystem);
  if (listing.isRootFileSystem) listing.refuseDocuments();
  return listing.isRootFileSystem
    ? 'root-file-system'
    : { container: archiveContainer(archive, listing.checkedMembers()) };
}

const rootDirectories: ReadonlySet<string> = new Set(
  'bin boot dev etc home lib lib32 lib64 libx32 media mnt opt proc root rootfs run sbin srv sys tmp usr var'.split(
    ' ',
  ),
);

/** Maximum length of a member name in messages. */
const nameMax = 200;

/** The members of an archive that is being listed. */
class Listing {
  readonly #members = new Map<string, Member>();
  readonly #duplicates = new Set<string>();
  /** Whether a member shows that the archive holds no image. */
  isRootFileSystem = false;
  readonly #path: string;
  #documentBytes = 0;
  #nameCharacters = 0;
  /** Whether an overlong name was skipped. A root file system may have one; an image never has. */
  #hasOverlong = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** Visits a member of an uncompressed archive, which can be read again later. */
  readonly list = (entry: TarEntry): undefined => {
    if (entry.type !== 'global-header') this.#add(entry);
  };

  /** Visits a member of a compressed archive. Keeps small members whole, since they may be documents, and the first bytes of the others. */
  readonly keep = (entry: TarEntry): PayloadSink | undefined => {
    if (entry.type !== 'file') {
      this.list(entry);
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

  /** Throws `target-corrupt` if the listed part is both an image and a root file system. */
  refuseDocuments(): void {
    const found = documentNames.find((name) => this.#members.has(name));
    if (found === undefined) return;
    throw new ClairError(
      'target-corrupt',
      `${this.#path} has ${found} like an image, but also directories of a root file system; put rootfs-tar: before its name if it is one`,
    );
  }

  /** Returns the members. Throws `target-corrupt` if a member is below a link, since an unpacked member may then replace another one. */
  checkedMembers(): Members {
    if (this.#hasOverlong)
      throw new ClairError(
        'limit-exceeded',
        `${this.#path} has a member with a name longer than ${limits.pathBytes} bytes`,
        { limit: 'pathBytes' },
      );
    const found = this.#belowLink();
    if (found !== undefined) {
      const [path, link] = found.map((name) => toSingleLine(name, nameMax));
      throw new ClairError(
        'target-corrupt',
        `${this.#path} has ${path} below ${link}, which is a link: readers differ in which file they use`,
      );
    }
    return { byPath: this.#members, duplicates: this.#duplicates };
  }

  /**
   * Finds a member below a symbolic link, and returns both names. With a slash appended to each name, children sort directly after their
   * parent. So the search takes linear time even if names are deep.
   */
  #belowLink(): readonly [path: string, link: string] | undefined {
    const isLink = (path: string): boolean => this.#members.get(path)?.entry.type === 'symbolic-link';
    if (![...this.#members.keys()].some(isLink)) return undefined;
    const sorted = [...this.#members.keys()].map((path) => `${path}/`).sort();
    const at = sorted.findIndex(
      (path, i) => sorted[i + 1]?.startsWith(path) === true && isLink(path.slice(0, -1)),
    );
    return at < 0 ? undefined : [sorted[at + 1]?.slice(0, -1) ?? '', sorted[at]?.slice(0, -1) ?? ''];
  }

  #add(entry: TarEntry, bytes?: Buffer): void {
    if (isOverlong(entry.path)) {
      this.#hasOverlong = true;
      return;
    }
    this.#checkNames(entry.path);
    const first = entry.path.slice(0, Math.max(entry.path.indexOf('/'), 0)) || entry.path;
    if (this.#members.size >= limits.archiveMembers)
      throw new ClairError(
        'limit-exceeded',
        `${this.#path} has more than ${limits.archiveMembers} members, and none of them identifies an image; if it is a root file system, put rootfs-tar: before its name`,
      );
    if (rootDirectories.has(first)) this.isRootFileSystem = true;
    else {
      const before = this.#members.get(entry.path);
      if (before !== undefined && (before.entry.type !== 'directory' || entry.type !== 'directory'))
        this.#duplicates.add(entry.path);
      this.#members.set(entry.path, bytes === undefined ? { entry } : { entry, bytes });
    }
  }

  #checkNames(path: string): void {
    this.#nameCharacters += path.length;
    if (this.#nameCharacters > limits.archiveNameCharacters)
      throw new ClairError(
        'limit-exceeded',
        `${this.#path} has member names of more than ${limits.archiveNameCharacters} characters in total; if it is a root file system, put rootfs-tar: before its name`,
        { limit: 'archiveNameCharacters' },
      );
  }
}

function archiveContainer(
  { path, compression: archiveCompression }: ArchiveFile,
  members: Members,
): ImageContainer {
  const stats = exactStatsOf(path);
  if (stats === undefined) throw new ClairError('target-not-found', `${path} was removed during reading`);
  const stamp = stampOf(path, stats);
  const kind = archiveCompression === 'none' ? 'file' : 'archive-member';
  const find = (name: string): StoredFile | undefined => {
    const member = resolveMember(path, members, cleanPath(name));
    if (member === undefined) return undefined;
    const { offset, size } = member.entry;
    const compression =
      kind === 'file' ? compressionAt(path, offset, size) : compressionOf(member.bytes ?? Buffer.alloc(0));
    return { place: { kind, path, offset, size, stamp }, compression, sizeBytes: size };
  };
  const document = (name: string): Buffer | undefined => {
    const member = resolveMember(path, members, cleanPath(name));
    if (member === undefined) return undefined;
    const { offset, size } = member.entry;
    checkDocumentSize(`${name} in ${path}`, size);
    return kind === 'file' ? readAt(path, offset, size) : member.bytes;
  };
  return { name: path, find, document };
}

/** Finds a member and follows links: Docker writes the second occurrence of a layer as a link to the first. */
function resolveMember(archive: string, { byPath, duplicates }: Members, name: string): Member | undefined {
  let path = name;
  for (let depth = 0; depth < limits.linkDepth; depth++) {
    if (duplicates.has(path))
      throw new ClairError(
        'target-corrupt',
        `${archive} has several members named ${toSingleLine(path, nameMax)}: some readers take the first, others the last`,
      );
    const member = byPath.get(path);
    if (member === undefined || member.entry.type === 'file') return member;
    if (member.entry.type === 'symbolic-link') path = linkedPath(posix.dirname(path), member.entry.target);
    else if (member.entry.type === 'hard-link') path = boundedPath(member.entry.target);
    else return undefined;
  }
  return undefined;
}

function linkedPath(directory: string, target: string): string {
  return isOverlong(target) ? target : cleanPath(posix.join(directory, target));
}
