import { compareMatches } from '../model/order.ts';
import type { Match, Report } from '../model/report.ts';
import type { Severity } from '../model/severity.ts';
import { withFindings } from './with-findings.ts';

/**
 * Moves findings without a fix to the suppressed ones, for those who only want what they can act on. The verdict stays: an image
 * is no cleaner because nobody can mend it.
 */
export function onlyFixed(report: Report): Report {
  const reason = 'there is no fix, and only fixed ones were asked for';
  return suppressWhere(report, ({ fix }) => fix.state !== 'fixed', reason);
}

/**
 * Moves findings of other severities to the suppressed ones, for a report that shows a part. The verdict stays. A finding without a
 * severity may be of any, and its reason says so.
 */
export function onlySeverities(report: Report, severities: readonly Severity[]): Report {
  const option = `--severity ${severities.join(',').toLowerCase()}`;
  const isRated = ({ vulnerability }: Match): boolean => vulnerability.severity !== 'Unknown';
  const isShown = ({ vulnerability }: Match): boolean => severities.includes(vulnerability.severity);
  const rated = suppressWhere(
    report,
    (match) => isRated(match) && !isShown(match),
    `not shown, because of ${option}; the verdict and --fail-on count it`,
  );
  return suppressWhere(
    rated,
    (match) => !isShown(match),
    `not shown, because of ${option}, though its severity is not known; the verdict and --fail-on count it`,
  );
}

/** Moves findings to the suppressed ones because the user asked for others only. */
export function suppressWhere(
  report: Report,
  isSuppressed: (match: Match) => boolean,
  reason: string,
): Report {
  const decision = { by: 'option' } as const;
  const suppressed = report.matches.filter(isSuppressed).map((match) => ({ ...match, reason, decision }));
  return withFindings(report, {
    matches: report.matches.filter((match) => !isSuppressed(match)),
    suppressed: [...report.suppressed, ...suppressed].sort(compareMatches),
  });
}
