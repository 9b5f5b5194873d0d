import type { AdvisoryHit } from '../model/hit.ts';
import type { VersionScheme } from '../plugin/version-scheme.ts';
import { applies, type Installed } from './applies.ts';
import { isInRange } from './key-range.ts';

/** A row that may match the version of an installed package. `decided` is set if keys show that it does. */
export type CandidateRow = Pick<AdvisoryHit, 'namespace' | 'affectedPackage' | 'only' | 'range'> & {
  readonly decided: boolean;
};

/**
 * Returns whether a row applies to an installed package and its range has the version, in the scheme of the row. If keys cannot decide,
 * versions are compared like the native tool. Undefined if that cannot decide either.
 */
export function rowMatches(
  row: CandidateRow,
  installed: Installed,
  { version, schemes }: { readonly version: string; readonly schemes: readonly VersionScheme[] },
): boolean | undefined {
  if (!applies(row, installed)) return false;
  if (row.decided) return true;
  const scheme = schemes.find(({ name }) => name === row.namespace.versionScheme);
  return scheme && isInRange(scheme, row.range, version);
}
