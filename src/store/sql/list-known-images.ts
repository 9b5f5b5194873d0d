import { type Kysely, type Selectable, sql } from 'kysely';
import { limits } from '../../core/limits.ts';
import { padToPowerOfTwo } from '../../kit/collections.ts';
import type { Digest } from '../../model/digest.ts';
import { compareText } from '../../model/order.ts';
import type { CurrentName, KnownImage, KnownImageFilter, KnownImagePage } from '../known-image-store.ts';
import type { PageRequest } from '../page.ts';
import type { KnownImageTable } from './known-image-tables.ts';
import type { Tables } from './schema.ts';
import { isoTime, isoTimeOrNull } from './times.ts';

/** Returns a page of images by rising number, each with its names. Each filter has an index in the order of the numbers. */
export async function pageKnownImages(
  db: Kysely<Tables>,
  filter: KnownImageFilter,
  { limit, after = 0 }: PageRequest<number>,
): Promise<KnownImagePage> {
  const found = await pageNumbers(db, filter, { limit: limit + 1, after }).execute();
  const shown = found.slice(0, limit).map(({ id }) => id);
  const images = await readKnownImages(db, shown);
  const last = shown.at(-1);
  return { images, ...(found.length > limit && last !== undefined && { next: last }) };
}

/** Returns the query for the numbers of a page. */
export function pageNumbers(
  db: Kysely<Tables>,
  { repository, isUntagged = false }: KnownImageFilter,
  { limit, after = 0 }: PageRequest<number>,
) {
  if (repository !== undefined)
    return db
      .selectFrom('image_name')
      .select('known_image_id as id')
      .distinct()
      .where('repository', '=', repository)
      .where('known_image_id', '>', after)
      .orderBy('known_image_id')
      .limit(limit);
  const all = db.selectFrom('known_image').select('id').where('id', '>', after).orderBy('id').limit(limit);
  return isUntagged ? all.where('untagged_since', 'is not', null) : all;
}

/** Returns images by their numbers, by rising number. Leaves out those that do not exist, or whose index does not. */
export async function readKnownImages(db: Kysely<Tables>, numbers: readonly number[]): Promise<KnownImage[]> {
  if (numbers.length === 0) return [];
  const rows = await db
    .selectFrom('known_image')
    .innerJoin('image', (join) =>
      join.onRef('image.id', '=', 'known_image.image_id').onRef('image.known_image', '=', 'known_image.id'),
    )
    .selectAll('known_image')
    .where('known_image.id', 'in', padToPowerOfTwo(numbers))
    .orderBy('known_image.id')
    .execute();
  const names = await namesOfImages(db, numbers);
  return rows.map((row) => toKnownImage(row, names.get(row.id) ?? []));
}

/** Returns the first current names of each of these images. An image may have any number of them. */
async function namesOfImages(
  db: Kysely<Tables>,
  images: readonly number[],
): Promise<ReadonlyMap<number, CurrentName[]>> {
  const rows = await db
    .selectFrom((eb) =>
      eb
        .selectFrom('image_name')
        .select(['known_image_id', 'repository', 'tag', 'since'])
        .select(
          sql<number>`row_number() over (partition by known_image_id order by repository, tag)`.as(
            'position',
          ),
        )
        .where('known_image_id', 'in', padToPowerOfTwo(images))
        .where('until', 'is', null)
        .as('named'),
    )
    .select(['known_image_id', 'repository', 'tag', 'since'])
    .where('position', '<=', limits.shownImageNames)
    .execute();
  return Map.groupBy(
    rows.map((row) => ({ ...row, since: isoTime(row.since) })),
    (row) => row.known_image_id,
  );
}

function toKnownImage(
  row: Selectable<KnownImageTable>,
  names: readonly (CurrentName & { readonly known_image_id?: number })[],
): KnownImage {
  return {
    number: row.id,
    image: row.image_id,
    // The texts were written by `record`, so they need no validation.
    diffIds: JSON.parse(row.diff_ids) as Digest[],
    labels: JSON.parse(row.labels) as Record<string, string>,
    digest: row.digest as Digest | null,
    platform: row.platform,
    reference: row.reference,
    origin: row.origin,
    created: row.created,
    names: names
      .map(({ repository, tag, since }) => ({ repository, tag, since }))
      .sort((a, b) => compareText(a.repository, b.repository) || compareText(a.tag, b.tag)),
    firstSeen: isoTime(row.first_seen),
    lastSeen: isoTime(row.last_seen),
    untaggedSince: isoTimeOrNull(row.untagged_since),
  };
}
