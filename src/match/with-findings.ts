import type { Match, Report } from '../model/report.ts';

/** Counts the findings without a severity. */
export function countUnrated(matches: readonly Match[]): number {
  return matches.filter(({ vulnerability }) => vulnerability.severity === 'Unknown').length;
}

/** Returns a report with other findings, and updates the counts over them. */
export function withFindings(report: Report, findings: Pick<Report, 'matches' | 'suppressed'>): Report {
  const ratings = report.ratings && { ...report.ratings, unrated: countUnrated(findings.matches) };
  return { ...report, ...findings, ...(ratings && { ratings }) };
}
