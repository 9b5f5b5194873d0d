import type { Severity } from './severity.ts';

/** A severity and its origin: an advisory source (`debian`, `osv`), the assigner of the CVE (`redhat`), `cisa-adp` or `nvd`. */
export interface Rating {
  readonly source: string;
  readonly severity: Severity;
}
