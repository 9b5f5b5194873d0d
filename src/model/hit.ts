import type { Conditions } from './conditions.ts';
import type { Fix } from './fix.ts';
import type { Namespace } from './namespace.ts';
import type { Severity } from './severity.ts';
import type { VersionRange } from './version-range.ts';
import type { CvssVector } from './vulnerability.ts';

/** An affected row of an advisory source that may hold the installed version of a package, with what the source says of it. */
export interface AdvisoryHit {
  readonly source: string;
  readonly id: string;
  readonly aliases: readonly string[];
  readonly description: string | null;
  /** Of an advisory whose description is about more than the vulnerability. */
  readonly title?: string;
  readonly links: readonly string[];
  /** Of the affected row where it has one, else of the vulnerability. */
  readonly severity: Severity;
  readonly cvss: readonly CvssVector[];
  /** What else the author of the record wrote of it. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly namespace: Namespace;
  /** The package name the row speaks of. */
  readonly affectedPackage: string;
  readonly range: VersionRange;
  readonly fix: Fix;
  /** What else an installed package must be for the row to speak of it. */
  readonly only?: Conditions;
}
