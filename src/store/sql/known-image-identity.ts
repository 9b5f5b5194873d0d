import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Kysely, Selectable, SelectQueryBuilder } from 'kysely';
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
 * Returns the known image that is seen. An image whose bytes were not compared with its diffIDs has only claimed them. It is the same as a
 * known one only if both have the same packages: everybody can write an archive with the diffIDs of another image.
 */
export async function findSeen(db: Kysely<Tables>, seen: SeenImage): Promise<FoundImage | undefined> {
  const own = await findByIdentity(db, knownIdentityOf(seen));
  if (own !== undefined && (seen.isVerified || (await isSameClaim(db, own, seen)))) return own;
  const other = await findByIdentity(db, knownIdentityOf({ ...seen, isVerified: !seen.isVerified }));
  if (other !== undefined && (await isSameContent(db, other, seen))) return other;
  return await findLinked(db, seen);
}

/** Returns a new identity of an image. If another one claims the same diffIDs, only its index leads to it. */
export async function newIdentityOf(db: Kysely<Tables>, seen: SeenImage): Promise<string> {
  const identity = knownIdentityOf(seen);
  return (await findByIdentity(db, identity)) === undefined ? identity : sha256Of(randomUUID());
}

/**
 * Whether an image with the same claims is the same one. A part of an image, or one without an index, cannot be compared. The manifest of a
 * registry states the digests of its layers, which may have been read in parts.
 */
async function isSameClaim(db: Kysely<Tables>, own: FoundImage, seen: SeenImage): Promise<boolean> {
  const isPart = seen.isScoped || own.is_scoped === 1;
  const isSameManifest = seen.root !== undefined && seen.hasManifest && own.digest === seen.digest;
  return isPart || isSameManifest || own.linked === null || (await isSameContent(db, own, seen));
}

async function isSameContent(db: Kysely<Tables>, known: FoundImage, seen: SeenImage): Promise<boolean> {
  return (await isLinked(db, known.id, seen)) || (await haveSamePackages(db, known, seen));
}

/** Returns the known image whose index was seen, if it has the same layers. */
async function findLinked(
  db: Kysely<Tables>,
  { image, diffIds }: SeenImage,
): Promise<FoundImage | undefined> {
  return await foundImages(db)
    .where('known_image.id', '=', (eb) =>
      eb.selectFrom('image as seen').select('seen.known_image').where('seen.id', '=', image),
    )
    .where('known_image.diff_ids', '=', JSON.stringify(diffIds))
    .executeTakeFirst();
}

async function findByIdentity(db: Kysely<Tables>, identity: string): Promise<FoundImage | undefined> {
  return await foundImages(db).where('known_image.identity', '=', identity).executeTakeFirst();
}

function foundImages(db: Kysely<Tables>): SelectQueryBuilder<Tables, 'known_image' | 'image', FoundImage> {
  return db
    .selectFrom('known_image')
    .leftJoin('image', (join) =>
      join.onRef('image.id', '=', 'known_image.image_id').onRef('image.known_image', '=', 'known_image.id'),
    )
    .selectAll('known_image')
    .select('image.id as linked');
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
