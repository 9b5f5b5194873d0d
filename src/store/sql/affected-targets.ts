import { type Kysely, type SelectQueryBuilder, sql } from 'kysely';
import type { Namespace } from '../../model/namespace.ts';
import type { KeyRange } from '../../plugin/version-scheme.ts';
import type { StoredHit } from '../image-store.ts';
import { comparePositions, type TargetPosition } from './affected-cursor.ts';
import { compareHits, HitReader, type HitRow, hitColumns, rowsOfRecords } from './hits.ts';
import { lookupColumns, type MatchKey, packagesMatchedBy } from './match-key.ts';
import type { Tables } from './schema.ts';

/** A package of a namespace that records cover. */
export interface AffectedTarget {
  readonly namespaceId: number;
  readonly namespace: Namespace;
  readonly package: string;
  readonly by: MatchKey;
  /** Whether images have it in a version without a key. */
  readonly hasUnkeyed: boolean;
  /** The keys of the affected versions, in rising order. */
  readonly ranges: readonly KeyRange[];
  /** Returns the hits on a version, in canonical order. A null key means that the version has none, so every range may hit it. */
  hitsOf(key: Uint8Array | null): StoredHit[];
}

interface TargetRow extends HitRow, KeyRange {
  readonly namespace_id: number;
  readonly has_unkeyed: unknown;
  readonly by: MatchKey;
}

/** Returns the packages that records hit and that images have installed, ordered by namespace and package. */
export async function findTargets(
  db: Kysely<Tables>,
  vulnerabilities: readonly number[],
): Promise<AffectedTarget[]> {
  if (vulnerabilities.length === 0) return [];
  const rows: TargetRow[] = await targetRows(db, vulnerabilities, 'name')
    .unionAll(targetRows(db, vulnerabilities, 'source'))
    .execute();
  const reader = new HitReader();
  return [...Map.groupBy(rows, (row) => JSON.stringify([row.namespace, row.package, row.by])).values()]
    .flatMap((group) => targetOf(group, reader) ?? [])
    .sort((a, b) => comparePositions(positionOf(a), positionOf(b)));
}

function targetRows(
  db: Kysely<Tables>,
  vulnerabilities: readonly number[],
  by: MatchKey,
): SelectQueryBuilder<Tables, 'affected', TargetRow> {
  return rowsOfRecords(db, vulnerabilities, by)
    .select([...hitColumns, 'affected.namespace_id', 'affected.lo', 'affected.hi'])
    .select((eb) => [
      sql.lit(by).as('by'),
      eb.exists(installed(db, by).where(lookupColumns[by].key, 'is', null)).as('has_unkeyed'),
    ])
    .where((eb) => eb.exists(installed(db, by)));
}

/** Selects the installed versions of the package of a row. */
function installed(db: Kysely<Tables>, by: MatchKey): SelectQueryBuilder<Tables, 'package', { id: number }> {
  return packagesMatchedBy(db, by)
    .select('package.id')
    .where('package.namespace_id', '=', sql.ref<number>('affected.namespace_id'))
    .where(lookupColumns[by].name, '=', sql.ref<string>('affected.package'));
}

function targetOf(rows: TargetRow[], reader: HitReader): AffectedTarget | undefined {
  const [first] = rows.sort(compareHits);
  return (
    first && {
      namespaceId: first.namespace_id,
      namespace: { name: first.namespace, versionScheme: first.version_scheme },
      package: first.package,
      by: first.by,
      hasUnkeyed: Boolean(first.has_unkeyed),
      ranges: mergeRanges(rows),
      hitsOf: (key) =>
        rows
          .filter((row) => key === null || rangeContains(row, key))
          .map((row) => reader.read(row, key !== null)),
    }
  );
}

/** Returns the position of a target in the list of affected images. */
export function positionOf({ namespace, package: name, by }: AffectedTarget): TargetPosition {
  return { namespace: namespace.name, package: name, by };
}

/** Merges ranges into the fewest with the same keys, rising and with gaps between them. Drops empty ranges. */
export function mergeRanges(ranges: readonly KeyRange[]): KeyRange[] {
  const rising = ranges
    .filter(({ lo, hi }) => Buffer.compare(lo, hi) < 0)
    .sort((a, b) => Buffer.compare(a.lo, b.lo));
  const merged: KeyRange[] = [];
  for (const range of rising) {
    const last = merged.at(-1);
    if (last === undefined || Buffer.compare(last.hi, range.lo) < 0) merged.push(range);
    else if (Buffer.compare(last.hi, range.hi) < 0) merged[merged.length - 1] = { lo: last.lo, hi: range.hi };
  }
  return merged;
}

/** Returns whether a range contains a key. */
export function rangeContains({ lo, hi }: KeyRange, key: Uint8Array): boolean {
  return Buffer.compare(lo, key) <= 0 && Buffer.compare(key, hi) < 0;
}
