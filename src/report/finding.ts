import { compareText } from '../model/order.ts';
import type { Match, Report, SuppressedMatch } from '../model/report.ts';
import type { Severity } from '../model/severity.ts';

/** A finding of a report, counted or not. */
export type Finding = Match & Partial<Pick<SuppressedMatch, 'reason' | 'decision'>>;

/** All findings of a report: first those that are counted, then those that are not. */
export function allFindings({ matches, suppressed }: Report): Finding[] {
  return [...matches, ...suppressed];
}

/** Findings as people read them. */
export function worstFirst<Finding extends Match>(findings: readonly Finding[]): Finding[] {
  return findings.toSorted(compareWorstFirst);
}

/** The order in which people read findings: the worst first, then by package and vulnerability. */
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

/** Exploited findings first, then by severity, then those with a fix, then by the probability of exploitation. */
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

/** Severities by the place of findings in a list. One that no source has rated may be anything: it stands below Medium. */
const severitiesByRisk: readonly Severity[] = [
  'Negligible',
  'Low',
  'Unknown',
  'Medium',
  'High',
  'Critical',
  'Defcon1',
];

/** How far up a finding of a severity stands in a list. */
export function riskRank(severity: Severity): number {
  return severitiesByRisk.indexOf(severity);
}

/** Whether a version exists that fixes the finding. */
export function isFixable({ fix }: Match): boolean {
  return fix.state === 'fixed';
}
