import type { Diversion } from '../model/layer-index.ts';
import type { Namespace } from '../model/namespace.ts';
import type { ListedPackage, PackageType } from '../model/package.ts';
import type { Files, PathPattern } from './layer-files.ts';

/** An item that a lister read from the file at `path`. `kind` states which. */
export type ListerEvent =
  | { readonly kind: 'package'; readonly path: string; readonly package: ListedPackage }
  /**
   * A message for people: what is wrong, and where. `lacks` marks an entry that is intact but states no version, so that clair cannot
   * look it up.
   */
  | { readonly kind: 'problem'; readonly path: string; readonly problem: string; readonly lacks?: 'version' }
  /** A second file that changes the content of the first, such as the log of a database. Later layers must not change only one of them. */
  | { readonly kind: 'read-with'; readonly path: string; readonly readWith: string }
  /** Files that the package of this name owns. Only files that may be language packages, programs or libraries themselves. */
  | {
      readonly kind: 'owned-files';
      readonly path: string;
      readonly owner: string;
      readonly files: readonly string[];
    }
  /** A diverted file: all packages but one install it at another path than they state (dpkg-divert). */
  | { readonly kind: 'diversion'; readonly path: string; readonly diversion: Diversion }
  /**
   * A file that was read and holds no package by the rules of its ecosystem, such as the manifest of an application. Clair then does not
   * count the file as unread.
   */
  | { readonly kind: 'no-package'; readonly path: string }
  /** Repositories of the packages of this layer, as the vendor's ids. */
  | { readonly kind: 'repositories'; readonly path: string; readonly repositories: readonly string[] };

/** The events of a lister of one kind. */
export type ListerEventOf<Kind extends ListerEvent['kind']> = Extract<ListerEvent, { readonly kind: Kind }>;

/**
 * Files that state the licences of installed packages, one per package directory: `usr/share/doc/bash/copyright`. They are optional:
 * if a file is missing or exceeds a limit, the licences are unknown, and clair reports no problem.
 */
export interface LicenseFiles {
  readonly type: PackageType;
  /** Parent of the package directories, without leading and trailing slash. */
  readonly directory: string;
  /** Name of the file within a package directory. */
  readonly file: string;
  /** Returns the licences that a file states; empty if it states no known one. */
  read(content: Uint8Array): readonly string[];
}

/** The parts of programs that listers can read. */
export const programParts = [
  /** The build information of Go: the version of Go, a line feed, and the lines about the modules. */
  'go-build-info',
  /** The names of the functions of a Go program, those of inlined ones included, each with a NUL byte after it. */
  'go-functions',
  /** The list of crates that cargo-auditable stores in a Rust program: JSON, compressed with zlib. */
  'cargo-audit-data',
  /** Paths of sources in the panic messages of a Rust program, one a line, from the directory of the registry to that of the crate. */
  'cargo-source-paths',
  /** The dependency file (`.deps.json`) of a .NET application that is bundled into one program. */
  'dotnet-dependencies',
  /**
   * The bytes around each text that `programTexts` of a lister names, 96 before and after it, in the order of the program. A byte 0xFF
   * follows each.
   */
  'version-texts',
] as const;

/** A part of a program that listers can read. */
export type ProgramPart = (typeof programParts)[number];

/** The parts that a program has, of those that a lister wants. */
export type ProgramParts = ReadonlyMap<ProgramPart, Uint8Array>;

/**
 * Lists one file of a layer. It must not keep the content, which is overwritten after the call. With `load`, the bytes from `start` to
 * before `end` of the content are valid only after they were loaded.
 */
export type FileLister = (
  path: string,
  content: Uint8Array,
  load?: (start: number, end: number) => void,
) => Iterable<ListerEvent>;

/** Reads a package database or manifest from the wanted files of one layer. */
export interface PackageLister {
  readonly name: string;
  /** Increase it whenever the same files may give another list: clair then reads layers again. */
  readonly version: number;
  /** Files at any depth are optional: files beyond a limit are missing, and clair reports them as not read. */
  readonly wants: readonly PathPattern[];
  /**
   * Namespace of the listed packages, with the name of their type. Absent if they belong to the distribution of the image. Package URLs of
   * an ecosystem keep the case of names and have no distribution.
   */
  readonly ecosystem?: Namespace;
  /**
   * Name of the version scheme of the listed packages. Required unless `type` is `deb`, `apk`, `rpm`, `alpm` or `ebuild`, or the
   * lister has an `ecosystem`.
   */
  readonly versionScheme?: string;
  /**
   * Character in the names of the listed packages that ends the namespace of their package URLs, at its last place: `/` makes
   * `pkg:acme/Acme/Anvil` of `Acme/Anvil`. Absent if names have no namespace, or if it is that of the type (`npm`, `maven`). Clair reads it
   * only for packages of an `ecosystem`.
   */
  readonly purlSeparator?: '/' | ':';
  /** Files that state the licences of the listed packages. Absent if the database states them. Clair reads them for built-in listers only. */
  readonly licenseFiles?: LicenseFiles;
  /**
   * Returns a function that lists one file. If present, clair calls it once for each layer, and lists each file at any depth as soon as the
   * file was read: such files may be large, and only one is in memory at a time. Clair uses it for built-in listers only.
   */
  readonly listEach?: () => FileLister;
  /** Those of `wants` that `listEach` lists, all at any depth. Absent if it lists all of them. */
  readonly largeFiles?: readonly PathPattern[];
  /**
   * Number of bytes at the start of each file that `listEach` reads. If present, clair passes at most these bytes, so files of any size are
   * read. Absent if it needs whole files.
   */
  readonly beginningBytes?: number;
  /**
   * Returns whether `listEach` reads the file of this name in an archive. If present, an archive that is too large to be held is passed
   * with these files and its directory only, and one on disk is passed with `load`.
   */
  readonly readsEntry?: (name: string) => boolean;
  /**
   * Parts of programs (ELF, PE, Mach-O) that the lister reads, at any path and with or without the permission to execute. Programs of the
   * distribution itself are not read.
   */
  readonly programParts?: readonly ProgramPart[];
  /**
   * Returns texts beside which the program at this path states its version, in Latin-1, each of 4 bytes or more. Empty if the path is not one
   * of a program that the lister knows. Required for the part `version-texts`. Clair uses it for built-in listers only.
   */
  readonly programTexts?: (path: string) => readonly string[];
  /** Lists one program, from those of the parts that it has. It has at least one. A program that yields nothing counts as not read. */
  readonly listProgram?: (path: string, parts: ProgramParts) => Iterable<ListerEvent>;
  /** Lists the installed packages. For a damaged file, yields a problem and what is still readable; other files are unaffected. */
  list(files: Files): Iterable<ListerEvent>;
}
