import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { releaseBytes } from '../../kit/bytes/bytes.ts';
import { FilePages, type LoadBytes } from '../../kit/bytes/file-pages.ts';
import { boundedPath } from '../../kit/tar/path.ts';
import type { FileRange } from '../../kit/tar/walk-by-seeking.ts';
import { collectPayload, type PayloadSink, type TarEntry } from '../../kit/tar/walker.ts';
import { SparseArchive } from '../../kit/zip/sparse-archive.ts';
import type { ListerEvent, ProgramPart, ProgramParts } from '../../plugin/package-lister.ts';
import { expandSparse } from './sparse.ts';
import type { WantedPaths } from './wanted-paths.ts';

/** The events of one lister for one file. */
export interface FileListing {
  readonly lister: string;
  readonly events: readonly ListerEvent[];
  /** Parts of a program that a lister on another thread reads later. */
  readonly pending?: ProgramParts;
}

/** Lists files as soon as they are read, which may be too large to be held together. */
export interface ImmediateListing {
  isWanted(path: string): boolean;
  /** With `load`, the bytes of the content are valid only after they were loaded. */
  list(path: string, content: Uint8Array, load?: LoadBytes): readonly FileListing[];
  /** Returns which files of an archive are read. Undefined if the archive is needed whole. */
  entriesOf(path: string): ((name: string) => boolean) | undefined;
  /** Returns how many bytes at the start of a file are read. Undefined if the file is needed whole. */
  beginningBytesOf(path: string): number | undefined;
  /** The parts of programs that listers want. */
  readonly programParts: ReadonlySet<ProgramPart>;
  /** Returns the texts that listers want of the program at a path. */
  programTexts(path: string): readonly string[];
  listProgram(path: string, parts: ProgramParts): readonly FileListing[];
}

/** The files of a layer that listers want at any depth. */
export interface CollectedPackageFiles {
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** The results for files that were listed as soon as they were read, by path. */
  readonly listed: ReadonlyMap<string, readonly FileListing[]>;
  /** Why files were not read, by path. Only the first ones if there are many. */
  readonly unread: ReadonlyMap<string, string>;
  /** All other entries at such paths: unread files, and links whose content is elsewhere. */
  readonly others: ReadonlySet<string>;
}

/** Options of a `PackageFileCollector`. */
export interface PackageFileOptions {
  /** Whether no other thread reads a layer. If not, a layer beyond the limit of one thread is refused, and then read alone. */
  readonly isAlone: boolean;
  readonly listing?: ImmediateListing | undefined;
  /** The archive of the layer, if it is on disk. Archives in it are read in parts. */
  readonly source?: FileRange | undefined;
}

/**
 * Collects the files that listers want at any depth. It has limits of its own. Files beyond them are not read: evidence of their packages
 * remains, and nothing else is affected.
 */
export class PackageFileCollector {
  readonly #wanted: WantedPaths;
  readonly #isAlone: boolean;
  readonly #immediate: ImmediateListing | undefined;
  readonly #source: FileRange | undefined;
  readonly #listed = new Map<string, readonly FileListing[]>();
  /** Memory for one file at a time that is listed as soon as it is read. */
  #buffer: Buffer = Buffer.alloc(0);
  #events = 0;
  readonly #files = new Map<string, Buffer>();
  readonly #unread = new Map<string, string>();
  readonly #others = new Set<string>();
  #bytes = 0;

  constructor(wanted: WantedPaths, { isAlone, listing, source }: PackageFileOptions) {
    this.#wanted = wanted;
    this.#isAlone = isAlone;
    this.#immediate = listing;
    this.#source = source;
  }

  /** Visits a member. Returns a sink if it is a wanted file. A later member replaces an earlier one. */
  visit(entry: TarEntry): PayloadSink | undefined {
    const { path, type } = entry;
    if (type === 'global-header' || !this.#wanted.isAtAnyDepth(path)) return undefined;
    this.#forget(path);
    if (type === 'directory') return undefined;
    const isImmediate = this.#immediate?.isWanted(path) === true;
    if (type === 'file') return isImmediate ? this.#visitLarge(entry) : this.#visitFile(entry);
    if (isImmediate) {
      this.#visitLink(entry);
      return undefined;
    }
    const linked = type === 'hard-link' ? this.#files.get(boundedPath(entry.target)) : undefined;
    if (linked === undefined) this.#addOther(path);
    // A linked file is read once for each of its names.
    else if (this.#takeBytes(path, linked.length)) this.#files.set(path, linked);
    return undefined;
  }

  finish(): CollectedPackageFiles {
    releaseBytes(this.#buffer);
    this.#buffer = Buffer.alloc(0);
    return { files: this.#files, listed: this.#listed, unread: this.#unread, others: this.#others };
  }

  #forget(path: string): void {
    this.#bytes -= this.#files.get(path)?.length ?? 0;
    this.#files.delete(path);
    this.#listed.delete(path);
    this.#unread.delete(path);
    this.#others.delete(path);
  }

  #visitFile({ path, size, sparse }: TarEntry): PayloadSink | undefined {
    if (!this.#takeBytes(path, size + (sparse?.realSize ?? 0))) return undefined;
    return collectPayload(size, (content) => {
      const whole = sparse === undefined ? content : expandSparse(content, sparse);
      if (whole === undefined) this.#skip(path, 'is a sparse file with a malformed map');
      else this.#files.set(path, whole);
    });
  }

  /** Visits a file that is listed at once. */
  #visitLarge({ path, size, offset, sparse }: TarEntry): PayloadSink | undefined {
    const beginning = this.#immediate?.beginningBytesOf(path);
    const bytesMax = beginning === undefined ? this.#archiveBytesMax(path) : Number.POSITIVE_INFINITY;
    const reason =
      sparse === undefined
        ? size > bytesMax
          ? `has ${size} bytes; archives are read up to ${bytesMax} bytes`
          : this.#events > limits.imagePackages
            ? `is not read, as such files of the layer hold more than ${limits.imagePackages} packages`
            : undefined
        : 'is a sparse file, which is not read as an archive';
    if (reason !== undefined) {
      this.#skip(path, reason);
      return undefined;
    }
    if (beginning !== undefined) return this.#visitBeginning(path, Math.min(size, beginning));
    if (this.#source !== undefined && this.#immediate?.entriesOf(path) !== undefined) {
      const { file, offset: start } = this.#source;
      this.#listInParts(path, { file, offset: start + offset, size });
      return undefined;
    }
    return size > limits.archiveFileBytes ? this.#visitSparse(path, size) : this.#visitBeginning(path, size);
  }

  /** Visits a file of which this many bytes at its start are listed. */
  #visitBeginning(path: string, size: number): PayloadSink {
    const bytes = this.#memoryOf(size);
    let filled = 0;
    return {
      write: (piece) => {
        filled += piece.copy(bytes, filled);
      },
      close: () => {
        this.#addListed(path, this.#immediate?.list(path, bytes) ?? []);
      },
      get isSated() {
        return filled === size;
      },
      recordedBytes: size,
    };
  }

  #memoryOf(size: number): Buffer {
    if (this.#buffer.length < size) {
      releaseBytes(this.#buffer);
      this.#buffer = Buffer.allocUnsafeSlow(bufferBytes(size));
    }
    return this.#buffer.subarray(0, size);
  }

  /** Lists an archive on disk, of which only the needed bytes are read. The system provides no memory for the others. */
  #listInParts(path: string, range: FileRange): void {
    const { size } = range;
    const isHeld = size <= limits.archiveFileBytes;
    const bytes = isHeld ? this.#memoryOf(size) : this.#addressSpace(path, () => Buffer.alloc(size));
    if (bytes === undefined) return;
    const pages = new FilePages(range, bytes, limits.archiveFileBytes);
    const listings = this.#immediate?.list(path, bytes, pages.load) ?? [];
    if (pages.isTooLarge) this.#skipTooLarge(path, size);
    else this.#addListed(path, listings);
    if (!isHeld) releaseBytes(bytes);
  }

  /** Returns memory that costs nothing until it is written. Skips the file if the system refuses it. */
  #addressSpace<T>(path: string, allocate: () => T): T | undefined {
    try {
      return allocate();
    } catch (error) {
      this.#skip(path, `is so large that the system has no address space for it: ${messageOf(error)}`);
      return undefined;
    }
  }

  #skipTooLarge(path: string, size: number): void {
    this.#skip(
      path,
      `has ${size} bytes, and more than ${limits.archiveFileBytes} of them in files that are read`,
    );
  }

  #archiveBytesMax(path: string): number {
    return this.#immediate?.entriesOf(path) === undefined
      ? limits.archiveFileBytes
      : limits.sparseArchiveBytes;
  }

  /** Visits an archive of which only the needed files are held. */
  #visitSparse(path: string, size: number): PayloadSink | undefined {
    const needs = this.#immediate?.entriesOf(path) ?? (() => true);
    const options = { needs, keptBytesMax: limits.archiveFileBytes };
    const archive = this.#addressSpace(path, () => new SparseArchive(size, options));
    if (archive === undefined) return undefined;
    return {
      write: (piece) => {
        archive.write(piece);
      },
      close: () => {
        if (archive.isTooLarge) this.#skipTooLarge(path, size);
        else this.#addListed(path, this.#immediate?.list(path, archive.bytes) ?? []);
        archive.free();
      },
    };
  }

  /** Gives a hard link the results of its target. */
  #visitLink({ path, type, target }: TarEntry): void {
    const linked = type === 'hard-link' ? this.#listed.get(boundedPath(target)) : undefined;
    if (linked === undefined) this.#addOther(path);
    else
      this.#addListed(
        path,
        linked.map(({ lister, events }) => ({ lister, events: events.map((event) => ({ ...event, path })) })),
      );
  }

  #addListed(path: string, listings: readonly FileListing[]): void {
    this.#listed.set(path, listings);
    for (const { events } of listings) this.#events += events.length + 1;
  }

  /** Counts a file. Returns whether it is within the limits. Throws `limit-exceeded` if it may be when no other thread reads a layer. */
  #takeBytes(path: string, bytes: number): boolean {
    if (bytes > limits.packageFileBytes)
      return this.#skip(
        path,
        `has ${bytes} bytes; such files are read up to ${limits.packageFileBytes} bytes`,
      );
    const bytesMax = this.#isAlone ? limits.layerPackageFileBytes : limits.threadPackageFileBytes;
    if (this.#bytes + bytes > bytesMax) {
      if (this.#isAlone)
        return this.#skip(path, `is one of too many: they are read up to ${bytesMax} bytes per layer`);
      throw new ClairError('limit-exceeded', `files of language packages have more than ${bytesMax} bytes`, {
        limit: 'keptLayerBytes',
      });
    }
    if (this.#files.size >= limits.packageFilesPerLayer)
      return this.#skip(path, `is one of too many: ${limits.packageFilesPerLayer} are read per layer`);
    this.#bytes += bytes;
    return true;
  }

  #skip(path: string, reason: string): false {
    this.#addOther(path);
    if (this.#unread.size < limits.remarks) this.#unread.set(path, reason);
    return false;
  }

  #addOther(path: string): void {
    if (this.#others.size < limits.packageFilesPerLayer) this.#others.add(path);
  }
}

/** Returns how much memory to take for a file, so that growing files need few allocations. */
function bufferBytes(size: number): number {
  return Math.min(limits.archiveFileBytes, Math.max(1024 * 1024, 2 ** Math.ceil(Math.log2(size))));
}
