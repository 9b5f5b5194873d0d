import { type Kysely, sql } from 'kysely';
import { padToPowerOfTwo } from '../../../kit/collections.ts';
import type {
  BaseFilter,
  BasePage,
  BasePlace,
  ImagesOnBase,
  OnBasePage,
  OnBasePlace,
} from '../../base-image-store.ts';
import type { KnownImage } from '../../known-image-store.ts';
import type { PageRequest } from '../../page.ts';
import { readKnownImages } from '../list-known-images.ts';
import type { Tables } from '../schema.ts';
import { endOfPath, layerPathOf } from './layer-paths.ts';
import { namesTakenOver } from './replaced-bases.ts';

/** Returns a page of base images along the index of their numbers of images. */
export async function pageBases(
  db: Kysely<Tables>,
  { isOutdated = false }: BaseFilter,
  { limit, after }: PageRequest<BasePlace>,
): Promise<BasePage> {
  let query = db
    .selectFrom('placed_image')
    .select(['known_image_id', 'images', 'direct'])
    .where('images', '>', 0)
    .orderBy('images', 'desc')
    .orderBy('known_image_id', 'desc')
    .limit(limit + 1);
  if (after !== undefined)
    query = query.where(sql<boolean>`(images, known_image_id) < (${after[0]}, ${after[1]})`);
  if (isOutdated)
    query = query.where(
      sql<boolean>`exists ${namesTakenOver(db).where('lost.known_image_id', '=', sql<number>`placed_image.known_image_id`)}`,
    );
  const found = await query.execute();
  const shown = found.slice(0, limit);
  const known = await knownByNumber(
    db,
    shown.map((row) => row.known_image_id),
  );
  const bases = shown.flatMap(({ known_image_id: number, images, direct }) => {
    const image = known.get(number);
    return image === undefined ? [] : [{ image, images, direct }];
  });
  const last = shown.at(-1);
  return {
    bases,
    ...(found.length > limit && last !== undefined && { next: [last.images, last.known_image_id] }),
  };
}

async function knownByNumber(
  db: Kysely<Tables>,
  numbers: readonly number[],
): Promise<ReadonlyMap<number, KnownImage>> {
  return new Map((await readKnownImages(db, numbers)).map((image) => [image.number, image]));
}

/** Returns the numbers of images on some images. */
export async function countImagesOn(
  db: Kysely<Tables>,
  numbers: readonly number[],
): Promise<ReadonlyMap<number, ImagesOnBase>> {
  if (numbers.length === 0) return new Map();
  const rows = await db
    .selectFrom('placed_image')
    .select(['known_image_id', 'images', 'direct'])
    .where('known_image_id', 'in', padToPowerOfTwo(numbers))
    .execute();
  return new Map(rows.map(({ known_image_id: number, images, direct }) => [number, { images, direct }]));
}

/** Returns a page of the images whose paths begin with that of a base, along the index of paths. */
export async function pageImagesOn(
  db: Kysely<Tables>,
  { diffIds }: Pick<KnownImage, 'diffIds'>,
  { limit, after }: PageRequest<OnBasePlace>,
): Promise<OnBasePage> {
  if (diffIds.length === 0) return { images: [] };
  const path = layerPathOf(diffIds);
  const end = endOfPath(path);
  let query = db
    .selectFrom('placed_image')
    .select(['known_image_id', 'path'])
    .where('path', '>', path)
    .where('is_current', '=', 1)
    .orderBy('path')
    .orderBy('known_image_id')
    .limit(limit + 1);
  if (end !== undefined) query = query.where('path', '<', end);
  if (after !== undefined)
    query = query.where(
      sql<boolean>`(path, known_image_id) > (${Buffer.from(after[0], 'hex')}, ${after[1]})`,
    );
  const found = await query.execute();
  const shown = found.slice(0, limit);
  const known = await knownByNumber(
    db,
    shown.map((row) => row.known_image_id),
  );
  const last = shown.at(-1);
  return {
    images: shown.flatMap((row) => known.get(row.known_image_id) ?? []),
    ...(found.length > limit &&
      last !== undefined && { next: [Buffer.from(last.path).toString('hex'), last.known_image_id] }),
  };
}
