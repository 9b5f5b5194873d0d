import type { Fix } from './fix.ts';
import type { Namespace } from './namespace.ts';
import type { Severity } from './severity.ts';
import type { VersionRange } from './version-range.ts';
import type { Conditions, CvssVector } from './vulnerability.ts';

/** An affected row of an advisory source that may match the installed version of a package, with the data of the source. */
export interface AdvisoryHit {
  readonly source: string;
  readonly id: string;
  readonly aliases: readonly string[];
  readonly description: string | null;
  /** The title of an advisory whose description is about more than the vulnerability. */
  readonly title?: string;
  readonly links: readonly string[];
  /** The severity of the affected row, else of the vulnerability. */
  readonly severity: Severity;
  readonly cvss: readonly CvssVector[];
  /** Further data by the author of the record. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly namespace: Namespace;
  /** The package name in the row. */
  readonly affectedPackage: string;
  readonly range: VersionRange;
  readonly fix: Fix;
  /** When the vendor published the update that the advisory is about, ISO 8601. Absent if it does not say so. */
  readonly issued?: string;
  /** Extra conditions an installed package must meet for the row to apply. */
  readonly only?: Conditions;
}
