import type { Digest } from './digest.ts';
import type { LayerEvidence } from './evidence/layer-evidence.ts';
import type { ListedPackage, PackageType } from './package.ts';

/** An entry of a layer at a wanted path or at a directory above one. */
export type LayerNode =
  | { readonly path: string; readonly kind: 'directory' | 'file' }
  /** `target` as stored in the archive. A symbolic one may be relative or absolute. A hard one is relative to the root. */
  | { readonly path: string; readonly kind: 'symbolic-link' | 'hard-link'; readonly target: string };

/** The packages that one lister read at one path of a layer. */
export interface LayerPackages {
  readonly path: string;
  readonly lister: string;
  readonly packages: readonly ListedPackage[];
}

/** The content of a file of a layer, for the namespace detectors. */
export interface LayerFile {
  readonly path: string;
  readonly content: Uint8Array;
}

/** Files that belong to a package of a package database and could be language packages or programs by themselves. */
export interface OwnedFiles {
  /** Path of the package database. */
  readonly path: string;
  readonly lister: string;
  /** Name of the package. */
  readonly owner: string;
  readonly files: readonly string[];
}

/** A file that is stored at another path than its packages declare. Another package or the administrator uses the declared path. */
export interface Diversion {
  /** The path that packages declare. */
  readonly from: string;
  /** The path at which their files are stored. */
  readonly to: string;
  /** The package whose own file is at the path. Not a package name if the administrator diverted it. */
  readonly by: string;
}

/** The diversions in a file of a package database. */
export interface LayerDiversions {
  readonly path: string;
  readonly diversions: readonly Diversion[];
}

/** Repositories that the packages of a layer come from. */
export interface LayerRepositories {
  readonly path: string;
  readonly names: readonly string[];
}

/** The licences of the packages of a type and name, as a file of a layer states them. Or the package that shares its licence file. */
export type LayerLicenses = { readonly type: PackageType; readonly name: string } & (
  | { readonly licenses: readonly string[] }
  | { readonly sameAs: string }
);

/** Two files that a lister read as one: a database and its log. */
export interface FilePair {
  readonly extension: string;
  readonly path: string;
  readonly readWith: string;
}

/** The results of listers for the files at any depth in a layer. Each file is a database of its own. */
export interface LayerPackageFiles {
  readonly packages: readonly LayerPackages[];
  readonly problems: readonly ExtensionProblem[];
  /** Files that hold no package by the rules of their ecosystem. */
  readonly withoutPackage: readonly string[];
  /** Other entries at wanted paths. They replace those of lower layers. */
  readonly others: readonly string[];
}

/** Code in one directory of a layer: .NET assemblies, or what Python imports from there. */
export interface CodeDirectory {
  readonly directory: string;
  readonly names: readonly string[];
}

/** A part of an image that could not be read. Its result is missing. The rest of the report is valid. */
export interface ExtensionProblem {
  readonly extension: string;
  readonly path: string;
  readonly message: string;
  /** Present for a complete entry of a package database that lacks a value that lookups need. */
  readonly lacks?: 'version';
}

/**
 * The result of reading one layer, independent of other layers. Paths have no leading slash. It contains only what can matter to the wanted
 * paths, so it is small for any layer.
 */
export interface LayerIndex {
  /** Digests of the bytes that were read: as stored, and uncompressed. Each is absent unless it was requested. */
  readonly digest?: Digest;
  readonly diffId?: Digest;
  /** Size of the uncompressed archive in bytes. Absent unless it was read completely. */
  readonly tarBytes?: number;
  /** Whether all bytes were read and match the digest that the image declares. */
  readonly verified: boolean;
  /** Paths that a whiteout removes from the layers below, with everything under them. */
  readonly whiteouts: readonly string[];
  /** Directories whose content in the layers below is hidden. */
  readonly opaques: readonly string[];
  readonly nodes: readonly LayerNode[];
  readonly contents: readonly LayerFile[];
  readonly packages: readonly LayerPackages[];
  /** Absent if the layer has no such files. */
  readonly packageFiles?: LayerPackageFiles;
  /** Absent if the layer has none. `unknown` if it has more than are kept. */
  readonly code?: readonly CodeDirectory[] | 'unknown';
  readonly owned: readonly OwnedFiles[];
  readonly diversions: readonly LayerDiversions[];
  readonly repositories: readonly LayerRepositories[];
  readonly evidence: LayerEvidence;
  /** Absent if the layer has no licence files. */
  readonly licenses?: readonly LayerLicenses[];
  readonly problems: readonly ExtensionProblem[];
  /** Absent if there are no pairs. */
  readonly pairs?: readonly FilePair[];
}

/**
 * An engine version: a number that identifies what read a layer. Its upper part is the revision of the program, which orders versions. Its
 * lower part is a hash of all analyzers, so that plugins make another version of the same revision.
 */
const hashes = 2 ** 31;

/** Returns the engine version of a revision, at most 2²², and of a hash of 31 bits. */
export function composeEngineVersion(revision: number, hash: number): number {
  return revision * hashes + hash;
}

/** Returns whether a version is of a newer revision of the program than another. */
export function isNewerEngine(version: number, than: number): boolean {
  return Math.floor(version / hashes) > Math.floor(than / hashes);
}
