import { compareText } from '../model/order.ts';
import type { Match, Report, SuppressedMatch } from '../model/report.ts';
import type { Severity } from '../model/severity.ts';

/** A finding of a report. A suppressed one has a reason. */
export type Finding = Match & Partial<Pick<SuppressedMatch, 'reason' | 'decision'>>;

/** Returns all findings of a report, the suppressed ones last. */
export function allFindings({ matches, suppressed }: Report): Finding[] {
  return [...matches, ...suppressed];
}

/** Sorts findings by risk, the worst first, then by package and vulnerability. */
export function worstFirst<Finding extends Match>(findings: readonly Finding[]): Finding[] {
  return findings.toSorted(compareWorstFirst);
}

/** Orders findings by risk, the worst first, then by package, vulnerability and version. */
function compareWorstFirst(one: Match, other: Match): number {
  const { package: x } = one;
  const { package: y } = other;
  return (
    compareRisk(one, other) ||
    compareText(x.name, y.name) ||
    compareText(one.vulnerability.id, other.vulnerability.id) ||
    compareText(x.version, y.version)
  );
}

/** Orders findings: exploited ones first, then by severity, then those with a fix, then by EPSS. */
export function compareRisk(one: Match, other: Match): number {
  const { vulnerability: a } = one;
  const { vulnerability: b } = other;
  return (
    Number(b.kev === true) - Number(a.kev === true) ||
    riskRank(b.severity) - riskRank(a.severity) ||
    Number(isFixable(other)) - Number(isFixable(one)) ||
    (b.epss ?? 0) - (a.epss ?? 0)
  );
}

/** Severities in ascending order of risk. An unrated finding may have any severity, so Unknown ranks just below Medium. */
const severitiesByRisk: readonly Severity[] = [
  'Negligible',
  'Low',
  'Unknown',
  'Medium',
  'High',
  'Critical',
  'Defcon1',
];

/** Returns the rank of a severity by risk; greater is worse. */
export function riskRank(severity: Severity): number {
  return severitiesByRisk.indexOf(severity);
}

/** Returns whether a version exists that fixes the finding. */
export function isFixable({ fix }: Match): boolean {
  return fix.state === 'fixed';
}
