import type { Kysely } from 'kysely';
import { splitIntoChunks } from '../../kit/collections.ts';
import type { NamedBySource } from '../advisory-store.ts';
import { isValidAt } from './history.ts';
import type { Tables } from './schema.ts';

/** Number of names per query. */
const namesAtATime = 500;

/**
 * Returns the names of affected packages that end with one of these texts, with the sources of their records. Reads all names of the
 * namespace, which has an index by name.
 */
export async function findNamesEnding(
  db: Kysely<Tables>,
  { namespace, moment }: { readonly namespace: string; readonly moment: number | undefined },
  ends: readonly string[],
): Promise<NamedBySource[]> {
  const all = await db
    .selectFrom('affected')
    .select('package as name')
    .distinct()
    .where('namespace_id', '=', (eb) =>
      eb.selectFrom('namespace').select('namespace.id').where('namespace.name', '=', namespace),
    )
    .execute();
  const names = all.map(({ name }) => name).filter(endsWithOneOf(ends));
  const found: NamedBySource[] = [];
  for (const some of splitIntoChunks(names, namesAtATime))
    found.push(...(await sourcesOf(db, { namespace, moment }, some)));
  return found;
}

/** Returns a predicate. Each name is looked up by its ends of the lengths of the texts, so the number of texts does not matter. */
function endsWithOneOf(ends: readonly string[]): (name: string) => boolean {
  const texts = new Set(ends);
  const lengths = [...new Set(ends.map(({ length }) => length))];
  return (name) => lengths.some((length) => length <= name.length && texts.has(name.slice(-length)));
}

async function sourcesOf(
  db: Kysely<Tables>,
  { namespace, moment }: { readonly namespace: string; readonly moment: number | undefined },
  names: readonly string[],
): Promise<NamedBySource[]> {
  return await db
    .selectFrom('affected')
    .innerJoin('namespace', 'namespace.id', 'affected.namespace_id')
    .innerJoin('vulnerability', 'vulnerability.id', 'affected.vulnerability_id')
    .innerJoin('feed', 'feed.id', 'vulnerability.feed_id')
    .select(['affected.package as name', 'feed.source'])
    .distinct()
    .where('namespace.name', '=', namespace)
    .where('affected.package', 'in', names)
    .where((eb) => isValidAt(eb, moment))
    .orderBy('affected.package')
    .orderBy('feed.source')
    .execute();
}
