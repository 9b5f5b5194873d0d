import type { Coverage, ExtensionStatus, Match, Verdict } from '../model/report.ts';

/** What is known of an image, findings aside. */
export interface VerdictInput {
  readonly packages: number;
  readonly coverage: readonly (Coverage & { readonly isOutOfSupport: boolean })[];
  readonly statuses: readonly ExtensionStatus[];
}

/**
 * Whether everything is known that a `clean` needs: packages were found, all were read, and for each namespace there are
 * advisories that are still being written.
 */
export function isFullyAssessed({ packages, coverage, statuses }: VerdictInput): boolean {
  const isCovered = coverage.every(
    ({ status, isOutOfSupport }) => (status === 'complete' || status === 'stale') && !isOutOfSupport,
  );
  const isRead = statuses.every(({ status }) => status === 'succeeded');
  return packages > 0 && coverage.length > 0 && isCovered && isRead;
}

/** One finding makes an image vulnerable; without any it is clean only if everything is known. */
export function verdictOf(matches: readonly Match[], isAssessed: boolean): Verdict {
  if (matches.length > 0) return 'vulnerable';
  return isAssessed ? 'clean' : 'not-assessed';
}
