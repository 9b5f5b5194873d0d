import { baseScore, cvssSeverity, cvssVersion } from '../../model/cvss.ts';
import type { CvssVector } from '../../model/vulnerability.ts';

/** Clair's key of the CVSS vectors in a report. Quay reads the first key alone, so it must be the first in the alphabet. */
export const cvssEnrichmentKey =
  'message/vnd.clair.map.vulnerability; enricher=clair.cvss schema=https://csrc.nist.gov/schema/nvd/api/2.0/cve_api_json_2.0.schema';

/** A CVSS vector as the API of NVD has it (`cvssData`). */
export type V4Cvss = Readonly<Record<string, string | number>>;

/** The vectors of one source. */
interface RatedVectors {
  readonly cvss?: readonly CvssVector[];
}

type Words = Readonly<Record<string, string>>;

const impact: Words = { N: 'NONE', L: 'LOW', H: 'HIGH' };

/** The members of each metric of CVSS 3, and the words of its values. */
const metrics: Readonly<Record<string, readonly [member: string, words: Words]>> = {
  AV: ['attackVector', { N: 'NETWORK', A: 'ADJACENT_NETWORK', L: 'LOCAL', P: 'PHYSICAL' }],
  AC: ['attackComplexity', { L: 'LOW', H: 'HIGH' }],
  PR: ['privilegesRequired', impact],
  UI: ['userInteraction', { N: 'NONE', R: 'REQUIRED' }],
  S: ['scope', { U: 'UNCHANGED', C: 'CHANGED' }],
  C: ['confidentialityImpact', impact],
  I: ['integrityImpact', impact],
  A: ['availabilityImpact', impact],
};

/**
 * Returns the CVSS 3 vectors of a vulnerability: those of NVD, or else those of others. Clients sort them by `baseScore`, so a vector
 * without a score is left out.
 */
export function toV4Cvss(enrichments: readonly RatedVectors[]): readonly V4Cvss[] {
  const all = enrichments.flatMap(({ cvss = [] }) => cvss).filter((one) => cvssVersion(one).startsWith('3.'));
  const ofNvd = all.filter(({ source }) => source === 'nvd');
  return (ofNvd.length > 0 ? ofNvd : all).flatMap((one) => {
    const score = one.score ?? baseScore(one.vector);
    if (score === undefined) return [];
    return [
      {
        version: cvssVersion(one),
        vectorString: one.vector,
        baseScore: score,
        baseSeverity: severityWord(cvssSeverity({ ...one, score })),
        ...metricsOf(one.vector),
      },
    ];
  });
}

/** CVSS 3.1 §5 calls a score of 0 None. */
function severityWord(severity: string): string {
  return severity === 'Negligible' ? 'NONE' : severity.toUpperCase();
}

function metricsOf(vector: string): Words {
  const parts = vector.split('/').map((part) => part.split(':'));
  return Object.fromEntries(
    parts.flatMap(([metric = '', value = '']) => {
      const [member, words] = metrics[metric] ?? [];
      const word = words?.[value];
      return member === undefined || word === undefined ? [] : [[member, word]];
    }),
  );
}
