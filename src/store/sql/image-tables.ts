import type { Generated } from 'kysely';
import type { PackageEvidence, PackageType } from '../../model/package.ts';

/** The extract of a layer, by the identity of the layer. */
export interface LayerExtractTable {
  identity: string;
  sha256: string;
  bytes: number;
  saved_at: number;
  /** Null if the extract is in a bucket. */
  content: Uint8Array | null;
}

/** The index of a layer. */
export interface LayerTable {
  identity: string;
  analyzer_key: string;
  content: string;
  /** To the day. */
  last_used_at: Generated<number>;
}

/** An indexed image. */
export interface ImageTable {
  id: Generated<number>;
  identity: string;
  distro: string | null;
  /** The namespace detector that found the namespace; null if unknown. */
  detector: string | null;
  /** The repository lists of its packages, as JSON, each once: most packages share theirs. */
  repositories: string | null;
  /** The layers of its packages, as JSON, each once. */
  package_layers: string | null;
  /** The order of the packages of all parts; null if there is one part: see `encodeOrder`. */
  package_order: string | null;
  /** The parts that could not be read, as JSON of `UnreadPart[]`; null if there are none. */
  unread: string | null;
  /** To the day. */
  last_used_at: Generated<number>;
  /** The image whose layers it indexes; null if unknown. */
  known_image: Generated<number | null>;
}

/** The description of an image: see `ImageDescription`. */
export interface ImageDescriptionTable {
  /** That of the image. */
  identity: string;
  key: string;
  /** The state of the advisories from which `matches` were found: see `readAdvisoryState`. */
  matched_at: string | null;
  /** The matches of the image as JSON of `StoredMatch[]`; null if they are not remembered. */
  matches: string | null;
  summary: string;
  packages: string;
}

/** A layer of an image, by its identity. */
export interface ImageLayerTable {
  image_id: number;
  position: number;
  layer: string;
}

/** A part of an image: the packages that one lister found in one layer and from the same repositories. */
export interface ImageSetTable {
  image_id: number;
  part: number;
  set_id: number;
  /** Index in the `package_layers` of the image. */
  layer: number | null;
  /** Index in the `repositories` of the image. */
  repositories: number | null;
  /** The path of all packages of the part; null if they differ: see `encodePaths`. */
  path: string | null;
  paths: Uint8Array | null;
}

/** A list of packages that parts of any number of images have; each exists once. */
export interface PackageSetTable {
  id: Generated<number>;
  /** A hash of the packages in their order. */
  identity: string;
  /** 1 if all versions of the packages are in `v1_version`. */
  has_versions: Generated<number>;
  /** 0 if its findings are counted. Rises with each reason to count them again. */
  count_due: Generated<number>;
}

/** Number of findings of a set that have the same severity, the same answer to whether a fix exists, and to whether they are exploited. */
export interface SetCountTable {
  set_id: number;
  /** Index in `severities`. */
  severity: number;
  is_fixable: number;
  /** Index in `exploitations`. */
  exploited: number;
  findings: number;
}

/** The findings of all images on a day. */
export interface FindingDayTable {
  /** In UTC: `2026-01-31`. */
  day: string;
  /** JSON of `FindingTotals`. */
  content: string;
}

/** A package of a list. A list may have it at several positions. */
export interface SetPackageTable {
  set_id: number;
  position: number;
  package_id: number;
}

/** A package as it is installed in any number of images; each exists once. */
export interface PackageTable {
  id: Generated<number>;
  /** A hash of all other columns. */
  identity: string;
  namespace_id: number | null;
  lookup_name: string | null;
  lookup_version: string | null;
  key: Uint8Array | null;
  type: PackageType;
  name: string;
  version: string;
  arch: string | null;
  source_name: string | null;
  source_version: string | null;
  /** Compared with rows that cover `source_name`; null if no such rows apply. */
  source_lookup_version: string | null;
  source_key: Uint8Array | null;
  purl: string;
  found_by: string;
  modularity: string | null;
  vendor: string | null;
  licence: string | null;
  owner: string | null;
  evidence: PackageEvidence | null;
  /** The package that contains it, as JSON. */
  parent: string | null;
  /** Its functions in programs: see `encodeFunctions`. */
  functions: string | null;
}
