import type { Expression, ExpressionBuilder, Kysely, SqlBool } from 'kysely';
import type { Engine } from './engine.ts';
import { behind, dropExpired, expiredAtATime, type RowAge } from './expired-rows.ts';
import { displaceImages } from './image-bases/count-bases.ts';
import { dropUnusedSets } from './package-sets.ts';
import type { Tables } from './schema.ts';

/** Number of images per transaction. */
const imagesAtATime = 20;

/** Which images expire. Times are in milliseconds since 1970. */
export interface ImageExpiry {
  /** Indexes that were last used before expire, unless a name keeps them. */
  readonly usedBefore: number;
  /** A tag keeps its image if a scan saw the image at or after this time. Without it, tags keep no image. */
  readonly seenFrom?: number | undefined;
}

/** Deletes the images that have expired; returns their number. */
export async function dropUnusedImages(engine: Engine, expiry: ImageExpiry): Promise<number> {
  return await dropExpired<RowAge>(engine, {
    atATime: imagesAtATime,
    find: (db, after) => nextUnusedImages(db, expiry, after).execute(),
    drop: (db, some) =>
      dropImages(
        db,
        expiry,
        some.map(({ id }) => id),
      ),
  });
}

/** Returns the query for the next unused images behind one, from the longest unused on. */
export function nextUnusedImages(db: Kysely<Tables>, expiry: ImageExpiry, after?: RowAge) {
  return unusedImages(db, expiry)
    .select(['last_used_at as at', 'id'])
    .where(behind(['last_used_at', 'id'], after && [after.at, after.id]))
    .orderBy('last_used_at')
    .orderBy('id')
    .limit(expiredAtATime);
}

/** An image stays as long as a name of a client that refers to it. */
function unusedImages(db: Kysely<Tables>, { usedBefore, seenFrom }: ImageExpiry) {
  const unused = db.selectFrom('image').where('last_used_at', '<', usedBefore).where(withoutClientName);
  return seenFrom === undefined ? unused : unused.where((eb) => eb.not(isTagged(eb, seenFrom)));
}

/** Returns the condition for an image to have no name that a client of an API gave it. */
function withoutClientName(eb: ExpressionBuilder<Tables, 'image'>): Expression<SqlBool> {
  return eb.and(
    (['ancestry', 'v1_layer'] as const).map((table) =>
      eb.not(
        eb.exists(
          eb.selectFrom(table).select(`${table}.name`).whereRef(`${table}.image_id`, '=', 'image.id'),
        ),
      ),
    ),
  );
}

/** Returns the condition for an image to have a tag, and to be the newest index of what the tag means. */
function isTagged(eb: ExpressionBuilder<Tables, 'image'>, seenFrom: number): Expression<SqlBool> {
  return eb.exists(
    eb
      .selectFrom('known_image')
      .innerJoin('image_name', 'image_name.known_image_id', 'known_image.id')
      .select('known_image.id')
      .whereRef('known_image.image_id', '=', 'image.id')
      .where('known_image.last_seen', '>=', seenFrom)
      .where('image_name.until', 'is', null),
  );
}

async function dropImages(
  db: Kysely<Tables>,
  expiry: ImageExpiry,
  images: readonly number[],
): Promise<number> {
  const unused = await unusedImages(db, expiry)
    .select(['id', 'identity'])
    .where('id', 'in', images)
    .execute();
  return await dropIndexes(db, unused);
}

/** Deletes images with their names, their digests and their indexes. An index that a client has named over an API stays. */
export async function forgetImages(db: Kysely<Tables>, numbers: readonly number[]): Promise<void> {
  const indexes = await db
    .selectFrom('image')
    .select(['id', 'identity'])
    .where('known_image', 'in', numbers)
    .where(withoutClientName)
    .execute();
  await dropIndexes(db, indexes);
  await dropKnownImages(db, numbers);
}

/** Deletes indexes, and what is known of the images whose newest index they are; returns their number. */
async function dropIndexes(
  db: Kysely<Tables>,
  unused: readonly { readonly id: number; readonly identity: string }[],
): Promise<number> {
  if (unused.length === 0) return 0;
  const ids = unused.map(({ id }) => id);
  const known = await db.selectFrom('known_image').select('id').where('image_id', 'in', ids).execute();
  await dropKnownImages(
    db,
    known.map(({ id }) => id),
  );
  const batches = db.selectFrom('digest').select('name').where('image_id', 'in', ids);
  await db.deleteFrom('digest_item').where('digest', 'in', batches).execute();
  await db.deleteFrom('digest').where('image_id', 'in', ids).execute();
  await dropParts(db, ids);
  await db.deleteFrom('image_layer').where('image_id', 'in', ids).execute();
  const identities = unused.map(({ identity }) => identity);
  await db.deleteFrom('image_description').where('identity', 'in', identities).execute();
  await db.deleteFrom('image').where('id', 'in', ids).execute();
  return ids.length;
}

/** Deletes the parts of the images, and the sets and packages that no other image has. */
async function dropParts(db: Kysely<Tables>, images: readonly number[]): Promise<void> {
  const deleted = await db
    .deleteFrom('image_set')
    .where('image_id', 'in', images)
    .returning('set_id')
    .execute();
  await dropUnusedSets(db, [...new Set(deleted.map(({ set_id: number }) => number))]);
}

/** Deletes images with their names and digests, by their numbers. Their indexes stay. */
async function dropKnownImages(db: Kysely<Tables>, numbers: readonly number[]): Promise<void> {
  if (numbers.length === 0) return;
  await db.updateTable('image').set({ known_image: null }).where('known_image', 'in', numbers).execute();
  await db.deleteFrom('image_name').where('known_image_id', 'in', numbers).execute();
  await db.deleteFrom('image_digest').where('known_image_id', 'in', numbers).execute();
  await db.deleteFrom('image_source').where('known_image_id', 'in', numbers).execute();
  await db.deleteFrom('attached_vex').where('known_image_id', 'in', numbers).execute();
  await db.deleteFrom('known_image').where('id', 'in', numbers).execute();
  await displaceImages(db, numbers);
}
