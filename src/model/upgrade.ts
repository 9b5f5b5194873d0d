import type { Target, Verdict } from './report.ts';
import type { Severity } from './severity.ts';

/** The kind of change that an upgrade makes. */
export type UpgradeKind = 'distro-package' | 'language-package' | 'rebuild' | 'base-image';

/** Number of findings of each severity, and of those that are known to be exploited. */
export type FindingSum = Readonly<Record<Severity, number>> & {
  readonly findings: number;
  readonly exploited: number;
};

/** An installed package that an upgrade changes. */
export interface UpgradedPackage {
  readonly type: string;
  readonly name: string;
  /** The installed version. */
  readonly version: string;
  /** The lowest version without the findings that the upgrade closes, in the terms of `comparesSource`. */
  readonly fixedVersion: string;
  /** Whether `fixedVersion` is a version of the source package, which may differ from that of the package. */
  readonly comparesSource: boolean;
}

/** One thing to do, and the findings that it closes. */
export interface PlannedUpgrade {
  /** 1 for what to do first. */
  readonly rank: number;
  readonly kind: UpgradeKind;
  /** The namespace of the fixed versions: `debian:12`, `npm`. Null for rebuilds and base images. */
  readonly namespace: string | null;
  /** The source package, the language package or its parent, or the new base image. Null for rebuilds. */
  readonly package: string | null;
  /** The installed versions, in their order. Of base images in a fleet: the digests of the older ones. */
  readonly versions: readonly string[];
  /**
   * The version to upgrade to. Null for rebuilds, and for parents, whose versions are unknown. Of base images in a fleet: the digest of the
   * newer one; null for one image.
   */
  readonly fixedVersion: string | null;
  /** The installed packages that change; for a parent, the packages in it. Empty for base images. */
  readonly packages: readonly UpgradedPackage[];
  /** The largest number of images that one of its findings is in. At least as many have the package. */
  readonly images: number;
  /** The findings that it closes, less those that a new base image brings. */
  readonly closes: FindingSum;
  /** The risk that it removes. */
  readonly gain: number;
  /** The risk that is left after it and all earlier upgrades. */
  readonly residual: number;
  /** For people: what to do. */
  readonly text: string;
}

/** How the probability of exploitation of findings without an EPSS score is estimated, for one severity. */
export interface UpgradePrior {
  readonly severity: Severity;
  readonly probability: number;
  /** `median`: the median EPSS score of the findings of this severity. `constant`: too few of them have a score. */
  readonly by: 'median' | 'constant';
  /** Number of scores. */
  readonly scores: number;
  /** Number of findings to which it applies. */
  readonly findings: number;
}

/** Why no listed upgrade closes a finding. A state of a fix is the vendor's. */
export type RemainingReason =
  | 'unfixed'
  | 'deferred'
  | 'will-not-fix'
  | 'end-of-life'
  | 'under-investigation'
  | 'not-affected'
  /** The version that is fixed by one advisory is affected by another one, or the versions have no order. */
  | 'not-closed'
  /** An upgrade closes it that is behind the limit of the list. */
  | 'not-listed';

/** The findings that are left for one reason. */
export interface RemainingFindings {
  readonly reason: RemainingReason;
  readonly sum: FindingSum;
  readonly risk: number;
  readonly findings: readonly RemainingFinding[];
}

/** A finding that is left. */
export interface RemainingFinding {
  readonly id: string;
  readonly severity: Severity;
  readonly package: { readonly type: string; readonly name: string; readonly version: string };
}

/** A list of upgrades, each the best one after those before it. */
export interface UpgradeRanking {
  readonly upgrades: readonly PlannedUpgrade[];
  readonly before: FindingSum;
  readonly after: FindingSum;
  /** The risk before and after all listed upgrades: the sum of the probability of exploitation × the weight of the severity. */
  readonly risk: { readonly before: number; readonly after: number };
  /** The estimates that were needed. */
  readonly priors: readonly UpgradePrior[];
}

/** A list of upgrades, and the findings that are left after them. */
export interface UpgradePlan extends UpgradeRanking {
  readonly remaining: readonly RemainingFindings[];
}

/** The upgrades of one image. */
export interface ImageUpgradePlan extends UpgradePlan {
  readonly schemaVersion: 1;
  readonly target: Pick<Target, 'reference' | 'names' | 'digest'>;
  /** The verdict on the image as it is. */
  readonly verdict: Verdict;
  /** For people: what could not be judged. Findings there are in no number of the plan. */
  readonly doubts: readonly string[];
}
