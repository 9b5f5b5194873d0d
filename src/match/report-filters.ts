import type { FixState } from '../model/fix.ts';
import { compareMatches } from '../model/order.ts';
import type { Match, Report } from '../model/report.ts';
import type { Severity } from '../model/severity.ts';
import { withFindings } from './verdict.ts';

/**
 * Suppresses findings without a fix, for users who want only what they can act on. The verdict stays: the image is no safer without a fix.
 */
export function onlyFixed(report: Report): Report {
  const reason = 'there is no fix, and only findings with a fix were requested';
  return suppressWhere(report, ({ fix }) => fix.state !== 'fixed', reason);
}

/** Suppresses findings whose fix has one of these states. The verdict stays, as for `onlyFixed`. */
export function withoutFixStates(report: Report, states: readonly FixState[]): Report {
  return states.reduce(
    (shown, state) =>
      suppressWhere(
        shown,
        ({ fix }) => fix.state === state,
        `its fix has the state ${state}, which --ignore-status names`,
      ),
    report,
  );
}

/**
 * Suppresses findings of other severities, for a partial report. The verdict stays. The reason of a finding without a severity says that it
 * may have any.
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

/**
 * Suppresses findings because the user selected others. Findings that the vendor still investigates keep their reason, but no gate counts
 * them.
 */
export function suppressWhere(
  report: Report,
  isSuppressed: (match: Match) => boolean,
  reason: string,
): Report {
  const decision = { by: 'option' } as const;
  const suppressed = report.matches.filter(isSuppressed).map((match) => ({ ...match, reason, decision }));
  const earlier = report.suppressed.map((match) =>
    match.decision === undefined && isSuppressed(match) ? { ...match, decision } : match,
  );
  return withFindings(report, {
    matches: report.matches.filter((match) => !isSuppressed(match)),
    suppressed: [...earlier, ...suppressed].sort(compareMatches),
  });
}
