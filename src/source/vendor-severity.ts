import { type Severity, severities } from '../model/severity.ts';

/** Clair's severities, and vendor words that its scale lacks. */
const words: ReadonlyMap<string, Severity> = new Map([
  ...severities.map((severity) => [severity.toLowerCase(), severity] as const),
  ['important', 'High'],
  ['moderate', 'Medium'],
  ['none', 'Negligible'],
  ['n/a', 'Negligible'],
]);

/**
 * Returns the severity for a vendor's word in any case. Returns Unknown for words that state none, such as `untriaged`.
 */
export function vendorSeverity(word: string | null | undefined): Severity {
  return words.get(word?.trim().toLowerCase() ?? '') ?? 'Unknown';
}
