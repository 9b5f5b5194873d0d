import type { Match, Report } from '../model/report.ts';

/** The number of findings without a severity. */
export function countUnrated(matches: readonly Match[]): number {
  return matches.filter(({ vulnerability }) => vulnerability.severity === 'Unknown').length;
}

/** A report with other findings: what is counted over them is counted anew. */
export function withFindings(report: Report, findings: Pick<Report, 'matches' | 'suppressed'>): Report {
  const ratings = report.ratings && { ...report.ratings, unrated: countUnrated(findings.matches) };
  return { ...report, ...findings, ...(ratings && { ratings }) };
}
