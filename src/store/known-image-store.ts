import type { Digest } from '../model/digest.ts';
import type { TargetKind } from '../model/report.ts';
import type { PageRequest } from './page.ts';

/** A tag of a repository, which names an image. */
export interface ImageTag {
  /** With its registry: `docker.io/library/alpine`. */
  readonly repository: string;
  readonly tag: string;
}

/** An image at the time when a scan has read it. */
export interface SeenImage {
  /** Number of its index. */
  readonly image: number;
  /** Whether options of the user changed the index, such as excluded paths. Such an index counts until there is another one. */
  readonly isScoped: boolean;
  /** Whether the bytes of all layers were compared with their digests. Otherwise, the diffIDs are only claims. */
  readonly isVerified: boolean;
  /** Its layers by diffID, the lowest first. They identify the image. */
  readonly diffIds: readonly Digest[];
  readonly platform: string | null;
  /** As the user named it. */
  readonly reference: string;
  readonly origin: TargetKind;
  /** Digest of its manifest, or of its configuration if it has no manifest. */
  readonly digest: Digest | null;
  /** Whether it has a manifest. The digest of a manifest is kept when a later scan reads the image without one. */
  readonly hasManifest: boolean;
  /** All digests by which it can be found: of manifests, configurations and indexes. */
  readonly digests: readonly Digest[];
  readonly names: readonly ImageTag[];
  /** Digest of what the names mean in a registry: the manifest, or an index of several platforms. Absent outside registries. */
  readonly root?: Digest;
  /** RFC 3339. */
  readonly created?: string;
  readonly labels: Readonly<Record<string, string>>;
  /**
   * Whether labels, reference, digest and time of creation stay those of the repository that an earlier scan named, while that repository
   * names the image. Absent if the last scan decides.
   */
  readonly keepsOthers?: boolean;
}

/** The fields that decide whether a document of an image is saved. */
export type SeenSource = Pick<SeenImage, 'reference' | 'origin' | 'keepsOthers'>;

/** A name that an image has now. */
export interface CurrentName extends ImageTag {
  /** Since when it means this image, ISO 8601. */
  readonly since: string;
}

/** An image that a scan has read. */
export interface KnownImage
  extends Pick<SeenImage, 'diffIds' | 'platform' | 'reference' | 'origin' | 'digest' | 'labels'> {
  /** Rises in the order in which images were first seen. */
  readonly number: number;
  /** Number of its newest index. */
  readonly image: number;
  readonly created: string | null;
  /** Its current names, sorted; at most `limits.shownImageNames`. */
  readonly names: readonly CurrentName[];
  /** ISO 8601. */
  readonly firstSeen: string;
  /** ISO 8601, to the day. */
  readonly lastSeen: string;
  /** Since when no name means it, although one did, ISO 8601. */
  readonly untaggedSince: string | null;
}

/** The time in which a name meant an image on a platform. */
export interface NamePeriod {
  readonly number: number;
  readonly digest: Digest | null;
  /** The digest of the manifest or index that the name meant. Null outside registries. */
  readonly root: Digest | null;
  readonly platform: string | null;
  /** ISO 8601. */
  readonly since: string;
  /** Null for now. */
  readonly until: string | null;
}

/** Which images are listed. One of the conditions at most. */
export interface KnownImageFilter {
  /** Images that this repository has or had, with its registry. */
  readonly repository?: string;
  /** Images that have lost all of their names. */
  readonly isUntagged?: boolean;
}

/** A page of images by rising number. `next` is the `after` of the next request; absent on the last page. */
export interface KnownImagePage {
  readonly images: readonly KnownImage[];
  readonly next?: number;
}

/** Images by their names and digests, whatever they were read from. */
export interface KnownImageStore {
  /**
   * Records an image and its names; returns its number. A name that meant another image means this one from now on. A name outside
   * registries is only a claim: it does not replace what the registry stated. Writes nothing if nothing has changed on the same day, or if
   * the database is only read.
   */
  record(seen: SeenImage): Promise<number | undefined>;
  /** Returns the images with a digest: several if it is that of an index. */
  findByDigest(digest: string): Promise<readonly KnownImage[]>;
  /** Returns images by their numbers, by rising number. Leaves out those that do not exist. */
  findByNumbers(numbers: readonly number[]): Promise<readonly KnownImage[]>;
  /** Returns the images that a name means now, one for each platform. */
  findByName(name: ImageTag): Promise<readonly KnownImage[]>;
  /**
   * Returns the images whose layers are the lowest ones of an image with these layers and more, by diffID, the lowest first. The one with
   * the most layers comes first.
   */
  findBases(diffIds: readonly Digest[]): Promise<readonly KnownImage[]>;
  /** Returns all current tags of an image, `repository:tag`, sorted. */
  findTags(number: number): Promise<readonly string[]>;
  /** Returns what a name meant, the newest first; at most `limit` periods. */
  findNameHistory(name: ImageTag, limit: number): Promise<readonly NamePeriod[]>;
  /** Ends what names mean now: they no longer exist in their registry. Returns how many images lost one. */
  endNames(names: readonly ImageTag[]): Promise<number>;
  /** Returns images by rising number. The cost of a page depends on its size only. */
  page(filter: KnownImageFilter, page: PageRequest<number>): Promise<KnownImagePage>;
  /**
   * Saves the document from which reports of an image are made again. The one of another repository stays as the labels do, by `keepsOthers`
   * of what was seen.
   */
  saveSource(number: number, content: string, seen: SeenSource): Promise<void>;
  /** Returns that document. Undefined if the image was never scanned on a server. */
  findSource(number: number): Promise<string | undefined>;
  /** Deletes images with their names and indexes, by their numbers. An index that a client has named over an API stays. */
  forget(numbers: readonly number[]): Promise<void>;
}
