import type { Kysely } from 'kysely';
import { everyKey } from '../../plugin/version-scheme.ts';
import type { PackageLookup, StoredMatch } from '../image-store.ts';
import { isValidAt } from './history.ts';
import { compareHits, HitReader, type HitRow, hitColumns } from './hits.ts';
import { isMatchedBy } from './match-key.ts';
import type { Tables } from './schema.ts';

/** Returns the rows whose range contains the version of a lookup, in the order of the lookups and then in canonical order. */
export async function findMatchesOf(
  db: Kysely<Tables>,
  lookups: readonly PackageLookup[],
  moment: number | undefined,
): Promise<StoredMatch[]> {
  const hits = new HitReader();
  const found: StoredMatch[] = [];
  for (const [position, lookup] of lookups.entries()) {
    const rows = await rowsOf(db, lookup, moment);
    for (const row of rows.sort(compareHits))
      found.push({ ...hits.read(row, lookup.key !== undefined), package: position });
  }
  return found;
}

/** A version without a key is in every range, as in the range join. */
async function rowsOf(
  db: Kysely<Tables>,
  { namespace, name, key }: PackageLookup,
  moment: number | undefined,
): Promise<HitRow[]> {
  return await db
    .selectFrom('affected')
    .innerJoin('vulnerability', 'vulnerability.id', 'affected.vulnerability_id')
    .innerJoin('feed', 'feed.id', 'vulnerability.feed_id')
    .innerJoin('namespace', 'namespace.id', 'affected.namespace_id')
    .where('namespace.name', '=', namespace.name)
    .where('affected.package', '=', name)
    .where('affected.hi', '>', key ?? everyKey.lo)
    .where('affected.lo', '<=', key ?? everyKey.hi)
    .where('affected.fix_state', '<>', 'not-affected')
    .where(isMatchedBy('name'))
    .where((eb) => isValidAt(eb, moment))
    .select(hitColumns)
    .execute();
}
