import { compareMatches } from '../model/order.ts';
import type { Match, Report, SuppressedMatch } from '../model/report.ts';
import { compareSeverity, type Severity } from '../model/severity.ts';
import { verdictOf } from './verdict.ts';

/** Moves findings without a fix to the suppressed ones, for those who only want what they can act on. */
export function onlyFixed(report: Report, isAssessed: boolean): Report {
  const isFixed = ({ fix }: Match): boolean => fix.state === 'fixed';
  const matches = report.matches.filter(isFixed);
  const hidden = report.matches.filter((match) => !isFixed(match));
  const suppressed: SuppressedMatch[] = hidden.map((match) => ({
    ...match,
    reason: 'there is no fix, and only fixed ones were asked for',
  }));
  return {
    ...report,
    matches,
    suppressed: [...report.suppressed, ...suppressed].sort(compareMatches),
    verdict: verdictOf(matches, isAssessed),
  };
}

/** Whether a report holds a finding of this severity or a worse one. */
export function reaches(report: Report, severity: Severity): boolean {
  return report.matches.some(({ vulnerability }) => compareSeverity(vulnerability.severity, severity) >= 0);
}
