import type { Fix, FixState } from '../../model/fix.ts';
import type { VersionRange } from '../../model/version-range.ts';
import type { Conditions } from '../../model/vulnerability.ts';

/** The columns of an affected row with its range and fix. */
export interface AffectedRow {
  readonly range_from: string | null;
  readonly range_from_excluded: number;
  readonly range_to: string | null;
  readonly range_to_included: number;
  readonly fix_state: FixState;
  readonly fix_version: string | null;
  readonly conditions: string | null;
}

/** Returns the range of a row. */
export function rangeOfRow(row: AffectedRow): VersionRange {
  const { range_from: from, range_to: to } = row;
  // Nearly all rows. An image has thousands of them.
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

/** Returns the fix of a row. */
export function fixOfRow({ fix_state: state, fix_version, range_to }: AffectedRow): Fix {
  if (state !== 'fixed') return { state };
  const version = fix_version ?? range_to;
  if (version === null) throw new Error('a fixed row without a version');
  return { state, version };
}

/** Returns conditions in their stored form as an object. */
export function readConditions(text: string): Conditions {
  // The text was written from a record, so it needs no validation.
  return JSON.parse(text) as Conditions;
}

/** Returns bytes as a plain `Uint8Array`: a driver may return a subclass. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
