import type { CvssVector } from '../../plugin/index.ts';
import type { Definition } from './definition.ts';

/**
 * Returns the vectors in attributes such as `cvss3="7.5/CVSS:3.1/AV:N/…"`. Returns none for several CVEs, since it is
 * unclear which one a vector rates.
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
