import type { Severity } from './api/types.ts';

/**
 * Severities, the worst first. Unknown may be any of them. It stands behind Medium, because upgrades weigh it like Medium: at the end, it would
 * look harmless. Lists that the server sorts have it at the end, as the API promises.
 */
export const severitiesDescending: readonly Severity[] = [
  'Defcon1',
  'Critical',
  'High',
  'Medium',
  'Unknown',
  'Low',
  'Negligible',
];

/** Letters that stand for severities where there is little space. */
export const severityLetters: Readonly<Record<Severity, string>> = {
  Defcon1: 'D',
  Critical: 'C',
  High: 'H',
  Medium: 'M',
  Low: 'L',
  Negligible: 'N',
  Unknown: '?',
};

/** Numbers of findings by severity; a missing one is zero. */
export type SeverityCounts = Readonly<Partial<Record<Severity, number>>>;

/** Counts by severity. */
export function countSeverities(severities: Iterable<Severity>): SeverityCounts {
  const counts: Partial<Record<Severity, number>> = {};
  for (const severity of severities) counts[severity] = (counts[severity] ?? 0) + 1;
  return counts;
}

/** Returns the place of a severity; a worse one has a lower number. */
export function severityRank(severity: Severity): number {
  return severitiesDescending.indexOf(severity);
}

/** Returns the severity that a text of the address names. */
export function parseSeverity(text: string | undefined): Severity | undefined {
  return severitiesDescending.find((severity) => severity.toLowerCase() === text?.toLowerCase());
}
