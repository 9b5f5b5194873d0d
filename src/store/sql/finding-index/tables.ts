import type { Generated } from 'kysely';
import type { FixState } from '../../../model/fix.ts';
import type { PackageType } from '../../../model/package.ts';

/** The tables of the index of findings. */
export interface FindingIndexTables {
  found_vulnerability: FoundVulnerabilityTable;
  found_package: FoundPackageTable;
  finding: FindingTable;
  set_finding: SetFindingTable;
  counted_image: CountedImageTable;
  counted_set: CountedSetTable;
  recounted_set: RecountedSetTable;
  installed_name: InstalledNameTable;
}

/** A vulnerability that packages of images have. `rank` is the position in `severityRanks`, so that the worst severity comes first. */
export interface FoundVulnerabilityTable {
  id: Generated<number>;
  name: string;
  /** That of the worst severity of its findings. */
  rank: number;
  /** Index in `exploitations`. */
  exploited: number;
  /** 1 if any of its findings has a fixed version. */
  is_fixable: number;
  /** Probability of exploitation in units of 1e-9; null if unknown. */
  epss: number | null;
  /** Counted images that have it. */
  images: Generated<number>;
  /** Names of packages that have it in counted images. */
  packages: Generated<number>;
  /** 0 if `images` is right. Rises with each reason to count again. */
  due: Generated<number>;
  /** The same for the columns that follow from its findings. */
  summary_due: Generated<number>;
}

/** A package that has vulnerabilities, as reports name it. */
interface FoundPackageTable {
  id: Generated<number>;
  /** A hash of all other columns. */
  identity: string;
  /** The namespace of its advisories. */
  namespace: string;
  /** Its name in that namespace. */
  lookup_name: string;
  type: PackageType;
  name: string;
  version: string;
  purl: string;
  source_name: string | null;
}

/** One vulnerability of one package, in any number of images. */
interface FindingTable {
  id: Generated<number>;
  package_id: number;
  vulnerability_id: number;
  /** See `FoundVulnerabilityTable`. */
  rank: number;
  /** The names of the vulnerability, the package and its namespace again: lists are in their order. */
  name: string;
  package: string;
  namespace: string;
  exploited: number;
  fix_state: FixState;
  fix_version: string | null;
  images: Generated<number>;
  due: Generated<number>;
}

/** A finding of a package set. */
interface SetFindingTable {
  set_id: number;
  finding_id: number;
}

/** An image whose findings are counted. It stays as it was counted until the job sees that it has changed or is gone. */
export interface CountedImageTable {
  image_id: number;
  /** That of the image. An engine may use the number of a deleted image again. */
  identity: string;
  counted_at: number;
  /** Its namespaces, as JSON of names. */
  namespaces: string;
  /** Findings by severity. */
  defcon1: number;
  critical: number;
  high: number;
  medium: number;
  low: number;
  negligible: number;
  unknown: number;
  /** Those of them with a fixed version, and those that are exploited. */
  fixable: number;
  exploited: number;
  /** Rises with the worst findings first: see `riskOf`. */
  risk: number;
}

/** A package set of a counted image. */
interface CountedSetTable {
  image_id: number;
  set_id: number;
}

/** A package set whose findings have changed since its images were counted. */
interface RecountedSetTable {
  set_id: number;
}

/** A package name that counted images have. */
interface InstalledNameTable {
  namespace_id: number;
  name: string;
  images: number;
  due: Generated<number>;
}
