import type { Kysely } from 'kysely';
import { padToPowerOfTwo, splitIntoChunks } from '../../../kit/collections.ts';
import type {
  FleetImageFilter,
  FleetImagePage,
  FleetImagePlace,
  ImageFindings,
  ImageOrder,
} from '../../finding-index-store.ts';
import type { UnreadPart } from '../../image-store.ts';
import type { PageRequest } from '../../page.ts';
import { pageNumbers, readKnownImages } from '../list-known-images.ts';
import type { Tables } from '../schema.ts';
import { isoTime } from '../times.ts';
import { allImages, canTry, isUnlimited, nextImages, type PlaceQuery, uncounted } from './image-places.ts';

type ImagePageRequest = PageRequest<FleetImagePlace> & { readonly order: ImageOrder };

/** Number of images per query. */
const imagesAtATime = 500;

/** Returns a page of known images with their findings. */
export async function pageImages(
  db: Kysely<Tables>,
  filter: FleetImageFilter,
  page: ImagePageRequest,
): Promise<FleetImagePage> {
  const found = await placesOfPage(db, filter, page);
  const shown = found.slice(0, page.limit);
  const known = await readKnownImages(
    db,
    shown.map(({ id }) => id),
  );
  const byNumber = new Map(known.map((image) => [image.number, image]));
  const findings = await findImages(
    db,
    known.map(({ image }) => image),
  );
  const images = shown.flatMap(({ id }) => {
    const image = byNumber.get(id);
    return image === undefined ? [] : [{ image, findings: findings.get(image.image) ?? null }];
  });
  const last = shown.at(-1);
  return { images, ...(found.length > page.limit && last !== undefined && { next: last.place }) };
}

/** The number of an image, and its place in the order of a list. */
interface PlacedImage {
  readonly id: number;
  readonly place: FleetImagePlace;
}

/**
 * Returns the places of a page. A list by number without conditions, of a repository, or of untagged images has an index. Any other list is
 * first looked for among the next images in its order. If these do not fill the page, one pass over all images does: it reads rows as they
 * are stored, which costs less than to follow an index to the end.
 */
async function placesOfPage(
  db: Kysely<Tables>,
  filter: FleetImageFilter,
  page: ImagePageRequest,
): Promise<readonly PlacedImage[]> {
  const limit = page.limit + 1;
  const { order, after } = page;
  if (order === 'risk' && isUnlimited(filter)) return await placesByRisk(db, { ...page, limit });
  if (order === 'number' && isIndexed(filter)) {
    const numbers = pageNumbers(db, filter, { limit, ...(after !== undefined && { after: after[1] }) });
    return (await numbers.execute()).map(({ id }) => ({ id, place: [0, id] }));
  }
  const request = { filter, order, after, limit };
  const near = canTry(filter) ? await placed(nextImages(db, request)) : [];
  return near.length === limit || isUnlimited(filter) ? near : await placed(allImages(db, request));
}

/** Whether a list by number has an index of its own: all images, those of a repository, or untagged ones. */
function isIndexed({ repository: _, isUntagged: __, ...others }: FleetImageFilter): boolean {
  return isUnlimited(others);
}

async function placed(query: PlaceQuery): Promise<PlacedImage[]> {
  return (await query.execute()).map(({ id, value, number }) => ({ id, place: [value, number] }));
}

/** Returns counted images along the index of their risk, and then those that are not counted by falling number. */
async function placesByRisk(
  db: Kysely<Tables>,
  { limit, after }: PageRequest<FleetImagePlace>,
): Promise<readonly PlacedImage[]> {
  const [value, number] = after ?? [];
  const counted =
    value === uncounted ? [] : await placed(nextImages(db, { filter: {}, order: 'risk', after, limit }));
  if (counted.length === limit) return counted;
  const others = await db
    .selectFrom('known_image')
    .leftJoin('counted_image', 'counted_image.image_id', 'known_image.image_id')
    .where('counted_image.image_id', 'is', null)
    .$if(value === uncounted, (query) => query.where('known_image.id', '<', number ?? 0))
    .select('known_image.id')
    .orderBy('known_image.id', 'desc')
    .limit(limit - counted.length)
    .execute();
  return [...counted, ...others.map(({ id }): PlacedImage => ({ id, place: [uncounted, id] }))];
}

/** Returns the findings of images, by the numbers of their indexes. Leaves out those that are not counted. */
export async function findImages(
  db: Kysely<Tables>,
  images: readonly number[],
): Promise<ReadonlyMap<number, ImageFindings>> {
  const found = new Map<number, ImageFindings>();
  for (const some of splitIntoChunks(images, imagesAtATime)) {
    const rows = await db
      .selectFrom('counted_image')
      .leftJoin('image', 'image.id', 'counted_image.image_id')
      .selectAll('counted_image')
      .select('image.unread')
      .where('counted_image.image_id', 'in', padToPowerOfTwo(some))
      .execute();
    for (const row of rows)
      found.set(row.image_id, {
        countedAt: isoTime(row.counted_at),
        // The text was written by `insertCountedImages`, so it needs no validation.
        namespaces: JSON.parse(row.namespaces) as string[],
        // The text was written by the images of the store.
        unread: row.unread === null ? [] : (JSON.parse(row.unread) as UnreadPart[]),
        bySeverity: {
          Defcon1: row.defcon1,
          Critical: row.critical,
          High: row.high,
          Medium: row.medium,
          Low: row.low,
          Negligible: row.negligible,
          Unknown: row.unknown,
        },
        fixable: row.fixable,
        exploited: row.exploited,
      });
  }
  return found;
}
