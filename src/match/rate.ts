import { compareCvssVersions, cvssSeverity, cvssVersion, severityOfVectors } from '../model/cvss.ts';
import type { Enrichment } from '../model/enrichment.ts';
import type { AdvisoryHit } from '../model/hit.ts';
import { compareText } from '../model/order.ts';
import { compareSeverity, type Severity } from '../model/severity.ts';
import type { CvssVector } from '../model/vulnerability.ts';

/**
 * Ratings in descending priority: the vendor of the distribution, the advisory database of the ecosystem (OSV with GitHub's), the assigner
 * of the CVE (CNA), CISA, NVD. The vendor knows how the package was built. NVD rates a product that it has not seen.
 */
const ecosystemSource = 'osv';
/** Issuers after the CNA, in order. Any other issuer is a CNA: there are hundreds. */
const issuersAfterCna: readonly string[] = ['cisa-adp', 'nvd'];

/**
 * The rating by the advisories of a finding. Undefined if none has one. The highest of several vendors' rows counts. An advisory without a
 * severity is rated by its CVSS vectors.
 */
export function ratingOfAdvisories(
  hits: readonly Pick<AdvisoryHit, 'source' | 'severity' | 'cvss'>[],
): Rating | undefined {
  const rated = hits.flatMap(({ source, severity, cvss }) =>
    ratingIfKnown(source, severityFrom(severity, cvss)),
  );
  const vendors = rated.filter(({ source }) => source !== ecosystemSource);
  return (vendors.length > 0 ? vendors : rated).toSorted(worstFirst)[0];
}

/**
 * The rating by enrichments, by the rank of its issuer. Undefined if nothing rates it. Of one issuer, the preferred version of CVSS counts,
 * and the highest of several vectors in it.
 */
export function ratingOfEnrichments(enrichments: readonly Enrichment[]): Rating | undefined {
  const rated = enrichments.flatMap(ratingsIn);
  const [first] = rated.toSorted((a, b) => rankOf(a) - rankOf(b));
  const ofIssuer = rated.filter(({ source }) => source === first?.source);
  const [preferred] = ofIssuer.flatMap(({ version }) => version ?? []).sort(compareCvssVersions);
  const [worst] = ofIssuer.filter(({ version }) => version === preferred).sort(worstFirst);
  return worst && { source: worst.source, severity: worst.severity };
}

function rankOf({ source }: Rating): number {
  return issuersAfterCna.indexOf(source);
}

/** The stated severity, else that of the vectors. */
function severityFrom(severity: Severity, cvss: readonly CvssVector[]): Severity {
  return severity === 'Unknown' ? severityOfVectors(cvss) : severity;
}

/** A rating with its CVSS version. A severity that is stated as text has none. */
type VersionedRating = Rating & { readonly version?: string };

function ratingsIn({ cvss = [], severity, assigner }: Enrichment): VersionedRating[] {
  const scored = cvss.flatMap((vector) =>
    ratingIfKnown(vector.source, cvssSeverity(vector)).map((rating) => ({
      ...rating,
      version: cvssVersion(vector),
    })),
  );
  return severity === undefined ? scored : [...ratingIfKnown(assigner ?? 'cna', severity), ...scored];
}

function ratingIfKnown(source: string, severity: Severity): Rating[] {
  return severity === 'Unknown' ? [] : [{ source, severity }];
}

function worstFirst(a: Rating, b: Rating): number {
  return compareSeverity(b.severity, a.severity) || compareText(a.source, b.source);
}

/** A severity and its origin: an advisory source (`debian`, `osv`), the assigner of the CVE (`redhat`), `cisa-adp` or `nvd`. */
export interface Rating {
  readonly source: string;
  readonly severity: Severity;
}
