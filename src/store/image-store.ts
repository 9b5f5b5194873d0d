import type { Distro } from '../model/distro.ts';
import type { AdvisoryHit } from '../model/hit.ts';
import type { Namespace } from '../model/namespace.ts';
import type { Package } from '../model/package.ts';
import type { VersionKey } from '../plugin/version-scheme.ts';
import type { KnownImage, SeenImage } from './known-image-store.ts';
import type { AsOf, PageRequest } from './page.ts';
import type { StoredVulnerability } from './vulnerability-store.ts';

/** How a package is looked up among advisories. */
export interface PackageLookup {
  readonly namespace: Namespace;
  readonly name: string;
  readonly version: string;
  /** Absent if the version has no key. */
  readonly key?: VersionKey;
  /** Compared with rows of source packages, by the name of `source`; absent if such rows do not apply. */
  readonly source?: { readonly version: string; readonly key?: VersionKey };
}

/** A package of an image with its lookup key; `lookup` is null if no namespace covers its type. */
export interface ImagePackage extends Package {
  /**
   * Position of the layer that introduced the package; the lowest is 0. Present only if the image has that layer more than once
   * and `location.layer` alone would mean a lower one.
   */
  readonly layerPosition?: number;
  /** Its functions in programs, which can show that an advisory does not apply. */
  readonly functions?: string;
  /** How its name or version was found, one sentence each. Not stored. */
  readonly remarks?: readonly string[];
  readonly lookup: PackageLookup | null;
}

/** A part of an image that could not be read. The packages in it are unknown. */
export interface UnreadPart {
  /** Name of the extension that failed. */
  readonly extension: string;
  readonly path: string;
  readonly message: string;
}

/** An image as the sum of its layers. `identity` is equal for equal layers in equal order under one analyzer key. */
export interface ImageIndex {
  readonly identity: string;
  readonly layers: readonly string[];
  readonly distro: Distro | null;
  /** The namespace detector that found the namespace. */
  readonly detector?: string;
  readonly packages: readonly ImagePackage[];
  /** Absent if every part was read. */
  readonly unread?: readonly UnreadPart[];
}

/** A row that may make a package vulnerable. */
export interface StoredHit extends AdvisoryHit {
  /** False if the installed version or a bound has no key: the caller compares in code. */
  readonly decided: boolean;
}

/** A row that may make a package of known images vulnerable. */
export interface AffectingHit extends StoredHit {
  /** The number of its record. */
  readonly record: number;
}

/** A hit on a package of a saved image. */
export interface StoredMatch extends StoredHit {
  /** Position in `packages` of the image. */
  readonly package: number;
}

/** A place of a vulnerability: one image, and one package name and version of one namespace. */
export interface AffectedImage {
  readonly image: number;
  readonly identity: string;
  /** The tags of this image, and the names of the ancestries and v1 layers that refer to it, sorted. */
  readonly names: readonly string[];
  /** Details of the image from scans. Null if no scan has read it. */
  readonly known:
    | (Pick<KnownImage, 'number' | 'reference' | 'origin' | 'platform' | 'digest' | 'untaggedSince'> &
        Pick<SeenImage, 'isVerified'> & {
          /** Its current tags, `repository:tag`, sorted. */
          readonly tags: readonly string[];
        })
    | null;
  /** Packages with this lookup key; several if they were built from one source package. */
  readonly packages: readonly ImagePackage[];
  readonly hits: readonly AffectingHit[];
  /** The `after` of a request for the entries behind it. */
  readonly position: string;
}

/** A page of affected images, optionally of one namespace only. */
export interface AffectedRequest extends PageRequest<string> {
  readonly namespace?: string;
  /** Records that the database itself does not have. */
  readonly records?: readonly StoredVulnerability[];
}

/** A page of affected images. `next` is the `after` of the next request; absent on the last page. */
export interface AffectedPage {
  readonly images: readonly AffectedImage[];
  readonly next?: string;
}

/** The result of indexing an image, as a command writes it. The store does not read the texts. */
export interface ImageDescription {
  /** Equal for images of which the same program makes the same description. */
  readonly key: string;
  /** The description without its packages. */
  readonly summary: string;
  /** The packages as a report has them. */
  readonly packages: string;
}

/** A stored description. */
export interface StoredDescription extends Omit<ImageDescription, 'key'> {
  /** The number of the image. */
  readonly image: number;
}

/** Options of `findMatches`. */
export interface MatchOptions extends AsOf {
  /** Whether the matches are remembered in the description of the image, until the advisories change. The next process then finds them there. */
  readonly isRemembered?: boolean | undefined;
}

/** Indexed images. */
export interface ImageStore {
  /** Saves the image unless the store has it; returns its number. */
  save(image: ImageIndex): Promise<number>;
  /** Returns the image as it was saved. */
  findByNumber(image: number): Promise<ImageIndex>;
  /**
   * Returns every row whose range contains an installed version, by one join, in canonical order. Leaves out `not-affected` rows.
   * Rows of the architecture `src` are compared with the source package, all others with the lookup key of the package.
   */
  findMatches(image: number, options?: MatchOptions): Promise<readonly StoredMatch[]>;
  /**
   * Returns every row that `findMatches` would return for packages with these lookups. `package` is a position in the list. Rows about source
   * packages are left out.
   */
  findMatchesOf(lookups: readonly PackageLookup[], at?: AsOf): Promise<readonly StoredMatch[]>;
  /** Returns the description with this key, and renews the last use of its image. Undefined if the store has none. */
  findDescription(key: string): Promise<StoredDescription | undefined>;
  /** Saves the description of an image instead of an earlier one. Does nothing if the database is only read. */
  saveDescription(image: number, description: ImageDescription): Promise<void>;
  /**
   * Returns the images that records, by their numbers, hit: ordered by namespace, package name, version and image. The cost of a
   * page depends on its size only. Paging misses and repeats nothing while images are added and removed. Throws `usage` for an
   * invalid cursor.
   */
  pageAffected(vulnerabilities: readonly number[], page: AffectedRequest): Promise<AffectedPage>;
}
