import { parseSeverity, type Severity } from '../model/severity.ts';

/** The words of vendors that Clair's scale does not have. */
const words: ReadonlyMap<string, Severity> = new Map<string, Severity>([
  ['important', 'High'],
  ['moderate', 'Medium'],
  ['none', 'Negligible'],
  ['n/a', 'Negligible'],
]);

/** The severity that a vendor's word names, whatever its case; Unknown for words that name none, such as `untriaged`. */
export function vendorSeverity(word: string | null | undefined): Severity {
  const name = word?.trim().toLowerCase() ?? '';
  return words.get(name) ?? parseSeverity(name) ?? 'Unknown';
}
