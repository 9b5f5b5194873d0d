import { type Kysely, type SelectQueryBuilder, sql } from 'kysely';
import type { Namespace } from '../../model/namespace.ts';
import { everyKey, type KeyRange } from '../../plugin/version-scheme.ts';
import type { KeyedAffected } from '../advisory-store.ts';
import { comparePositions, type MatchKey, type TargetPosition } from '../affected-cursor.ts';
import type { AffectingHit } from '../image-store.ts';
import type { StoredVulnerability } from '../vulnerability-store.ts';
import { compareHits, HitReader, type HitRow, hitColumns, rowsOfRecords } from './hits.ts';
import { lookupColumns, packagesMatchedBy } from './match-key.ts';
import { writeDetails } from './record.ts';
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
  hitsOf(key: Uint8Array | null): AffectingHit[];
}

interface TargetRow extends HitRow, KeyRange {
  readonly namespace_id: number;
  readonly has_unkeyed: unknown;
  readonly by: MatchKey;
}

/**
 * Returns the packages that records hit and that images have installed, ordered by namespace and package. The records are those of the
 * database with these numbers, and others.
 */
export async function findTargets(
  db: Kysely<Tables>,
  vulnerabilities: readonly number[],
  records: readonly StoredVulnerability[] = [],
): Promise<AffectedTarget[]> {
  const rows: TargetRow[] = await rowsOfOthers(db, records);
  if (vulnerabilities.length > 0)
    rows.push(
      ...(await targetRows(db, vulnerabilities, 'name')
        .unionAll(targetRows(db, vulnerabilities, 'source'))
        .execute()),
    );
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

/** Returns the rows of records that are not in the database, if their packages are installed. */
async function rowsOfOthers(
  db: Kysely<Tables>,
  records: readonly StoredVulnerability[],
): Promise<TargetRow[]> {
  const rows: TargetRow[] = [];
  const known = new Map<string, Promise<InstalledTarget | undefined>>();
  for (const record of records)
    for (const row of rowsOfRecord(record)) {
      const key = JSON.stringify([row.namespace, row.package, row.by]);
      const found = known.get(key) ?? findInstalled(db, row);
      known.set(key, found);
      const target = await found;
      if (target !== undefined) rows.push({ ...row, ...target });
    }
  return rows;
}

type InstalledTarget = Pick<TargetRow, 'namespace_id' | 'has_unkeyed'>;

type UnplacedRow = Omit<TargetRow, keyof InstalledTarget>;

function rowsOfRecord(record: StoredVulnerability): UnplacedRow[] {
  const ofRecord = {
    source: record.source,
    vulnerability_id: record.number,
    id: record.id,
    severity_of_record: record.severity,
    details: writeDetails(record),
  };
  return record.affected
    .filter(({ fix }) => fix.state !== 'not-affected')
    .map((row) => ({ ...ofRecord, ...rowOfAffected(row) }));
}

function rowOfAffected(row: KeyedAffected): Omit<UnplacedRow, RecordColumn> {
  const { range, fix, only, keys } = row;
  return {
    namespace: row.namespace.name,
    version_scheme: row.namespace.versionScheme,
    package: row.package,
    is_keyed: keys === undefined ? 0 : 1,
    severity: row.severity ?? null,
    range_from: range.from ?? null,
    range_from_excluded: Number(range.fromExcluded === true),
    range_to: range.to ?? null,
    range_to_included: Number(range.toIncluded === true),
    fix_state: fix.state,
    fix_version: fix.state === 'fixed' && fix.version !== range.to ? fix.version : null,
    conditions: only === undefined ? null : JSON.stringify(only),
    by: only?.arch?.includes('src') ? 'source' : 'name',
    ...(keys ?? everyKey),
  };
}

type RecordColumn = 'source' | 'vulnerability_id' | 'id' | 'severity_of_record' | 'details';

/** Returns the namespace of a package, and whether any installed version has no key. Undefined if no image has it. */
async function findInstalled(
  db: Kysely<Tables>,
  { namespace, package: name, by }: UnplacedRow,
): Promise<InstalledTarget | undefined> {
  const { name: column, key } = lookupColumns[by];
  return await packagesMatchedBy(db, by)
    .innerJoin('namespace', 'namespace.id', 'package.namespace_id')
    .where('namespace.name', '=', namespace)
    .where(column, '=', name)
    .select('package.namespace_id')
    .$narrowType<{ namespace_id: number }>()
    .select((eb) => eb(key, 'is', null).as('has_unkeyed'))
    // True sorts last in both engines.
    .orderBy('has_unkeyed', 'desc')
    .limit(1)
    .executeTakeFirst();
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
          .map((row) => ({ ...reader.read(row, key !== null), record: row.vulnerability_id })),
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
