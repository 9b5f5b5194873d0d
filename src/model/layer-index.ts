import type { Digest } from './digest.ts';
import type { LayerEvidence } from './evidence/layer-evidence.ts';
import type { ListedPackage, PackageType } from './package.ts';

/** Something a layer has at a wanted path or at a directory above one. */
export type LayerNode =
  | { readonly path: string; readonly kind: 'directory' | 'file' }
  /** `target` as the archive has it: a symbolic one may be relative or absolute, a hard one is relative to the root. */
  | { readonly path: string; readonly kind: 'symbolic-link' | 'hard-link'; readonly target: string };

/** What one lister read at one path of a layer. */
export interface LayerPackages {
  readonly path: string;
  readonly lister: string;
  readonly packages: readonly ListedPackage[];
}

/** A file of a layer kept as it is, for the namespace detectors. */
export interface LayerFile {
  readonly path: string;
  readonly content: Uint8Array;
}

/** Files that belong to a package of a package database, of those that may be packages of a language or programs by themselves. */
export interface OwnedFiles {
  /** Where it says so. */
  readonly path: string;
  readonly lister: string;
  /** Name of the package. */
  readonly owner: string;
  readonly files: readonly string[];
}

/** A file of packages that lies at another path than they say, since a package or the administrator wants the path for itself. */
export interface Diversion {
  /** The path that packages say. */
  readonly from: string;
  /** The path where their files lie. */
  readonly to: string;
  /** The package whose own file lies at the path; no package's name where the administrator diverted it. */
  readonly by: string;
}

/** Diversions that a file of a package database names. */
export interface LayerDiversions {
  readonly path: string;
  readonly diversions: readonly Diversion[];
}

/** Repositories that the packages of a layer come from. */
export interface LayerRepositories {
  readonly path: string;
  readonly names: readonly string[];
}

/** The licences of the packages of a type and name, as a file of a layer states them, or the package whose file is also this one's. */
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

/** Something that is not known of an image. Its result is missing; the rest of the report stands. */
export interface ExtensionProblem {
  readonly extension: string;
  readonly path: string;
  readonly message: string;
  /** Present for an entry of a package database that was read whole, and that lacks what a lookup needs. */
  readonly lacks?: 'version';
}

/**
 * All that reading one layer tells us, independent of the layers below and above it. Paths have no leading slash.
 * What is listed is only what can matter to the wanted paths, so an index is small however large the layer is.
 */
export interface LayerIndex {
  /** Digests of the bytes that were read: as stored, and uncompressed. Each is absent where nobody asked for it. */
  readonly digest?: Digest;
  readonly diffId?: Digest;
  /** Bytes of the uncompressed archive; absent where it was not read whole. */
  readonly tarBytes?: number;
  /** Whether all bytes were read and equal the digest the image claims. */
  readonly verified: boolean;
  /** Paths a whiteout removes from the layers below, with everything under them. */
  readonly whiteouts: readonly string[];
  /** Directories whose content in the layers below is hidden. */
  readonly opaques: readonly string[];
  readonly nodes: readonly LayerNode[];
  readonly contents: readonly LayerFile[];
  readonly packages: readonly LayerPackages[];
  readonly owned: readonly OwnedFiles[];
  readonly diversions: readonly LayerDiversions[];
  readonly repositories: readonly LayerRepositories[];
  readonly evidence: LayerEvidence;
  /** Absent where the layer has no licence files. */
  readonly licenses?: readonly LayerLicenses[];
  readonly problems: readonly ExtensionProblem[];
  /** Absent where there is none. */
  readonly pairs?: readonly FilePair[];
}
