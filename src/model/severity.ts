/** Clair's severity scale, ascending. */
export const severities = ['Unknown', 'Negligible', 'Low', 'Medium', 'High', 'Critical', 'Defcon1'] as const;

/** A severity on Clair's scale. */
export type Severity = (typeof severities)[number];

/** Negative if `a` is lower than `b`, 0 if they are equal, positive if it is higher. */
export function compareSeverity(a: Severity, b: Severity): number {
  return severities.indexOf(a) - severities.indexOf(b);
}

/** The highest of some severities. Unknown for an empty list. */
export function worstSeverity(some: readonly Severity[]): Severity {
  return some.reduce((worst, next) => (compareSeverity(next, worst) > 0 ? next : worst), 'Unknown');
}

/** Words of vendors and scanners that the scale lacks, in lower case. */
export const otherSeverityWords: ReadonlyMap<string, Severity> = new Map([
  ['important', 'High'],
  ['moderate', 'Medium'],
  ['none', 'Negligible'],
]);

/** Returns the severity of a CVSS score by the bands of CVSS 3. Unknown without a score. */
export function severityOfScore(score: number): Severity {
  if (!(score >= 0)) return 'Unknown';
  if (score >= 9) return 'Critical';
  if (score >= 7) return 'High';
  if (score >= 4) return 'Medium';
  return score > 0 ? 'Low' : 'Negligible';
}

/** The severity that a text names, in any case. Undefined if it names none. */
export function parseSeverity(text: string): Severity | undefined {
  return severities.find((severity) => severity.toLowerCase() === text.toLowerCase());
}
