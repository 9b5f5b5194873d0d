import { compareMatches } from '../model/order.ts';
import type { Match, Report, SuppressedMatch } from '../model/report.ts';
import { compareSeverity, type Severity } from '../model/severity.ts';

/**
 * Moves findings without a fix to the suppressed ones, for those who only want what they can act on. The verdict stays: an image
 * is no cleaner because nobody can mend it.
 */
export function onlyFixed(report: Report): Report {
  const isFixed = ({ fix }: Match): boolean => fix.state === 'fixed';
  const hidden = report.matches.filter((match) => !isFixed(match));
  const suppressed: SuppressedMatch[] = hidden.map((match) => ({
    ...match,
    reason: 'there is no fix, and only fixed ones were asked for',
    decision: { by: 'option' } as const,
  }));
  return {
    ...report,
    matches: report.matches.filter(isFixed),
    suppressed: [...report.suppressed, ...suppressed].sort(compareMatches),
  };
}

/** Whether a report holds a finding of this severity or a worse one. */
export function reaches(report: Report, severity: Severity): boolean {
  return report.matches.some(({ vulnerability }) => compareSeverity(vulnerability.severity, severity) >= 0);
}
