import type { ExtensionProblem } from '../model/layer-index.ts';
import {
  type Coverage,
  type ExtensionStatus,
  isUnderInvestigation,
  type Match,
  type Report,
  type Verdict,
} from '../model/report.ts';

/** The knowledge about an image besides findings. */
export interface VerdictInput {
  readonly packages: number;
  /** `isClaimed`: only documents name the packages of the namespace, and their findings do not count either. */
  readonly coverage: readonly (Coverage & {
    readonly isOutOfSupport: boolean;
    readonly isClaimed?: boolean;
  })[];
  readonly statuses: readonly ExtensionStatus[];
}

/** Returns whether a `clean` verdict is possible: packages were found and read, each namespace has advisories, and none is out of support. */
export function isFullyAssessed({ packages, coverage, statuses }: VerdictInput): boolean {
  const counting = coverage.filter(({ isClaimed }) => isClaimed !== true);
  const isCovered = counting.every(
    ({ status, isOutOfSupport }) => (status === 'complete' || status === 'stale') && !isOutOfSupport,
  );
  const isRead = statuses.every(({ status }) => status === 'succeeded');
  return packages > 0 && counting.length > 0 && isCovered && isRead;
}

/**
 * One finding makes an image vulnerable. Without findings, it is clean only if `isAssessed` and if the vendor investigates none of the
 * suppressed findings.
 */
export function verdictOf(
  { matches, suppressed }: Pick<Report, 'matches' | 'suppressed'>,
  isAssessed: boolean,
): Verdict {
  if (matches.length > 0) return 'vulnerable';
  return isAssessed && !suppressed.some(isUnderInvestigation) ? 'clean' : 'not-assessed';
}

/**
 * Returns whether a problem means that a part of an image could not be read. Then a file is damaged, ambiguous or exceeds a limit, or
 * runtimes interpret it differently. Any problem keeps a report from being assessed, but only these make the API refuse a posted layer. The
 * others are entries without a version. They were read, and no API of Clair has a feature without a version.
 */
export function isUnreadablePart({ lacks }: Pick<ExtensionProblem, 'lacks'>): boolean {
  return lacks === undefined;
}

/** Counts the findings without a severity. */
export function countUnrated(matches: readonly Match[]): number {
  return matches.filter(({ vulnerability }) => vulnerability.severity === 'Unknown').length;
}

/** Returns a report with other findings, and updates the counts over them. */
export function withFindings(report: Report, findings: Pick<Report, 'matches' | 'suppressed'>): Report {
  const ratings = report.ratings && { ...report.ratings, unrated: countUnrated(findings.matches) };
  return { ...report, ...findings, ...(ratings && { ratings }) };
}
