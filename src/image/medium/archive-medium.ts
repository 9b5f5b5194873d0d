import { closeSync, openSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { type Compression, compressionOf, magicBytes } from '../../kit/decompress/compression.ts';
import { inflateFile } from '../../kit/decompress/inflate-file.ts';
import { ClairError, messageOf } from '../../kit/errors.ts';
import { limits } from '../../kit/limits.ts';
import { TarError } from '../../kit/tar/header.ts';
import { cleanPath } from '../../kit/tar/path.ts';
import { walkBySeeking } from '../../kit/tar/walk-by-seeking.ts';
import { type PayloadSink, type TarEntry, TarWalker } from '../../kit/tar/walker.ts';
import { compressionAt, readAt, stampOf } from './local-file.ts';
import type { Medium, StoredFile } from './medium.ts';

/** A member of an image archive. Of a compressed archive the start, or the whole document, is kept: it cannot be gone back to. */
interface Member {
  readonly entry: TarEntry;
  readonly bytes?: Buffer;
}

type Members = ReadonlyMap<string, Member>;

/** A tar archive on disk, with its members listed, unless it is the archive of a root file system. */
export type ArchiveContent = { readonly medium: Medium } | 'root-file-system';

/**
 * Lists the members of a tar archive. The listing stops at the first member that only a root file system has, so a large
 * layer is not walked twice.
 */
export async function openArchive(path: string, compression: Compression): Promise<ArchiveContent> {
  try {
    const members = compression === 'none' ? listBySeeking(path) : await listByInflating(path);
    return members === undefined ? 'root-file-system' : { medium: archiveMedium(path, compression, members) };
  } catch (error) {
    if (!(error instanceof TarError)) throw error;
    throw new ClairError('target-corrupt', `${path} is not a readable tar archive: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

const rootDirectories: ReadonlySet<string> = new Set(
  'bin boot dev etc home lib lib32 lib64 libx32 media mnt opt proc root rootfs run sbin srv sys tmp usr var'.split(
    ' ',
  ),
);

/** Members of an archive being listed; `foreign` is set once one shows that it holds no image. */
class Listing {
  readonly members = new Map<string, Member>();
  foreign = false;
  readonly #path: string;
  #documentBytes = 0;

  constructor(path: string) {
    this.#path = path;
  }

  add(entry: TarEntry, bytes?: Buffer): void {
    const first = entry.path.slice(0, Math.max(entry.path.indexOf('/'), 0)) || entry.path;
    if (this.members.size >= limits.archiveMembers)
      throw new ClairError(
        'limit-exceeded',
        `${this.#path} has more than ${limits.archiveMembers} members, and none of them tells what it is; if it is a root file system, put rootfs-tar: before its name`,
      );
    if (rootDirectories.has(first)) this.foreign = true;
    else this.members.set(entry.path, bytes === undefined ? { entry } : { entry, bytes });
  }

  /** Keeps small members whole, as one of them may be a document, and the first bytes of the others. */
  keep(entry: TarEntry): PayloadSink | undefined {
    if (entry.type !== 'file') {
      this.add(entry);
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
      this.add(entry, isJson ? kept : Buffer.from(kept.subarray(0, magicBytes)));
    };
    return { write: (bytes) => (fill += bytes.copy(kept, fill)), close };
  }
}

function listBySeeking(path: string): Members | undefined {
  const listing = new Listing(path);
  const walker = new TarWalker((entry) => {
    listing.add(entry);
    return undefined;
  });
  const file = openSync(path, 'r');
  try {
    walkBySeeking({ file, offset: 0, size: statSync(path).size }, walker, () => listing.foreign);
  } finally {
    closeSync(file);
  }
  return listing.foreign ? undefined : listing.members;
}

/** Thrown to leave the inflation of an archive that turned out to hold no image. */
class ForeignArchive extends Error {}

async function listByInflating(path: string): Promise<Members | undefined> {
  const listing = new Listing(path);
  const walker = new TarWalker((entry) => listing.keep(entry));
  try {
    await inflateFile(path, (bytes) => {
      walker.push(bytes);
      if (listing.foreign) throw new ForeignArchive();
      return undefined;
    });
  } catch (error) {
    if (error instanceof ForeignArchive) return undefined;
    throw error;
  }
  walker.end();
  return listing.members;
}

function archiveMedium(path: string, archiveCompression: Compression, members: Members): Medium {
  const stamp = stampOf(path, statSync(path, { bigint: true }));
  const kind = archiveCompression === 'none' ? 'file' : 'archive-member';
  const find = (name: string): StoredFile | undefined => {
    const member = follow(members, cleanPath(name));
    if (member === undefined) return undefined;
    const { offset, size } = member.entry;
    const compression =
      kind === 'file' ? compressionAt(path, offset, size) : compressionOf(member.bytes ?? Buffer.alloc(0));
    return { place: { kind, path, offset, size, stamp }, compression, sizeBytes: size };
  };
  const document = (name: string): Buffer | undefined => {
    const member = follow(members, cleanPath(name));
    if (member === undefined) return undefined;
    const { offset, size } = member.entry;
    if (size > limits.manifestBytes) {
      throw new ClairError(
        'limit-exceeded',
        `${name} in ${path} has ${size} bytes, too many for a manifest or configuration`,
      );
    }
    return kind === 'file' ? readAt(path, offset, size) : member.bytes;
  };
  return { name: path, find, document };
}

/** Docker writes a layer that occurs twice as a link to the first. */
function follow(members: Members, name: string): Member | undefined {
  let path = name;
  for (let depth = 0; depth < limits.linkDepth; depth++) {
    const member = members.get(path);
    if (member === undefined || member.entry.type === 'file') return member;
    if (member.entry.type === 'symbolic-link')
      path = cleanPath(posix.join(posix.dirname(path), member.entry.target));
    else if (member.entry.type === 'hard-link') path = cleanPath(member.entry.target);
    else return undefined;
  }
  return undefined;
}
