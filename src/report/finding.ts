import { isMalware } from '../model/malware.ts';
import { compareText } from '../model/order.ts';
import type { Match, Report, SuppressedMatch } from '../model/report.ts';
import type { Severity } from '../model/severity.ts';
import type { FindingOrder } from '../plugin/report-format.ts';

/** A finding of a report. A suppressed one has a reason. */
export type Finding = Match & Partial<Pick<SuppressedMatch, 'reason' | 'decision' | 'justification'>>;

/** Returns all findings of a report, the suppressed ones last. */
export function allFindings({ matches, suppressed }: Report): Finding[] {
  return [...matches, ...suppressed];
}

/** Sorts findings by risk, the worst first, then by package and vulnerability. */
export function worstFirst<Finding extends Match>(findings: readonly Finding[]): Finding[] {
  return sortFindings(findings, 'risk');
}

/** Sorts findings in the order that the user selected, by default by risk. Equal ones are sorted by package, vulnerability and version. */
export function sortFindings<Finding extends Match>(
  findings: readonly Finding[],
  order: FindingOrder = 'risk',
): Finding[] {
  return findings.toSorted(
    (one, other) =>
      compareBy(order, one, other) ||
      compareText(one.package.name, other.package.name) ||
      compareText(one.vulnerability.id, other.vulnerability.id) ||
      compareText(one.package.version, other.package.version),
  );
}

/**
 * Compares findings by the criterion of an order, and by risk where that leaves them equal. Malicious packages come first in every order.
 */
export function compareBy(order: FindingOrder, one: Match, other: Match): number {
  return compareMalware(one, other) || criteria[order](one, other) || compareRisk(one, other);
}

const criteria: Readonly<Record<FindingOrder, (one: Match, other: Match) => number>> = {
  risk: () => 0,
  severity: ({ vulnerability: a }, { vulnerability: b }) => riskRank(b.severity) - riskRank(a.severity),
  epss: ({ vulnerability: a }, { vulnerability: b }) => (b.epss ?? -1) - (a.epss ?? -1),
  package: ({ package: a }, { package: b }) => compareText(a.name, b.name),
  vulnerability: ({ vulnerability: a }, { vulnerability: b }) =>
    compareText(withEqualDigits(a.id), withEqualDigits(b.id)),
};

/** Pads the numbers of an id, so that CVE-2024-9999 precedes CVE-2024-10000. */
function withEqualDigits(id: string): string {
  return id.replaceAll(/\d+/g, (digits) => digits.padStart(20, '0'));
}

function compareMalware(one: Match, other: Match): number {
  return Number(isMalware(other)) - Number(isMalware(one));
}

/** Orders findings: malicious packages first, then exploited ones, then by severity, then those with a fix, then by EPSS. */
export function compareRisk(one: Match, other: Match): number {
  const { vulnerability: a } = one;
  const { vulnerability: b } = other;
  return (
    compareMalware(one, other) ||
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
