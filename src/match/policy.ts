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
  return leaveOut(report, ({ fix }) => fix.state !== 'fixed', reason);
}

/**
 * Moves findings of other severities to the suppressed ones, for a report that shows a part. The verdict stays. A finding without a
 * severity may be of any, and its reason says so.
 */
export function onlySeverities(report: Report, shown: readonly Severity[]): Report {
  const option = `--severity ${shown.join(',').toLowerCase()}`;
  const isRated = ({ vulnerability }: Match): boolean => vulnerability.severity !== 'Unknown';
  const isShown = ({ vulnerability }: Match): boolean => shown.includes(vulnerability.severity);
  const rated = leaveOut(
    report,
    (match) => isRated(match) && !isShown(match),
    `not shown, because of ${option}; the verdict and --fail-on count it`,
  );
  return leaveOut(
    rated,
    (match) => !isShown(match),
    `not shown, because of ${option}, though its severity is not known; the verdict and --fail-on count it`,
  );
}

/** Moves findings to the suppressed ones because the user asked for others only. */
export function leaveOut(report: Report, isOut: (match: Match) => boolean, reason: string): Report {
  const decision = { by: 'option' } as const;
  const out = report.matches.filter(isOut).map((match) => ({ ...match, reason, decision }));
  return withFindings(report, {
    matches: report.matches.filter((match) => !isOut(match)),
    suppressed: [...report.suppressed, ...out].sort(compareMatches),
  });
}
