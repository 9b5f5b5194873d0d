import type { Coverage, ExtensionStatus, Match, Verdict } from '../model/report.ts';

/** The knowledge about an image besides findings. */
export interface VerdictInput {
  readonly packages: number;
  readonly coverage: readonly (Coverage & { readonly isOutOfSupport: boolean })[];
  readonly statuses: readonly ExtensionStatus[];
}

/** Returns whether a `clean` verdict is possible: packages were found, all were read, and each namespace has current advisories. */
export function isFullyAssessed({ packages, coverage, statuses }: VerdictInput): boolean {
  const isCovered = coverage.every(
    ({ status, isOutOfSupport }) => (status === 'complete' || status === 'stale') && !isOutOfSupport,
  );
  const isRead = statuses.every(({ status }) => status === 'succeeded');
  return packages > 0 && coverage.length > 0 && isCovered && isRead;
}

/** One finding makes an image vulnerable. Without findings, it is clean only if `isAssessed`. */
export function verdictOf(matches: readonly Match[], isAssessed: boolean): Verdict {
  if (matches.length > 0) return 'vulnerable';
  return isAssessed ? 'clean' : 'not-assessed';
}
