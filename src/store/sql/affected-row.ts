import type { Conditions } from '../../model/conditions.ts';
import type { Fix, FixState } from '../../model/fix.ts';
import type { VersionRange } from '../../model/version-range.ts';

/** The columns of an affected row that say which versions it holds, and what is to be done. */
export interface AffectedRow {
  readonly range_from: string | null;
  readonly range_from_excluded: number;
  readonly range_to: string | null;
  readonly range_to_included: number;
  readonly fix_state: FixState;
  readonly fix_version: string | null;
  readonly conditions: string | null;
}

/** The range of a row. */
export function rangeOfRow(row: AffectedRow): VersionRange {
  const { range_from: from, range_to: to } = row;
  // Nearly all rows; thousands of them are made for one image.
  if (row.range_from_excluded === 0 && row.range_to_included === 0) {
    if (from === null) return to === null ? {} : { to };
    return to === null ? { from } : { from, to };
  }
  return {
    ...(from !== null && { from }),
    ...(row.range_from_excluded === 1 && { fromExcluded: true }),
    ...(to !== null && { to }),
    ...(row.range_to_included === 1 && { toIncluded: true }),
  };
}

/** The fix of a row. */
export function fixOfRow({ fix_state: state, fix_version, range_to }: AffectedRow): Fix {
  if (state !== 'fixed') return { state };
  const version = fix_version ?? range_to;
  if (version === null) throw new Error('a fixed row without a version');
  return { state, version };
}

/** Conditions as they lie in the store. */
export function readConditions(text: string): Conditions {
  // The database holds what was written from a record: nothing from outside that would have to be checked again.
  return JSON.parse(text) as Conditions;
}

/** Bytes as the contract has them: a driver may give those of a subclass of its own. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
