import type { Kysely, SelectQueryBuilder } from 'kysely';
import { everyKey } from '../../plugin/version-scheme.ts';
import type { StoredMatch } from '../image-store.ts';
import { isValidAt } from './history.ts';
import { compareHits, HitReader, type HitRow, hitColumns } from './hits.ts';
import { isMatchedBy, lookupColumns, type MatchKey, packagesMatchedBy } from './match-key.ts';
import { decodeOrder } from './package-order.ts';
import type { Tables } from './schema.ts';

/** A row of the join. */
interface MatchRow extends HitRow {
  readonly part: number;
  readonly position: number;
  readonly has_key: unknown;
}

/**
 * The range join under one match key. Selects every pair of a package of the image and a row whose range contains the installed
 * version. A version without a key, or a range without keys, pairs with everything.
 */
export function rangeJoin(
  db: Kysely<Tables>,
  image: number,
  by: MatchKey = 'name',
): SelectQueryBuilder<Tables, 'package' | 'image_set' | 'set_package' | 'affected', object> {
  const { name, key } = lookupColumns[by];
  return packagesMatchedBy(db, by)
    .innerJoin('set_package', 'set_package.package_id', 'package.id')
    .innerJoin('image_set', 'image_set.set_id', 'set_package.set_id')
    .innerJoin('affected', (join) =>
      join
        .onRef('affected.namespace_id', '=', 'package.namespace_id')
        .onRef('affected.package', '=', name)
        .on((eb) => eb('affected.hi', '>', eb.fn.coalesce(key, eb.val(everyKey.lo))))
        .on((eb) => eb('affected.lo', '<=', eb.fn.coalesce(key, eb.val(everyKey.hi)))),
    )
    .where('image_set.image_id', '=', image)
    .where('affected.fix_state', '<>', 'not-affected')
    .where(isMatchedBy(by));
}

/** Selects the fields of each pair of the range join whose record is current, now or at a moment in the past. */
export function matchQuery(
  db: Kysely<Tables>,
  image: number,
  { moment, by = 'name' }: { readonly moment?: number | undefined; readonly by?: MatchKey } = {},
): SelectQueryBuilder<
  Tables,
  'package' | 'image_set' | 'set_package' | 'affected' | 'vulnerability' | 'feed' | 'namespace',
  MatchRow
> {
  return rangeJoin(db, image, by)
    .innerJoin('vulnerability', 'vulnerability.id', 'affected.vulnerability_id')
    .innerJoin('feed', 'feed.id', 'vulnerability.feed_id')
    .innerJoin('namespace', 'namespace.id', 'affected.namespace_id')
    .where((eb) => isValidAt(eb, moment))
    .select(['image_set.part', 'set_package.position', ...hitColumns])
    .select((eb) => eb(lookupColumns[by].key, 'is not', null).as('has_key'));
}

/** Returns the rows that may make the packages of an image vulnerable, in canonical order. */
export async function findMatches(
  db: Kysely<Tables>,
  image: number,
  moment: number | undefined,
): Promise<StoredMatch[]> {
  // By one query, so that all results are of one moment.
  const rows = await matchQuery(db, image, { moment })
    .unionAll(matchQuery(db, image, { moment, by: 'source' }))
    .execute();
  // Read afterwards: if the image still exists, its packages existed, too.
  const positionOf = decodeOrder(await readOrder(db, image));
  const hits = new HitReader();
  return rows
    .map((row) => ({ row, position: positionOf(row.part, row.position) }))
    .sort((a, b) => a.position - b.position || compareHits(a.row, b.row))
    .map(({ row, position }) => ({ ...hits.read(row, Boolean(row.has_key)), package: position }));
}

/** Throws if the image does not exist: it must not pass for one without vulnerabilities. */
async function readOrder(db: Kysely<Tables>, image: number): Promise<string | null> {
  const found = await db
    .selectFrom('image')
    .select('package_order')
    .where('id', '=', image)
    .executeTakeFirst();
  if (found === undefined) throw new Error(`there is no image ${image} in the database`);
  return found.package_order;
}
