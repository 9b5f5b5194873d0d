import type { Distro } from '../model/distro.ts';
import type { AdvisoryHit } from '../model/hit.ts';
import type { Namespace } from '../model/namespace.ts';
import type { Package } from '../model/package.ts';
import type { VersionKey } from '../plugin/version-scheme.ts';
import type { AsOf, PageRequest } from './page.ts';

/** A package of an image with what it is looked up by; `lookup` is null where no namespace knows its kind. */
export interface ImagePackage extends Package {
  /**
   * Position of the layer that introduced it, the lowest being 0. Present where `location.layer` alone would mean a lower layer: the
   * image has that layer more than once.
   */
  readonly layerPosition?: number;
  readonly lookup: {
    readonly namespace: Namespace;
    readonly name: string;
    readonly version: string;
    /** Absent when the version has no key. */
    readonly key?: VersionKey;
    /** What rows of source packages, by the name of `source`, are compared with; absent where no such rows are looked for. */
    readonly source?: { readonly version: string; readonly key?: VersionKey };
  } | null;
}

/** An image as the sum of its layers. `identity` is equal for equal layers in equal order under one analyzer key. */
export interface ImageIndex {
  readonly identity: string;
  readonly layers: readonly string[];
  readonly distro: Distro | null;
  /** The namespace detector that told it. */
  readonly detector?: string;
  readonly packages: readonly ImagePackage[];
}

/** A row that may make a package vulnerable. */
export interface StoredHit extends AdvisoryHit {
  /** False when the installed version or a bound has no key: the caller compares in code. */
  readonly decided: boolean;
}

/** A hit on a package of a known image. */
export interface StoredMatch extends StoredHit {
  /** Position in `packages` of the image. */
  readonly package: number;
}

/** Where in the images something vulnerable is installed: in one image, under one name and version of one namespace. */
export interface AffectedImage {
  readonly image: number;
  readonly identity: string;
  /** Names of ancestries and v1 layers that stand for this image, sorted. */
  readonly names: readonly string[];
  /** What is looked up so: several where they were built from one source package. */
  readonly packages: readonly ImagePackage[];
  readonly hits: readonly StoredHit[];
}

/** Which part of the affected images, and of which namespace alone where it is named. */
export interface AffectedRequest extends PageRequest<string> {
  readonly namespace?: string;
}

/** A page of affected images; `next` goes into `after` of the next request and is absent on the last page. */
export interface AffectedPage {
  readonly images: readonly AffectedImage[];
  readonly next?: string;
}

/** Images that were indexed. */
export interface ImageStore {
  /** Saves the image unless it is known; returns its number. */
  save(image: ImageIndex): Promise<number>;
  /** The image as it was saved. */
  findByNumber(image: number): Promise<ImageIndex>;
  /**
   * Every row whose range holds an installed version, in one join; `not-affected` rows are left out. Rows of the architecture
   * `src` are compared with the source package, all others with what the package is looked up by. Ordered canonically.
   */
  findMatches(image: number, at?: AsOf): Promise<readonly StoredMatch[]>;
  /**
   * The images that records, by their numbers, hit: by namespace, package name, version and image. A page costs what is on it,
   * and who pages on misses nothing and sees nothing twice while images come and go. Throws `usage` for a cursor that is none.
   */
  pageAffected(vulnerabilities: readonly number[], page: AffectedRequest): Promise<AffectedPage>;
}
