import { type Kysely, type RawBuilder, type SelectQueryBuilder, sql } from 'kysely';
import { everyKey } from '../../plugin/version-scheme.ts';
import type { MatchKey } from '../affected-cursor.ts';
import type { Tables } from './schema.ts';

/** The columns of a package with its name and version key, by match key. */
export const lookupColumns = {
  name: { name: 'package.lookup_name', key: 'package.key' },
  source: { name: 'package.source_name', key: 'package.source_key' },
} as const satisfies Record<MatchKey, object>;

/** Selects the packages that have this match key. */
export function packagesMatchedBy(
  db: Kysely<Tables>,
  by: MatchKey,
): SelectQueryBuilder<Tables, 'package', object> {
  const packages = db.selectFrom('package');
  // The condition of the index: it omits most packages.
  return by === 'name' ? packages : packages.where('package.source_lookup_version', 'is not', null);
}

/**
 * Joins packages with the rows whose range contains the installed version, under one match key. A version without a key, or a range
 * without keys, pairs with everything.
 */
export function packagesWithRows(
  db: Kysely<Tables>,
  by: MatchKey,
): SelectQueryBuilder<Tables, 'package' | 'affected', object> {
  const { name, key } = lookupColumns[by];
  return packagesMatchedBy(db, by)
    .innerJoin('affected', (join) =>
      join
        .onRef('affected.namespace_id', '=', 'package.namespace_id')
        .onRef('affected.package', '=', name)
        .on((eb) => eb('affected.hi', '>', eb.fn.coalesce(key, eb.val(everyKey.lo))))
        .on((eb) => eb('affected.lo', '<=', eb.fn.coalesce(key, eb.val(everyKey.hi)))),
    )
    .where(isMatchedBy(by));
}

/** Whether a row has this match key. */
export function isMatchedBy(by: MatchKey): RawBuilder<boolean> {
  return sql<boolean>`${sql.ref('affected.matches_source')} = ${sql.lit(by === 'source' ? 1 : 0)}`;
}
