import type { Fix } from '../model/fix.ts';
import type { ParentPackage } from '../model/package.ts';
import type { Severity } from '../model/severity.ts';
import type { VersionKey } from '../plugin/version-scheme.ts';
import type { Exploitation, FoundPackage } from './finding-count-store.ts';
import type { UnreadPart } from './image-store.ts';
import type { KnownImage, KnownImageFilter } from './known-image-store.ts';
import type { PageRequest } from './page.ts';

/** Which findings are listed. All conditions hold at once. */
export interface FindingFilter {
  /** Those of images that have a name in this repository now. */
  readonly repository?: string | undefined;
  /** Those of some images, by the numbers of their indexes. */
  readonly images?: readonly number[] | undefined;
  /** Id of the vulnerability. */
  readonly vulnerability?: string | undefined;
  /** Name of the package, as reports have it. */
  readonly package?: string | undefined;
  /** Name of the source package, from which the package was built. */
  readonly sourcePackage?: string | undefined;
  readonly namespace?: string | undefined;
  readonly severity?: Severity | undefined;
  readonly isFixable?: boolean | undefined;
  /** Whether it is known to be exploited. */
  readonly isExploited?: boolean | undefined;
}

/** One vulnerability of one version of a package, in the images of a list. */
export interface FleetFinding {
  readonly vulnerability: string;
  readonly severity: Severity;
  readonly exploited: Exploitation;
  /** Probability that it is exploited in the next 30 days, from 0 to 1. Null if unknown. */
  readonly epss: number | null;
  readonly package: FoundPackage;
  readonly fix: Fix;
  /** Number of the images of the list that have it. */
  readonly images: number;
}

/** Where a page of findings ends: rank of the severity, vulnerability, package and number. */
export type FindingPlace = readonly [number, string, string, number];

/** A page of findings, the worst severity first, then by vulnerability and package. `next` is absent on the last page. */
export interface FindingPage {
  readonly findings: readonly FleetFinding[];
  readonly next?: FindingPlace;
}

/** Which vulnerabilities are listed. All conditions hold at once. */
export interface VulnerabilityFilter {
  /** A part of the id, in any case. */
  readonly text?: string | undefined;
  /** The worst severity of its findings. */
  readonly severity?: Severity | undefined;
  readonly isFixable?: boolean | undefined;
  /** Whether it is known to be exploited. */
  readonly isExploited?: boolean | undefined;
}

/** Orders of a list of vulnerabilities: from the worst severity, the most images, or the highest score of exploitation. */
export const vulnerabilityOrders = ['severity', 'images', 'epss'] as const;

/** An element of `vulnerabilityOrders`. */
export type VulnerabilityOrder = (typeof vulnerabilityOrders)[number];

/** A vulnerability that images have. */
export interface FleetVulnerability {
  readonly id: string;
  /** The worst severity of its findings. */
  readonly severity: Severity;
  readonly exploited: Exploitation;
  /** See `FleetFinding`. */
  readonly epss: number | null;
  /** Whether any of its findings has a fixed version. */
  readonly isFixable: boolean;
  readonly images: number;
  /** Number of names of packages that have it. */
  readonly packages: number;
}

/** Where a page of vulnerabilities ends: the value of its order, and the id. */
export type VulnerabilityPlace = readonly [number, string];

/** A page of vulnerabilities. `next` is absent on the last page. */
export interface VulnerabilityPage {
  readonly vulnerabilities: readonly FleetVulnerability[];
  readonly next?: VulnerabilityPlace;
}

/** Which package names are listed. All conditions hold at once. */
export interface PackageNameFilter {
  /** A part of the name, in any case. */
  readonly text?: string | undefined;
  readonly namespace?: string | undefined;
}

/** A package name of a namespace that images have. */
export interface FleetPackage {
  readonly namespace: string;
  readonly name: string;
  /** Number of its versions in images. */
  readonly versions: number;
  readonly images: number;
  /** The worst severity of its findings. Null if it has none. */
  readonly worst: Severity | null;
}

/** Where a page of package names ends: the name, and the number of the namespace. */
export type PackageNamePlace = readonly [string, number];

/** A page of package names, by name. `next` is absent on the last page. */
export interface PackageNamePage {
  readonly packages: readonly FleetPackage[];
  readonly next?: PackageNamePlace;
}

/** A version of a package that images have. */
export interface FleetVersion {
  readonly version: string;
  /** Absent if the version has no key. */
  readonly key?: VersionKey;
  readonly images: number;
  /** Number of vulnerabilities that it has. */
  readonly findings: number;
}

/** A finding of a package set, with what upgrades it. */
export interface UpgradeFinding {
  readonly vulnerability: string;
  readonly severity: Severity;
  readonly exploited: Exploitation;
  /** See `FleetFinding`. */
  readonly epss: number | null;
  /** Number of the finding in the index: equal for equal vulnerabilities of equal packages. */
  readonly number: number;
  readonly package: FoundPackage;
  /** The only package that contains it in the set. Null if it is also on its own or in another one. */
  readonly parent: ParentPackage | null;
  readonly fix: Fix;
}

/** How many times the risk of the images with a label counts. */
export interface LabelWeight {
  readonly label: ImageLabel;
  /** A whole number from 1 on. */
  readonly weight: number;
}

/** A number of images, and the sum of their weights. An image without a label that has one weighs 1. */
export interface ImageSum {
  readonly images: number;
  readonly weight: number;
}

/** A part of the counted images. Both conditions hold at once. */
export interface UpgradeScope {
  /** Images that have a name in this repository now. */
  readonly repository?: string | undefined;
  readonly label?: ImageLabel | undefined;
}

/** The images whose upgrades are ranked, and how much each counts. Of several labels of an image, the highest weight counts. */
export interface WeighedScope extends UpgradeScope {
  readonly weights?: readonly LabelWeight[] | undefined;
}

/** The findings of a package set, and how many images of a scope have it. */
export interface UpgradeSet extends ImageSum {
  readonly set: number;
  readonly findings: readonly UpgradeFinding[];
}

/** A page of package sets by rising number. `next` is the `after` of the next request; absent on the last page. */
export interface UpgradePage {
  readonly sets: readonly UpgradeSet[];
  readonly next?: number;
}

/** Numbers of findings of an image. A finding that two of its package sets share counts twice. */
export interface ImageFindings {
  /** When they were counted, ISO 8601. */
  readonly countedAt: string;
  /** Namespaces of its packages, sorted. */
  readonly namespaces: readonly string[];
  /** Parts of the image that could not be read. */
  readonly unread: readonly UnreadPart[];
  readonly bySeverity: Readonly<Record<Severity, number>>;
  readonly fixable: number;
  readonly exploited: number;
}

/** A label of an image, and its value if it must have a certain one. */
export interface ImageLabel {
  readonly key: string;
  readonly value?: string | undefined;
}

/** The `namespace` of images without packages of any namespace. */
export const noNamespace = 'none';

/** Which images are listed. All conditions hold at once. Those of findings hold for no image that is not counted. */
export interface FleetImageFilter extends KnownImageFilter {
  /** Only images that `repository` has now. `text` is then a part of a name in it. */
  readonly isNamed?: true | undefined;
  /** A part of a current name in any case, or the start of a digest. */
  readonly text?: string | undefined;
  /** Images with packages of this namespace. `noNamespace` for those without any. With `finding`, it is that of the advisories of the finding. */
  readonly namespace?: string | undefined;
  /** Images with a finding of a vulnerability, and of a package if given: exactly those that `FleetFinding.images` counts and that scans have read. */
  readonly finding?: { readonly vulnerability: string; readonly purl?: string | undefined } | undefined;
  /** Images with a finding that an upgrade of this package closes: one with a fixed version in it, or in a package built from it. */
  readonly upgrade?: string | undefined;
  /** Images with packages of any of these namespaces. */
  readonly namespaces?: readonly string[] | undefined;
  readonly label?: ImageLabel | undefined;
  /** Images that have a finding of this severity. */
  readonly severity?: Severity | undefined;
  /** Whether the image has a finding with a fixed version. */
  readonly isFixable?: boolean | undefined;
  /** Whether the image has an exploited finding. */
  readonly isExploited?: boolean | undefined;
  readonly assessment?: AssessmentFilter | undefined;
}

/** Which counted images are listed, by what is known of their assessment. */
export interface AssessmentFilter {
  /** The namespaces without complete advisories. */
  readonly gaps: readonly string[];
  /** Whether a gap of the image is known: a part could not be read, no package has a namespace, or one has a namespace of `gaps`. */
  readonly hasGap: boolean;
}

/** Known images whose packages are in the same namespaces. */
export interface NamespaceGroup {
  /** Sorted. Null for images that are not counted yet. */
  readonly namespaces: readonly string[] | null;
  /** Whether a part of each could not be read. */
  readonly isUnread: boolean;
  readonly images: number;
}

/**
 * Orders of a list of images: by rising number; from the image that was seen first last; or from the worst findings, with images that are not
 * counted at the end.
 */
export const imageOrders = ['number', 'seen', 'risk'] as const;

/** An element of `imageOrders`. */
export type ImageOrder = (typeof imageOrders)[number];

/** Where a page of images ends: the value of its order, and the number. */
export type FleetImagePlace = readonly [number, number];

/** A known image with its findings. Null if it is not counted yet. */
export interface FleetImage {
  readonly image: KnownImage;
  readonly findings: ImageFindings | null;
}

/** A page of images. `next` is absent on the last page. */
export interface FleetImagePage {
  readonly images: readonly FleetImage[];
  readonly next?: FleetImagePlace;
}

/**
 * The findings of all images that lists have, as the job of `FindingCountStore` has counted them: before the rules and VEX statements of a
 * server. An image is in it from the first count after its scan until the first count after it is forgotten.
 */
export interface FindingIndexStore {
  /** Returns a page of findings. Its cost depends on its size, and for a repository on the number of findings of its images. */
  pageFindings(filter: FindingFilter, page: PageRequest<FindingPlace>): Promise<FindingPage>;
  /** Returns a page of vulnerabilities. Its cost depends on the number of vulnerabilities that the fleet has, not on that of images. */
  pageVulnerabilities(
    filter: VulnerabilityFilter,
    page: PageRequest<VulnerabilityPlace> & { readonly order: VulnerabilityOrder },
  ): Promise<VulnerabilityPage>;
  /** Returns vulnerabilities of the fleet by their ids. Those that no image has are absent. */
  findVulnerabilities(ids: readonly string[]): Promise<readonly FleetVulnerability[]>;
  /** Returns a page of package names. */
  pagePackages(filter: PackageNameFilter, page: PageRequest<PackageNamePlace>): Promise<PackageNamePage>;
  /** Returns the versions of a package that images have, at most `limit`, in no order. Its cost depends on the number of these images. */
  findVersions(
    namedBy: Pick<FleetPackage, 'namespace' | 'name'>,
    limit: number,
  ): Promise<readonly FleetVersion[]>;
  /** Returns a page of known images. Without conditions, or for a repository, its cost depends on its size; else it reads all at most. */
  pageImages(
    filter: FleetImageFilter,
    page: PageRequest<FleetImagePlace> & { readonly order: ImageOrder },
  ): Promise<FleetImagePage>;
  /** Returns all known images in groups, in no order. Its cost depends on the number of images. */
  groupByNamespaces(): Promise<readonly NamespaceGroup[]>;
  /** Returns the findings of images, by the numbers of their indexes. Those that are not counted are absent. */
  findImages(images: readonly number[]): Promise<ReadonlyMap<number, ImageFindings>>;
  /** Returns the findings of package sets by their numbers, also of images that are not counted. */
  findSetFindings(sets: readonly number[]): Promise<ReadonlyMap<number, readonly UpgradeFinding[]>>;
  /** Returns a page of the package sets of the counted images of a scope with their findings. A page leaves out sets without findings. */
  pageUpgrades(scope: WeighedScope, page: PageRequest<number>): Promise<UpgradePage>;
}
