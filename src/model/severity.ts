/** Clair's severity scale, rising. */
export const severities = ['Unknown', 'Negligible', 'Low', 'Medium', 'High', 'Critical', 'Defcon1'] as const;

/** How bad a vulnerability is, in Clair's words. */
export type Severity = (typeof severities)[number];

/** Negative when `a` is milder than `b`, 0 when equal, positive when worse. */
export function compareSeverity(a: Severity, b: Severity): number {
  return severities.indexOf(a) - severities.indexOf(b);
}

/** The worst of some severities; Unknown where there are none. */
export function worstSeverity(some: readonly Severity[]): Severity {
  return some.reduce((worst, next) => (compareSeverity(next, worst) > 0 ? next : worst), 'Unknown');
}

/** The severity a text names, whatever its case; undefined when it names none. */
export function parseSeverity(text: string): Severity | undefined {
  return severities.find((severity) => severity.toLowerCase() === text.toLowerCase());
}
