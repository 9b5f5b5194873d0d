import type { Kysely, SelectQueryBuilder } from 'kysely';
import { everyKey } from '../../plugin/version-scheme.ts';
import type { StoredMatch } from '../store.ts';
import { isValidAt } from './history.ts';
import { compareHits, HitReader, type HitRow, hitColumns } from './hits.ts';
import { isMatchedBy, lookupColumns, type MatchKey, packagesMatchedBy } from './match-key.ts';
import type { Tables } from './schema.ts';

/** A row of the join. */
interface MatchRow extends HitRow {
  readonly position: number;
  readonly has_key: unknown;
}

/**
 * The range join: every pair of a package of the image and a range that holds its installed version, of the rows that are met
 * in one way. A version without a key may lie anywhere, and so may a range without keys.
 */
export function rangeJoin(
  db: Kysely<Tables>,
  image: number,
  by: MatchKey = 'name',
): SelectQueryBuilder<Tables, 'package' | 'image_package' | 'affected', object> {
  const { name, key } = lookupColumns[by];
  return packagesMatchedBy(db, by)
    .innerJoin('image_package', 'image_package.package_id', 'package.id')
    .innerJoin('affected', (join) =>
      join
        .onRef('affected.namespace_id', '=', 'package.namespace_id')
        .onRef('affected.package', '=', name)
        .on((eb) => eb('affected.hi', '>', eb.fn.coalesce(key, eb.val(everyKey.lo))))
        .on((eb) => eb('affected.lo', '<=', eb.fn.coalesce(key, eb.val(everyKey.hi)))),
    )
    .where('image_package.image_id', '=', image)
    .where('affected.fix_state', '<>', 'not-affected')
    .where(isMatchedBy(by));
}

/** The range join with what is to be told of each pair, as far as the record is in force: now, or at a moment in the past. */
export function matchQuery(
  db: Kysely<Tables>,
  image: number,
  { moment, by = 'name' }: { readonly moment?: number | undefined; readonly by?: MatchKey } = {},
): SelectQueryBuilder<
  Tables,
  'package' | 'image_package' | 'affected' | 'vulnerability' | 'feed' | 'namespace',
  MatchRow
> {
  return rangeJoin(db, image, by)
    .innerJoin('vulnerability', 'vulnerability.id', 'affected.vulnerability_id')
    .innerJoin('feed', 'feed.id', 'vulnerability.feed_id')
    .innerJoin('namespace', 'namespace.id', 'affected.namespace_id')
    .where((eb) => isValidAt(eb, moment))
    .select(['image_package.position', ...hitColumns])
    .select((eb) => eb(lookupColumns[by].key, 'is not', null).as('has_key'));
}

/** The rows that may make the packages of an image vulnerable, in canonical order. */
export async function findMatches(
  db: Kysely<Tables>,
  image: number,
  moment: number | undefined,
): Promise<StoredMatch[]> {
  // In one query, so that all is told of one moment.
  const rows = await matchQuery(db, image, { moment })
    .unionAll(matchQuery(db, image, { moment, by: 'source' }))
    .execute();
  if (rows.length === 0) await assertImageExists(db, image);
  const hits = new HitReader();
  return rows
    .sort((a, b) => a.position - b.position || compareHits(a, b))
    .map((row) => ({ ...hits.read(row, Boolean(row.has_key)), package: row.position }));
}

/** An image that is not there must not pass for one without vulnerabilities. */
async function assertImageExists(db: Kysely<Tables>, image: number): Promise<void> {
  const found = await db.selectFrom('image').select('id').where('id', '=', image).executeTakeFirst();
  if (found === undefined) throw new Error(`there is no image ${image} in the database`);
}
