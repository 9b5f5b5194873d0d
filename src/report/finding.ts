import type { Match, Report, SuppressedMatch } from '../model/report.ts';

/** A finding of a report, counted or not. */
export type Finding = Match & Partial<Pick<SuppressedMatch, 'reason' | 'decision'>>;

/** All findings of a report: first those that are counted, then those that are not. */
export function allFindings({ matches, suppressed }: Report): Finding[] {
  return [...matches, ...suppressed];
}
