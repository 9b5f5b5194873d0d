import { otherSeverityWords, type Severity, severities } from '../model/severity.ts';

/** Parses a vendor's date, `2022-05-27` or a time with a zone, as ISO 8601. Returns no member if it is invalid. */
export function parseModified(date: string | undefined): { modified?: string } {
  if (date === undefined || !/^\d{4}-\d\d-\d\d($|T.*(Z|[+-]\d\d:\d\d)$)/.test(date)) return {};
  const time = new Date(date);
  return Number.isNaN(time.getTime()) ? {} : { modified: time.toISOString() };
}

/** Parses the date on which a vendor published an update like `parseModified`. */
export function parseIssued(date: string | undefined): { issued?: string } {
  const { modified: issued } = parseModified(date);
  return issued === undefined ? {} : { issued };
}

/**
 * Returns the module of a build if the vendor names no stream. The release string shows that it belongs to one:
 * `1.module_el8.6.0+2904`.
 */
export function unnamedModule(evr: string | undefined): { module?: string } {
  return evr?.includes('.module+') || evr?.includes('.module_') ? { module: '*' } : {};
}

/** Clair's severities, and vendor words that its scale lacks. */
const words: ReadonlyMap<string, Severity> = new Map([
  ...severities.map((severity) => [severity.toLowerCase(), severity] as const),
  ...otherSeverityWords,
  ['n/a', 'Negligible'],
]);

/**
 * Returns the severity for a vendor's word in any case. Returns Unknown for words that state none, such as `untriaged`.
 */
export function vendorSeverity(word: string | null | undefined): Severity {
  return words.get(word?.trim().toLowerCase() ?? '') ?? 'Unknown';
}
