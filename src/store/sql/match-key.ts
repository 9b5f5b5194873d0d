import { type Kysely, type RawBuilder, type SelectQueryBuilder, sql } from 'kysely';
import type { Tables } from './schema.ts';

/**
 * What meets what: most rows are met by what an installed package is looked up by, those that speak of a source package by what
 * the package was built from. Every row is met in one of the two ways.
 */
export type MatchKey = 'name' | 'source';

/** Every way, in the order in which the results of all are told. */
export const matchKeys: readonly MatchKey[] = ['name', 'source'];

/** Where a package has the name and the version key it is looked up by. */
export const lookupColumns = {
  name: { name: 'package.lookup_name', key: 'package.key' },
  source: { name: 'package.source_name', key: 'package.source_key' },
} as const satisfies Record<MatchKey, object>;

/** The packages that can be looked up so. */
export function packagesMatchedBy(
  db: Kysely<Tables>,
  by: MatchKey,
): SelectQueryBuilder<Tables, 'package', object> {
  const packages = db.selectFrom('package');
  // The condition of the index: most packages are not in it.
  return by === 'name' ? packages : packages.where('package.source_lookup_version', 'is not', null);
}

/** Whether a row is met so. In conditions, only an architecture can be this text: modules and products have colons. */
export function isMatchedBy(by: MatchKey): RawBuilder<boolean> {
  const conditions = sql.ref('affected.conditions');
  return by === 'source'
    ? sql<boolean>`${conditions} like '%"src"%'`
    : // Nearly all rows have none, and then nothing has to be compared.
      sql<boolean>`(${conditions} is null or ${conditions} not like '%"src"%')`;
}
