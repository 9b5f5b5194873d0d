import type { Generated } from 'kysely';
import type { TargetKind } from '../../model/report.ts';

/** An image that a scan has read. */
export interface KnownImageTable {
  id: Generated<number>;
  /** See `knownIdentityOf`. */
  identity: string;
  /** Its newest index. */
  image_id: number;
  /** 1 if options of a user changed that index. */
  is_scoped: number;
  /** 0 if the diffIDs are only claims. */
  is_verified: number;
  reference: string;
  origin: TargetKind;
  platform: string | null;
  digest: string | null;
  /** RFC 3339. */
  created: string | null;
  /** JSON of an object. */
  labels: string;
  /** JSON of an array. */
  diff_ids: string;
  first_seen: number;
  /** To the day. */
  last_seen: number;
  /** Since when no name means it. Null while one does, or if none ever did. */
  untagged_since: number | null;
}

/** A name, which means an image from `since` until before `until`. That is null while it does. */
export interface ImageNameTable {
  repository: string;
  tag: string;
  /** Empty if unknown. */
  platform: string;
  since: number;
  until: number | null;
  known_image_id: number;
  /** Digest of the manifest or index that the name meant in its registry. */
  root: string | null;
}

/** A digest by which an image can be found. */
export interface ImageDigestTable {
  digest: string;
  known_image_id: number;
}

/** A known image by its layers, with the numbers of images on it. */
export interface PlacedImageTable {
  known_image_id: number;
  /** See `layerPathOf`. */
  path: Uint8Array;
  /** 0 if it has lost all of its names: it does not count as an image on a base. */
  is_current: number;
  /** See `ImagesOnBase`. */
  images: number;
  direct: number;
}
