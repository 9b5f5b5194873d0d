import type { ListedFix } from './lists.ts';
import type { Verdict } from './report.ts';
import type { Exploitation, Severity } from './types.ts';

/** @route GET /api/v1/diff */
export interface Difference {
  readonly a: DifferenceSide;
  readonly b: DifferenceSide;
  readonly findings: {
    readonly gone: readonly GoneFinding[];
    readonly new: readonly DifferenceFinding[];
    readonly changed: readonly ChangedFinding[];
    readonly same: number;
  };
  readonly packages: {
    readonly added: readonly DifferencePackage[];
    readonly removed: readonly DifferencePackage[];
    readonly changed: readonly ChangedPackage[];
  };
}

/** One side of a comparison. */
export interface DifferenceSide {
  readonly digest: string | null;
  readonly platform: string | null;
  readonly names: readonly string[];
  readonly asOf: string;
  readonly packages: number;
  readonly findings: number;
  readonly verdict: Verdict;
  /** Parts that were not assessed, with the reasons. */
  readonly notAssessed: readonly string[];
}

/** Why a finding differs. */
export type DifferenceCause = 'image' | 'knowledge';

/** A package in one or several versions. */
export interface DifferencePackage {
  readonly type: string;
  readonly name: string;
  readonly versions: readonly string[];
}

/** A package with other versions than before. */
export interface ChangedPackage {
  readonly type: string;
  readonly name: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** A finding that differs. */
export interface DifferenceFinding {
  readonly vulnerability: string;
  readonly severity: Severity;
  readonly exploited: Exploitation;
  readonly epss: number | null;
  readonly package: DifferencePackage;
  readonly fix: ListedFix;
  readonly cause: DifferenceCause;
}

/** A finding of the first side only. */
export interface GoneFinding extends DifferenceFinding {
  /** Why the second side does not count it, although it has it. */
  readonly suppressed: string | null;
}

/** A finding of both sides with another severity or fix. */
export interface ChangedFinding extends DifferenceFinding {
  readonly before: { readonly severity: Severity; readonly fix: ListedFix };
}
