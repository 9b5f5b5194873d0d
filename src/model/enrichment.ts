import type { Severity } from './severity.ts';
import type { CvssVector } from './vulnerability.ts';

/** Knowledge of a vulnerability beside the advisories, by its CVE id. */
export interface Enrichment {
  /** The CVE id. */
  readonly id: string;
  /** Every CVSS vector with its issuer, the preferred version of each issuer first. */
  readonly cvss?: readonly CvssVector[];
  /** A severity in words by the assigner of the CVE (CNA); absent where it gives a vector. */
  readonly severity?: Severity;
  /** Short name of the assigner of the CVE: `redhat`, `Chrome`. */
  readonly assigner?: string;
  /** Where nothing rates it because each rating in it contradicts itself: how. */
  readonly contradiction?: string;
  /** Describes the vulnerability; shown where no advisory does. */
  readonly description?: string;
  /** CWE ids: `CWE-79`. */
  readonly weaknesses?: readonly string[];
  /** When it was published, ISO 8601. */
  readonly published?: string;
  /** That it is used in attacks, as CISA's catalogue of known exploited vulnerabilities says. */
  readonly exploited?: {
    readonly since: string;
    readonly due?: string;
    readonly ransomware: boolean;
  };
  /** Probability of exploitation in the next 30 days, and the share of vulnerabilities below it: FIRST's EPSS. Fractions of 1. */
  readonly epss?: { readonly score: number; readonly percentile: number };
  /** The id was rejected by its issuer. */
  readonly rejected?: true;
}
