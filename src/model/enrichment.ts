import type { ProductStatement } from './product-statement.ts';
import type { Severity } from './severity.ts';
import type { CvssVector } from './vulnerability.ts';

/** A list or an issuer that says that a vulnerability is used in attacks. */
export interface ExploitationStatement {
  /** Name of the list or the issuer: `kev` (CISA's catalogue), `cisa-adp` (CISA's assessment in the CVE record), `euvd` (ENISA). */
  readonly source: string;
  /** When it was added or assessed, ISO 8601. */
  readonly date: string;
}

/** Data about a vulnerability that does not come from advisories, by its CVE id. */
export interface Enrichment {
  /** The CVE id. */
  readonly id: string;
  /** Every CVSS vector with its issuer, the preferred version of each issuer first. */
  readonly cvss?: readonly CvssVector[];
  /** The severity that the assigner of the CVE (CNA) states. Absent if it gives a vector. */
  readonly severity?: Severity;
  /** Short name of the assigner of the CVE: `redhat`, `Chrome`. */
  readonly assigner?: string;
  /** Why nothing rates it: each rating of the record contradicts itself. */
  readonly contradiction?: string;
  /** Describes the vulnerability. Shown if no advisory does. */
  readonly description?: string;
  /** CWE ids: `CWE-79`. */
  readonly weaknesses?: readonly string[];
  /** Publication date, ISO 8601. */
  readonly published?: string;
  /** Present if it is used in attacks, according to CISA's catalogue of known exploited vulnerabilities. */
  readonly exploited?: {
    readonly since: string;
    readonly due?: string;
    readonly ransomware: boolean;
  };
  /** Further statements that it is used in attacks, each of another source. */
  readonly exploitedBy?: readonly ExploitationStatement[];
  /** Other names of the vulnerability: `EUVD-2021-9696`. */
  readonly aliases?: readonly string[];
  /**
   * FIRST's EPSS: the probability of exploitation in the next 30 days, and the share of vulnerabilities with a lower one. Fractions of 1.
   */
  readonly epss?: { readonly score: number; readonly percentile: number };
  /** Statements about versions of products that no package manager installs. The sources `cve-products`, `nvd-products` and those of single projects make advisories of them. */
  readonly products?: readonly ProductStatement[];
  /** Present if the issuer rejected the id. */
  readonly rejected?: true;
}
