import type { Enrichment } from '../model/enrichment.ts';
import type { Match } from '../model/report.ts';
import type { CvssVector } from '../model/vulnerability.ts';
import { ratingOfEnrichments } from './rate.ts';

/** Knowledge of vulnerabilities beside the advisories. */
export interface Knowledge {
  /** By CVE id. */
  readonly enrichments: ReadonlyMap<string, readonly (Enrichment & { readonly source: string })[]>;
  /** Whether the list of exploited vulnerabilities is known, so that one that is not on it is not exploited. */
  readonly knowsExploited: boolean;
}

/**
 * Adds to a finding what is known beside the advisories. The vendor's word on severity and description stands where there is
 * one; ratings are all kept, the vendor's first.
 */
export function enrich<T extends Match>(match: T, { enrichments, knowsExploited }: Knowledge): T {
  const { vulnerability } = match;
  const known = enrichments.get(vulnerability.id) ?? [];
  const exploited = known.find((one) => one.exploited !== undefined);
  const rating = vulnerability.severity === 'Unknown' ? ratingOfEnrichments(known) : undefined;
  return {
    ...match,
    vulnerability: {
      ...vulnerability,
      ...(rating !== undefined && { severity: rating.severity, severitySource: rating.source }),
      cvss: distinct([...vulnerability.cvss, ...known.flatMap(({ cvss = [] }) => cvss)]),
      description:
        vulnerability.description ?? known.find(({ description }) => description)?.description ?? null,
      kev: exploited !== undefined || (knowsExploited ? false : null),
      ...(exploited?.exploited && {
        exploited: { source: exploited.source, date: exploited.exploited.since },
      }),
      epss: known.find(({ epss }) => epss !== undefined)?.epss?.score ?? null,
    },
  };
}

function distinct(vectors: readonly CvssVector[]): CvssVector[] {
  return [...new Map(vectors.map((vector) => [`${vector.source} ${vector.vector}`, vector])).values()];
}
