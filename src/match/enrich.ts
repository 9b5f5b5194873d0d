import type { Enrichment } from '../model/enrichment.ts';
import type { Match } from '../model/report.ts';
import { type Severity, worstSeverity } from '../model/severity.ts';
import type { CvssVector } from '../model/vulnerability.ts';

/** What others than the distributions know of vulnerabilities. */
export interface Knowledge {
  /** By CVE id. */
  readonly enrichments: ReadonlyMap<string, readonly Enrichment[]>;
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
  const isExploited = known.some(({ exploited }) => exploited !== undefined);
  return {
    ...match,
    vulnerability: {
      ...vulnerability,
      severity: vulnerability.severity === 'Unknown' ? rated(known) : vulnerability.severity,
      cvss: distinct([...vulnerability.cvss, ...known.flatMap(({ cvss = [] }) => cvss)]),
      description:
        vulnerability.description ?? known.find(({ description }) => description)?.description ?? null,
      kev: isExploited || (knowsExploited ? false : null),
      epss: known.find(({ epss }) => epss !== undefined)?.epss?.score ?? null,
    },
  };
}

function rated(known: readonly Enrichment[]): Severity {
  return worstSeverity(known.flatMap(({ severity }) => severity ?? []));
}

function distinct(vectors: readonly CvssVector[]): CvssVector[] {
  return [...new Map(vectors.map((vector) => [`${vector.source} ${vector.vector}`, vector])).values()];
}
