import { severityOf } from '../model/cvss.ts';
import type { Enrichment } from '../model/enrichment.ts';
import type { AdvisoryHit } from '../model/hit.ts';
import { compareText } from '../model/order.ts';
import type { Rating } from '../model/rating.ts';
import { compareSeverity, type Severity } from '../model/severity.ts';
import type { CvssVector } from '../model/vulnerability.ts';

/**
 * Which rating wins, first to last: the vendor of the distribution, the advisory database of the ecosystem (OSV with GitHub's), the
 * assigner of the CVE (CNA), CISA, NVD. The vendor knows how the package was built; NVD judges a product it has not seen.
 */
const ecosystemSource = 'osv';
/** Issuers behind the CNA, in their order. An issuer that is not among them is a CNA: there are hundreds. */
const issuersAfterCna: readonly string[] = ['cisa-adp', 'nvd'];

/**
 * The rating that the advisories of a finding give; undefined where none gives one. Of several vendors' rows the worst counts. An
 * advisory without a severity is rated by its CVSS vectors.
 */
export function ratingOfAdvisories(
  hits: readonly Pick<AdvisoryHit, 'source' | 'severity' | 'cvss'>[],
): Rating | undefined {
  const rated = hits.flatMap(({ source, severity, cvss }) => known(source, statedOrScored(severity, cvss)));
  const vendors = rated.filter(({ source }) => source !== ecosystemSource);
  return (vendors.length > 0 ? vendors : rated).toSorted(worstFirst)[0];
}

/** The rating that knowledge beside the advisories gives, by the rank of its issuer; undefined where there is none. */
export function ratingOfEnrichments(enrichments: readonly Enrichment[]): Rating | undefined {
  return enrichments
    .flatMap(ratingsIn)
    .map((rating) => ({ rating, rank: issuersAfterCna.indexOf(rating.source) }))
    .toSorted((a, b) => a.rank - b.rank)[0]?.rating;
}

/** A severity as stated, else the first that a vector has. */
function statedOrScored(severity: Severity, cvss: readonly CvssVector[]): Severity {
  if (severity !== 'Unknown') return severity;
  return cvss.map(severityOf).find((scored) => scored !== 'Unknown') ?? 'Unknown';
}

function ratingsIn({ cvss = [], severity, assigner }: Enrichment): Rating[] {
  const scored = cvss.flatMap((vector) => known(vector.source, severityOf(vector)));
  return severity === undefined ? scored : [...known(assigner ?? 'cna', severity), ...scored];
}

function known(source: string, severity: Severity): Rating[] {
  return severity === 'Unknown' ? [] : [{ source, severity }];
}

function worstFirst(a: Rating, b: Rating): number {
  return compareSeverity(b.severity, a.severity) || compareText(a.source, b.source);
}
