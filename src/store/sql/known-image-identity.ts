import { isDeepStrictEqual } from 'node:util';
import type { Kysely, Selectable } from 'kysely';
import { sha256Of } from '../../kit/sha256.ts';
import type { SeenImage } from '../known-image-store.ts';
import type { KnownImageTable } from './known-image-tables.ts';
import type { Tables } from './schema.ts';

/**
 * Returns the identity of an image: a hash of its diffIDs. An archive may claim diffIDs of bytes that were not hashed. The image then has
 * another identity, so that it cannot hide behind a known one.
 */
export function knownIdentityOf({ diffIds, isVerified }: Pick<SeenImage, 'diffIds' | 'isVerified'>): string {
  return sha256Of([...(isVerified ? [] : ['claimed']), ...diffIds].join('\n'));
}

/** A known image. A program of an earlier version may have deleted its index, and SQLite may have used the number again. */
export interface FoundImage extends Selectable<KnownImageTable> {
  /** Null if the index is gone. */
  readonly linked: number | null;
}

/**
 * Returns the known image that is seen. An image whose bytes were not compared with its diffIDs is the same as one whose were only if both
 * have the same packages.
 */
export async function findSeen(db: Kysely<Tables>, seen: SeenImage): Promise<FoundImage | undefined> {
  const own = await findByIdentity(db, knownIdentityOf(seen));
  if (own !== undefined && (seen.isVerified || own.image_id === seen.image)) return own;
  const other = await findByIdentity(db, knownIdentityOf({ ...seen, isVerified: !seen.isVerified }));
  const isSame =
    other !== undefined &&
    ((await isLinked(db, other.id, seen)) || (await haveSamePackages(db, other, seen)));
  return isSame ? other : own;
}

async function findByIdentity(db: Kysely<Tables>, identity: string): Promise<FoundImage | undefined> {
  return await db
    .selectFrom('known_image')
    .leftJoin('image', (join) =>
      join.onRef('image.id', '=', 'known_image.image_id').onRef('image.known_image', '=', 'known_image.id'),
    )
    .selectAll('known_image')
    .select('image.id as linked')
    .where('known_image.identity', '=', identity)
    .executeTakeFirst();
}

/** Returns whether the index that was seen is known to be of an image, by the number of the image. */
export async function isLinked(
  db: Kysely<Tables>,
  known: number,
  { image }: Pick<SeenImage, 'image'>,
): Promise<boolean> {
  const row = await db.selectFrom('image').select('known_image').where('id', '=', image).executeTakeFirst();
  return row?.known_image === known;
}

/** Compares the parts of two indexes: the sets of packages, and where they are. */
async function haveSamePackages(
  db: Kysely<Tables>,
  { linked }: FoundImage,
  { image }: SeenImage,
): Promise<boolean> {
  if (linked === null) return false;
  const rows = await db
    .selectFrom('image_set')
    .select(['image_id', 'part', 'set_id', 'layer', 'path'])
    .where('image_id', 'in', [linked, image])
    .orderBy('part')
    .execute();
  const partsOf = (id: number): unknown[] =>
    rows.filter((row) => row.image_id === id).map(({ image_id: _, ...part }) => part);
  return isDeepStrictEqual(partsOf(linked), partsOf(image));
}
