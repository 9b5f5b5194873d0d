import type { Enrichment } from '../model/enrichment.ts';
import type { Match, ReportVulnerability } from '../model/report.ts';
import type { CvssVector } from '../model/vulnerability.ts';
import { ratingOfEnrichments } from './rate.ts';

/** Data about vulnerabilities that does not come from advisories. */
export interface EnrichmentData {
  /** By CVE id. */
  readonly enrichments: ReadonlyMap<string, readonly SourcedEnrichment[]>;
  /** Whether the list of exploited vulnerabilities is loaded, so that a vulnerability without an entry is not exploited. */
  readonly knowsExploited: boolean;
}

/**
 * Adds enrichments to a finding. The vendor's severity and description have priority. The title of an advisory is used if there is no other
 * description. All CVSS vectors are kept, the vendor's first.
 */
export function enrich<T extends Match>(match: T, { enrichments, knowsExploited }: EnrichmentData): T {
  const { vulnerability } = match;
  const applicable = enrichments.get(vulnerability.id) ?? [];
  return {
    ...match,
    vulnerability: {
      ...vulnerability,
      ...ratingOf(vulnerability, applicable),
      cvss: distinct([...vulnerability.cvss, ...applicable.flatMap(({ cvss = [] }) => cvss)]),
      description: vulnerability.description ?? descriptionFrom(vulnerability, applicable),
      ...exploitationOf(applicable, knowsExploited),
      ...weaknessesOf(applicable),
      epss: applicable.find(({ epss }) => epss !== undefined)?.epss?.score ?? null,
    },
  };
}

type SourcedEnrichment = Enrichment & { readonly source: string };

function descriptionFrom(
  { advisories }: ReportVulnerability,
  applicable: readonly Enrichment[],
): string | null {
  const described = applicable.find(({ description }) => description)?.description;
  return described ?? advisories.find(({ title }) => title)?.title ?? null;
}

function weaknessesOf(applicable: readonly Enrichment[]): Pick<ReportVulnerability, 'weaknesses'> {
  const weaknesses = [...new Set(applicable.flatMap(({ weaknesses: ids = [] }) => ids))];
  return weaknesses.length === 0 ? {} : { weaknesses };
}

function ratingOf(
  { severity }: ReportVulnerability,
  applicable: readonly Enrichment[],
): Partial<Pick<ReportVulnerability, 'severity' | 'severitySource'>> {
  const rating = severity === 'Unknown' ? ratingOfEnrichments(applicable) : undefined;
  return rating === undefined ? {} : { severity: rating.severity, severitySource: rating.source };
}

/** An entry of the list of exploited vulnerabilities. Undefined without the list. */
function exploitationOf(
  applicable: readonly SourcedEnrichment[],
  knowsExploited: boolean,
): Pick<ReportVulnerability, 'kev' | 'exploited'> {
  for (const { source, exploited } of applicable)
    if (exploited !== undefined) return { kev: true, exploited: { source, date: exploited.since } };
  return { kev: knowsExploited ? false : null };
}

function distinct(vectors: readonly CvssVector[]): CvssVector[] {
  return [...new Map(vectors.map((vector) => [`${vector.source} ${vector.vector}`, vector])).values()];
}
