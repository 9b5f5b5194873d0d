import type { Diversion } from '../model/layer-index.ts';
import type { Namespace } from '../model/namespace.ts';
import type { ListedPackage, PackageType } from '../model/package.ts';
import type { Files, PathPattern } from './layer-files.ts';

/** One thing a lister read at `path`. */
export type ListerEvent =
  | { readonly path: string; readonly package: ListedPackage }
  /**
   * In words for people: what is wrong and where. `lacks` is present for an entry that was read whole and states no version: there is nothing
   * in it to look up.
   */
  | { readonly path: string; readonly problem: string; readonly lacks?: 'version' }
  /** A second file that decides what the first one lists: a log that was applied to a database. Later layers must not change only one of them. */
  | { readonly path: string; readonly readWith: string }
  /** Files that the package of this name owns, of those that may be packages of a language, programs or libraries by themselves. */
  | { readonly path: string; readonly owner: string; readonly files: readonly string[] }
  /** A file that all packages but one have at another path than they say. */
  | { readonly path: string; readonly diversion: Diversion }
  /** Repositories that the packages of this layer come from, by the ids of their vendor. */
  | { readonly path: string; readonly repositories: readonly string[] };

/**
 * Files that state the licences of installed packages: one in a directory named after each package, `usr/share/doc/bash/copyright`.
 * They add detail only: one that is missing, too large or over a limit leaves licences unknown and is no problem.
 */
export interface LicenseFiles {
  /** Type of the packages. */
  readonly type: PackageType;
  /** Directory that has a directory for each package, without slashes around it. */
  readonly directory: string;
  /** Name of the file. */
  readonly file: string;
  /** The licences that a file states; empty where it states none that is understood. */
  read(content: Uint8Array): readonly string[];
}

/** Reads a package database or manifest out of the wanted files of one layer. */
export interface PackageLister {
  readonly name: string;
  /** Raised whenever the same files may give another list: layers are then read again. */
  readonly version: number;
  readonly wants: readonly PathPattern[];
  /** Where the versions of what it lists mean something, if not in the distribution of the image. */
  readonly ecosystem?: Namespace;
  /**
   * Name of the scheme by which versions of what it lists order in the distribution of the image, for types of packages that
   * `model/namespace.ts` does not know: it knows `deb`, `apk` and `rpm`.
   */
  readonly versionScheme?: string;
  /** Files that state the licences of what it lists; absent where its databases do. Read for built-in listers only. */
  readonly licenseFiles?: LicenseFiles;
  /** Lists what is installed. A damaged file yields a problem and what can still be read; the other files are unharmed. */
  list(files: Files): Iterable<ListerEvent>;
}

/** A lister that works elsewhere: on a thread that can be ended when it takes too long. */
export interface RemoteLister extends Omit<PackageLister, 'list' | 'licenseFiles'> {
  /** Throws where the lister has failed, or was ended. */
  listRemotely(files: Files): Promise<readonly ListerEvent[]>;
}
