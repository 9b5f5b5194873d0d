import { type Kysely, sql } from 'kysely';
import { padToPowerOfTwo } from '../../../kit/collections.ts';
import type { ChangeFilter, ChangePage, ChangePlace } from '../../finding-change-store.ts';
import type { PageRequest } from '../../page.ts';
import { rankOf } from '../finding-index/stored-values.ts';
import type { Tables } from '../schema.ts';
import { noRank, numberOfCause, placeRange, severityOf } from './change-rows.ts';

/** Returns a page of the changes of a day by one cause. Its cost depends on its size. */
export async function pageChanges(
  db: Kysely<Tables>,
  { day, cause, severity }: ChangeFilter,
  { limit, after }: PageRequest<ChangePlace>,
): Promise<ChangePage> {
  let query = db
    .selectFrom('finding_change')
    .selectAll()
    .where('day', '=', day)
    .where('cause', '=', numberOfCause(cause))
    // An image that was read again can end with no difference.
    .where((eb) => eb.or([eb('opened', '>', 0), eb('closed', '>', 0), eb('rerated', '>', 0)]))
    .orderBy('place')
    .orderBy('subject')
    .limit(limit + 1);
  if (after !== undefined) query = query.where(sql<boolean>`(place, subject) > (${after[0]}, ${after[1]})`);
  if (severity !== undefined) {
    const [from, before] = placeRange(rankOf(severity));
    query = query.where('place', '>=', from).where('place', '<', before);
  }
  const rows = await query.execute();
  const shown = rows.slice(0, limit);
  const images = await findNamed(
    db,
    shown.filter(({ rank }) => rank === noRank).map(({ subject }) => subject),
  );
  const changes = shown.map(({ subject, rank, opened, closed, rerated }) => {
    const { digest = null, reference = null } = images.get(subject) ?? {};
    return { subject, severity: severityOf(rank), digest, reference, opened, closed, rerated };
  });
  const last = shown.at(-1);
  if (rows.length <= limit || last === undefined) return { changes };
  return { changes, next: [last.place, last.subject] };
}

/** Returns images by their identities. */
async function findNamed(
  db: Kysely<Tables>,
  identities: readonly string[],
): Promise<ReadonlyMap<string, { readonly digest: string | null; readonly reference: string }>> {
  if (identities.length === 0) return new Map();
  const rows = await db
    .selectFrom('known_image')
    .select(['identity', 'digest', 'reference'])
    .where('identity', 'in', padToPowerOfTwo(identities))
    .execute();
  return new Map(rows.map((row) => [row.identity, row]));
}
