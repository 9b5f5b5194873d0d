import { compareText } from '../model/order.ts';
import type { Match, Report, SuppressedMatch } from '../model/report.ts';
import { compareSeverity } from '../model/severity.ts';

/** A finding of a report, counted or not. */
export type Finding = Match & Partial<Pick<SuppressedMatch, 'reason' | 'decision'>>;

/** All findings of a report: first those that are counted, then those that are not. */
export function allFindings({ matches, suppressed }: Report): Finding[] {
  return [...matches, ...suppressed];
}

/** The order in which people read findings: the worst first, then by package and vulnerability. */
export function compareWorstFirst(
  { vulnerability: a, package: x }: Match,
  { vulnerability: b, package: y }: Match,
): number {
  return (
    compareSeverity(b.severity, a.severity) ||
    compareText(x.name, y.name) ||
    compareText(a.id, b.id) ||
    compareText(x.version, y.version)
  );
}
