import type { CvssVector, Severity } from '../../plugin/index.ts';
import type { Definition } from './definition.ts';

const severities: ReadonlyMap<string, Severity> = new Map<string, Severity>([
  ['n/a', 'Negligible'],
  ['none', 'Negligible'],
  ['low', 'Low'],
  ['moderate', 'Medium'],
  ['medium', 'Medium'],
  ['important', 'High'],
  ['high', 'High'],
  ['critical', 'Critical'],
]);

/** Clair's scale for the words of the rpm distributions; `Unknown` for any other. */
export function severityOf(word: string): Severity {
  return severities.get(word.trim().toLowerCase()) ?? 'Unknown';
}

/** A date of a vendor, `2022-05-27` or a time with a zone, as ISO 8601; nothing where it is neither. */
export function modifiedOf(date: string | undefined): { modified?: string } {
  if (date === undefined || !/^\d{4}-\d\d-\d\d($|T.*(Z|[+-]\d\d:\d\d)$)/.test(date)) return {};
  const time = new Date(date);
  return Number.isNaN(time.getTime()) ? {} : { modified: time.toISOString() };
}

/**
 * The vectors of an advisory, by attributes such as `cvss3="7.5/CVSS:3.1/AV:N/…"`. None where it names several CVEs: a vector
 * would not say of which it is.
 */
export function cvssOf(source: string, { cves }: Definition): CvssVector[] {
  const [cve] = cves;
  if (cve === undefined || cves.some(({ id }) => id !== cve.id)) return [];
  const texts = cves.flatMap(({ attributes }) =>
    ['cvss4', 'cvss3', 'cvss2'].map((name) => attributes[name] ?? ''),
  );
  return [...new Set(texts)].flatMap((text) => {
    const [, score, vector] = /^(\d+(?:\.\d+)?)\/(.+)$/.exec(text) ?? [];
    return vector === undefined ? [] : [{ source, vector, score: Number(score) }];
  });
}

/** The CVE ids of a text or of several, each once. */
export function cvesIn(...texts: readonly string[]): string[] {
  return [...new Set(texts.flatMap((text) => text.match(/\bCVE-\d{4}-\d{4,}\b/g) ?? []))];
}

/** The module condition of a build whose source does not tell its module, but whose release does that it has one. */
export function unknownModule(evr: string | undefined): { module?: string } {
  return evr?.includes('.module+') || evr?.includes('.module_') ? { module: '*' } : {};
}
