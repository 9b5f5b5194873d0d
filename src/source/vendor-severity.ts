import { type Severity, severities } from '../model/severity.ts';

/** Clair's words, and those of vendors that its scale does not have. */
const words: ReadonlyMap<string, Severity> = new Map([
  ...severities.map((severity) => [severity.toLowerCase(), severity] as const),
  ['important', 'High'],
  ['moderate', 'Medium'],
  ['none', 'Negligible'],
  ['n/a', 'Negligible'],
]);

/** The severity that a vendor's word names, whatever its case; Unknown for words that name none, such as `untriaged`. */
export function vendorSeverity(word: string | null | undefined): Severity {
  return words.get(word?.trim().toLowerCase() ?? '') ?? 'Unknown';
}
