import type { AdvisoryHit } from '../model/hit.ts';
import type { VersionScheme } from '../plugin/version-scheme.ts';
import { applies, type Installed } from './applies.ts';
import { isInRange } from './key-range.ts';

/** A row that may hold the version of an installed package; `decided` where keys say that it does. */
export type CandidateRow = Pick<AdvisoryHit, 'namespace' | 'affectedPackage' | 'only' | 'range'> & {
  readonly decided: boolean;
};

/**
 * Whether a row speaks of an installed package and holds its version, as it is compared in the scheme of the row. Rows whose
 * keys could not decide are compared as the native tool does; undefined where that cannot tell either.
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
