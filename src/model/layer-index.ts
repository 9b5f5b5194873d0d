import type { ListedPackage } from './package.ts';

/** A symbolic or hard link of a layer that stands at a wanted path or above one. */
export interface LayerLink {
  readonly path: string;
  /** As written in the archive: a symbolic target may be relative or absolute, a hard target is relative to the root. */
  readonly target: string;
  readonly kind: 'symbolic' | 'hard';
}

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

/** Something an extension could not read. Its result is missing; the rest of the report stands. */
export interface ExtensionProblem {
  readonly extension: string;
  readonly path: string;
  readonly message: string;
}

/**
 * All that reading one layer tells us, independent of the layers below and above it. Paths have no leading slash.
 * What is listed is only what can matter to the wanted paths, so an index is small however large the layer is.
 */
export interface LayerIndex {
  /** Paths a whiteout removes from the layers below, with everything under them. */
  readonly whiteouts: readonly string[];
  /** Directories whose content in the layers below is hidden. */
  readonly opaques: readonly string[];
  /** Non-directories, links aside, that stand at a wanted path or above one; each hides what lower layers have there. */
  readonly files: readonly string[];
  readonly links: readonly LayerLink[];
  readonly contents: readonly LayerFile[];
  readonly packages: readonly LayerPackages[];
  readonly problems: readonly ExtensionProblem[];
}
