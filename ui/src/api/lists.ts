import type { RatingList } from './report.ts';
import type { Exploitation, FindingCount, ListedImage, Severity } from './types.ts';

/** @route GET /api/v1/summary/ages */
export interface FindingAges {
  /** Days in which closed findings were closed. */
  readonly days: number;
  /** Null before the first count. */
  readonly countedAt: string | null;
  /** A day such as `2026-01-31`. */
  readonly countedSince: string | null;
  /** Null if no repository is counted. */
  readonly severities: readonly SeverityAges[] | null;
  readonly paths: readonly PathAges[];
  /** Whether there are more paths. */
  readonly cut: boolean;
}

/** The ages of the findings of a severity. */
export interface SeverityAges {
  readonly severity: Severity;
  readonly open: AgedFindings;
  readonly closed: AgedFindings;
}

/** The ages of the findings of all repositories below a path. */
export interface PathAges extends Omit<SeverityAges, 'severity'> {
  /** `registry.example/shop/*`. */
  readonly repository: string;
}

/** A number of findings with their ages. */
export interface AgedFindings {
  readonly findings: number;
  readonly median: AgeQuantile | null;
  readonly p90: AgeQuantile | null;
}

/** An age that a part of findings does not exceed. It is a lower bound unless it is exact. */
export interface AgeQuantile {
  readonly days: number;
  readonly exact: boolean;
}

/** @route GET /api/v1/search */
export interface SearchResults {
  readonly images: readonly Pick<ListedImage, 'digest' | 'names' | 'reference'>[];
  readonly advisories: readonly { readonly id: string; readonly severity: Severity }[];
  readonly packages: readonly { readonly namespace: string; readonly name: string }[];
}

/** A fix as lists state it. */
export interface ListedFix {
  readonly state: string;
  readonly version?: string | null;
}

/** @route GET /api/v1/findings */
export interface FindingList {
  /** Findings in all images. Null as that of images. */
  readonly total: { readonly findings: number; readonly countedAt: string } | null;
  readonly findings: readonly FleetFinding[];
  readonly next?: string;
}

/** A vulnerability of a package version, in a number of images. */
export interface FleetFinding {
  readonly vulnerability: string;
  readonly severity: Severity;
  readonly exploited: Exploitation;
  readonly epss: number | null;
  readonly namespace: string;
  readonly package: {
    readonly type: string;
    readonly name: string;
    readonly version: string;
    readonly purl: string;
    /** Name of its source package. Null without one. */
    readonly source: string | null;
    /** Its name in advisories, and in lists of packages. */
    readonly lookupName: string;
  };
  readonly fix: ListedFix;
  readonly images: number;
}

/** @route GET /api/v1/advisories */
export interface AdvisoryList {
  readonly advisories: readonly ListedAdvisory[];
  readonly next?: string;
}

/** A vulnerability that was found in the fleet. */
export interface ListedAdvisory {
  readonly id: string;
  readonly severity: Severity;
  readonly exploited: Exploitation;
  readonly epss: number | null;
  readonly fixable: boolean;
  readonly images: number;
  readonly packages: number;
}

/** @route GET /api/v1/advisories/{id} */
export interface Advisory {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly severity: Severity;
  readonly severitySource: string | null;
  readonly cvss: readonly { readonly source: string; readonly vector: string; readonly score?: number }[];
  readonly epss: number | null;
  /** Share of vulnerabilities with a lower score. */
  readonly epssPercentile: number | null;
  readonly exploited: readonly { readonly source: string; readonly date?: string | null }[];
  /** The loaded lists of ratings. */
  readonly lists: readonly RatingList[];
  readonly description: string | null;
  readonly links: readonly string[];
  readonly weaknesses: readonly string[];
  readonly images: number | null;
  readonly sources: readonly AdvisorySource[];
}

/** Record of one source about a vulnerability. */
export interface AdvisorySource {
  readonly source: string;
  readonly feed: string;
  readonly advisory: string;
  readonly title?: string | null;
  readonly issued?: string | null;
  readonly statements: readonly {
    readonly namespace: string;
    readonly package: string;
    readonly range: {
      readonly from?: string;
      readonly fromExcluded?: boolean;
      readonly to?: string;
      readonly toIncluded?: boolean;
    };
    readonly fix: ListedFix;
    readonly severity: Severity;
  }[];
  /** Statements that the answer leaves out. */
  readonly moreStatements: number;
  readonly since: string | null;
  readonly changes: readonly {
    readonly at: string;
    readonly kind: string;
    readonly changed: readonly string[];
  }[];
}

/** @route GET /api/v1/advisories/{id}/images */
export interface AffectedList {
  readonly images: readonly AffectedImage[];
  /** Rows that the page leaves out, because rules or VEX statements suppress all of their findings. */
  readonly suppressed: number;
  readonly next?: string;
}

/** An image with the affected packages of one name and version. */
export interface AffectedImage {
  readonly digest?: string | null;
  readonly names: readonly string[];
  readonly certain: boolean;
  readonly packages: readonly {
    readonly type: string;
    readonly name: string;
    readonly version: string;
    readonly location: { readonly path: string; readonly layer: string | null };
    readonly fix: ListedFix;
    readonly severity: Severity;
  }[];
}

/** @route GET /api/v1/packages */
export interface PackageList {
  readonly packages: readonly ListedPackage[];
  readonly next?: string;
}

/** A package of the fleet. */
export interface ListedPackage {
  readonly namespace: string;
  readonly name: string;
  readonly versions: number;
  readonly images: number;
  readonly worst: Severity | null;
}

/** @route GET /api/v1/packages/versions */
export interface PackageVersions {
  readonly namespace: string;
  readonly versionScheme: string;
  readonly name: string;
  /** In the order of the scheme. */
  readonly versions: readonly {
    readonly version: string;
    readonly images: number;
    readonly findings: number;
  }[];
  readonly ranges: readonly PackageRange[];
}

/** A range of an advisory; `from` and `to` are indexes of the first and last version of the fleet in it. */
export interface PackageRange {
  readonly id: string;
  readonly source: string;
  readonly severity: Severity;
  readonly range: AdvisorySource['statements'][number]['range'];
  readonly fix: ListedFix;
  readonly from: number | null;
  readonly to: number | null;
}

/** @route GET /api/v1/upgrades */
export interface UpgradeList {
  /** Null before the first count. */
  readonly upgrades: readonly Upgrade[] | null;
  /** Numbers of the current count. */
  readonly before: FindingSum | null;
  /** Numbers that remain after the listed upgrades. */
  readonly after: FindingSum | null;
  readonly countedAt: string | null;
  /** Whether the server knows any image of the repository and the label. */
  readonly hasImages: boolean;
  /** Labels of images whose risk counts more than once. */
  readonly weights: readonly { readonly label: string; readonly weight: number }[];
}

/** Numbers of findings by severity, of all, and of those that are exploited. */
export type FindingSum = Readonly<Record<Severity | 'findings' | 'exploited', number>>;

/** One action with what it closes in the fleet. Members that do not apply to its kind are null. */
export interface Upgrade {
  readonly rank: number;
  readonly kind: 'distro-package' | 'language-package' | 'rebuild' | 'base-image';
  readonly namespace: string | null;
  readonly package: string | null;
  /** Null if images have several. */
  readonly version: string | null;
  /** Number of installed versions. */
  readonly versions: number;
  readonly fixedVersion: string | null;
  readonly images: number;
  readonly closes: FindingSum;
  readonly gain: number;
  readonly residual: number;
  readonly text: string;
}

/** @route GET /api/v1/images/{digest}/upgrades */
export interface ImageUpgradePlan {
  readonly upgrades: readonly ImageUpgrade[];
  readonly before: FindingSum;
  readonly after: FindingSum;
  /** Texts on what could not be judged. */
  readonly doubts: readonly string[];
}

/** One action on an image. Members that do not apply to its kind are null. */
export interface ImageUpgrade
  extends Pick<Upgrade, 'rank' | 'kind' | 'package' | 'fixedVersion' | 'closes' | 'text'> {
  /** The installed versions. */
  readonly versions: readonly string[];
}

/** @route GET /api/v1/sources */
export interface SourceList {
  readonly sources: readonly Source[];
  /** The first day whose changes are counted. Null if no change is known. */
  readonly daysSince: string | null;
  /** When the images of sources were counted. Null before the first time. */
  readonly imagesCountedAt: string | null;
}

/** A source with its feeds. */
export interface Source {
  readonly source: string;
  readonly state: 'current' | 'stale' | 'failed';
  readonly reason: string | null;
  readonly contentDate: string | null;
  readonly fetchedAt: string | null;
  readonly checkedAt: string | null;
  readonly lastFailure: { readonly at: string; readonly message: string } | null;
  /** Counted images that rely on its advisories. Null for a source of ratings, and before the first count. */
  readonly images: number | null;
  readonly feeds: readonly SourceFeed[];
}

/** A feed of a source. */
export interface SourceFeed {
  readonly name: string;
  readonly presence: string;
  readonly records: number;
  readonly skipped: number;
  readonly contentDate: string | null;
  readonly fetchedAt: string;
  readonly checkedAt: string;
  readonly appliedAt: string | null;
  readonly lastFailure: { readonly at: string; readonly message: string } | null;
  readonly nextRunAt: string | null;
  readonly namespaces: readonly string[];
  readonly days: readonly {
    readonly day: string;
    readonly new: number;
    readonly changed: number;
    readonly withdrawn: number;
  }[];
}

/** @route GET /api/v1/events */
export interface EventList {
  readonly events: readonly ListedEvent[];
  readonly next?: string;
}

/** An event with what the fleet has of its vulnerability. Null if no image is known to have it. */
export interface ListedEvent extends AdvisoryEvent {
  readonly images: number | null;
  /** The severity with which images have it. */
  readonly rating: Severity | null;
}

/** @route GET /api/v1/events/counts */
export interface EventCounts {
  /** Null if nothing has changed yet. */
  readonly day: string | null;
  /** Whether all events of the day are counted. */
  readonly complete: boolean;
  readonly counts: readonly {
    readonly kind: AdvisoryEvent['kind'];
    /** As of `ListedEvent`. */
    readonly rating: Severity | null;
    readonly events: number;
  }[];
}

/** A change of an advisory. */
export interface AdvisoryEvent {
  readonly number: number;
  readonly id: string;
  readonly kind: 'new' | 'changed' | 'withdrawn';
  readonly changed: readonly string[];
  readonly source: string;
  readonly feed: string;
  readonly at: string;
  readonly severity: { readonly before: Severity | null; readonly after: Severity | null };
}

/** @route GET /api/v1/summary/history */
export interface History {
  readonly days: readonly { readonly day: string; readonly counts: readonly FindingCount[] }[];
  readonly firstDay: string | null;
}

/** @route GET /api/v1/notifications */
export interface NotificationList {
  readonly notifications: readonly ListedNotification[];
  readonly next?: string;
}

/** A notification of receivers about a change. */
export interface ListedNotification {
  readonly name: string;
  /** `skipped`: no receiver wants it, or a batch has it. */
  readonly state: 'due' | 'delivered' | 'acknowledged' | 'skipped';
  readonly namespace: string | null;
  readonly createdAt: string;
  readonly notifiedAt: string | null;
  readonly dueAt: string | null;
  readonly deletedAt: string | null;
  /** Null if the event has been deleted. */
  readonly event: AdvisoryEvent | null;
}
