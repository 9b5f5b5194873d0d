import { messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { bufferView } from '../../kit/bytes/bytes.ts';
import type { LoadBytes } from '../../kit/bytes/file-pages.ts';
import { RawInflater } from '../../kit/decompress/raw-inflater.ts';
import { quoteUntrusted } from '../../kit/untrusted-text.ts';
import { ZipDirectory } from '../../kit/zip/directory.ts';
import type { ZipHeader } from '../../kit/zip/records.ts';
import type { EntryProblem } from '../package/listing.ts';

/** The rest of the limits that all archives of a layer share, and the inflater of their files. */
export class ArchiveBudget {
  #openedBytes: number = limits.archiveOpenedBytes;
  #inflater: RawInflater | undefined;

  /** Inflates one file after the other. */
  get inflater(): RawInflater {
    this.#inflater ??= new RawInflater();
    return this.#inflater;
  }

  /** Takes bytes that are to be decompressed. Returns whether as many were left. */
  take(bytes: number): boolean {
    this.#openedBytes -= bytes;
    return this.#openedBytes >= 0;
  }
}

/** The problem of a file for which no bytes are left in the budget. */
export const budgetProblem = `was not read, as the archives of the layer have more than ${limits.archiveOpenedBytes} bytes`;

/** A file in an archive. */
export interface FileOfArchive {
  readonly path: string;
  readonly content: Uint8Array;
}

/** Options of `filesOfArchive`. */
export interface ArchiveSelection {
  /** Returns whether the file at a path is wanted. */
  readonly wants: (path: string) => boolean;
  readonly budget: ArchiveBudget;
  /** Reads the bytes that are needed. Absent if all are there. */
  readonly load?: LoadBytes | undefined;
}

/** Yields the wanted files of a zip archive in the order of their data, each with its content or a problem. */
export function* filesOfArchive(
  bytes: Uint8Array,
  { wants, budget, load }: ArchiveSelection,
): Generator<FileOfArchive | EntryProblem> {
  let directory: ZipDirectory;
  try {
    directory = new ZipDirectory(bufferView(bytes), { inflater: budget.inflater, ...(load && { load }) });
  } catch (error) {
    yield { problem: `is not a readable archive: ${messageOf(error)}` };
    return;
  }
  const wantsName = (names: Buffer, start: number, end: number): boolean =>
    end - start <= limits.pathBytes && wants(names.toString('latin1', start, end));
  const { entries, defect } = directory.wanted(wantsName, limits.archiveEntries);
  for (const entry of entries.slice(0, limits.packagesPerFile)) yield readEntry(directory, entry, budget);
  if (entries.length > limits.packagesPerFile)
    yield { problem: `has more than ${limits.packagesPerFile} packages; the rest was not read` };
  if (defect !== undefined) yield { problem: `is a damaged archive: ${defect.message}` };
}

function readEntry(
  directory: ZipDirectory,
  entry: ZipHeader,
  budget: ArchiveBudget,
): FileOfArchive | EntryProblem {
  const { path, bytes } = entry;
  if (!budget.take(bytes)) return { problem: `${quoteUntrusted(path)} ${budgetProblem}` };
  try {
    return { path, content: directory.content(entry, limits.archiveMetadataBytes) };
  } catch (error) {
    return { problem: `${quoteUntrusted(path)} cannot be read: ${messageOf(error)}` };
  }
}
