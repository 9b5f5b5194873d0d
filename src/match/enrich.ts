import type { Enrichment } from '../model/enrichment.ts';
import { compareText } from '../model/order.ts';
import type { Match, ReportVulnerability } from '../model/report.ts';
import type { CvssVector } from '../model/vulnerability.ts';
import { ratingOfEnrichments } from './rate.ts';

/** Data about vulnerabilities that does not come from advisories. */
export interface EnrichmentData {
  /** By CVE id. */
  readonly enrichments: ReadonlyMap<string, readonly SourcedEnrichment[]>;
  /** Whether CISA's catalogue is loaded, so that a vulnerability without an entry is not known to be exploited. */
  readonly knowsExploited: boolean;
}

/**
 * Adds enrichments to a finding. The vendor's severity and description have priority. The title of an advisory is used if there is no other
 * description. All CVSS vectors are kept, the vendor's first.
 */
export function enrich<T extends Match>(match: T, data: EnrichmentData): T {
  return { ...match, vulnerability: enrichVulnerability(match.vulnerability, data) };
}

/** Adds enrichments to a vulnerability, as `enrich` does to that of a finding. */
export function enrichVulnerability(
  vulnerability: ReportVulnerability,
  { enrichments, knowsExploited }: EnrichmentData,
): ReportVulnerability {
  const applicable = enrichments.get(vulnerability.id) ?? [];
  return {
    ...vulnerability,
    aliases: aliasesOf(vulnerability, applicable),
    ...ratingOf(vulnerability, applicable),
    cvss: distinct([...vulnerability.cvss, ...applicable.flatMap(({ cvss = [] }) => cvss)]),
    description: vulnerability.description ?? descriptionFrom(vulnerability, applicable),
    ...exploitationOf(applicable, knowsExploited),
    ...weaknessesOf(applicable),
    epss: applicable.find(({ epss }) => epss !== undefined)?.epss?.score ?? null,
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

/** Returns who says that a vulnerability is exploited. Without such a statement, only the loaded catalogue of CISA makes it unexploited. */
function exploitationOf(
  applicable: readonly SourcedEnrichment[],
  knowsExploited: boolean,
): Pick<ReportVulnerability, 'kev' | 'exploited'> {
  const listed = applicable.flatMap(({ source, exploited }) =>
    exploited === undefined ? [] : [{ source, date: exploited.since }],
  );
  const stated = applicable.flatMap(({ exploitedBy = [] }) => exploitedBy);
  // The entry of a list is newer than a record that repeats it.
  const bySource = new Map([...stated, ...listed].map((one) => [one.source, one]));
  if (bySource.size === 0) return { kev: knowsExploited ? false : null };
  const inOrder = [...bySource.values()].sort(
    (a, b) => Number(b.source === 'kev') - Number(a.source === 'kev') || compareText(a.source, b.source),
  );
  return { kev: true, exploited: inOrder.map(({ source, date }) => ({ source, date })) };
}

/** Adds the names that other databases have for it. */
function aliasesOf(
  { id, aliases }: ReportVulnerability,
  applicable: readonly Enrichment[],
): readonly string[] {
  const others = applicable.flatMap(({ aliases: names = [] }) => names);
  return others.length === 0
    ? aliases
    : [...new Set([...aliases, ...others])].filter((name) => name !== id).sort(compareText);
}

function distinct(vectors: readonly CvssVector[]): CvssVector[] {
  return [...new Map(vectors.map((vector) => [`${vector.source} ${vector.vector}`, vector])).values()];
}
