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

/** The severity that a text names, in any case. Undefined if it names none. */
export function parseSeverity(text: string): Severity | undefined {
  return severities.find((severity) => severity.toLowerCase() === text.toLowerCase());
}
