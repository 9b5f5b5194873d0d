import type { Kysely } from 'kysely';
import type { RetentionTerms } from '../maintenance.ts';
import type { Engine } from './engine.ts';
import { dropExpired, expiredAtATime } from './expired-rows.ts';
import type { Tables } from './schema.ts';
import { forgetImages } from './unused-images.ts';

/** Number of images per transaction. */
const imagesAtATime = 20;

/** Deletes the images that lost their last tag long ago, except for the newest ones of each repository; returns their number. */
export async function dropUntaggedImages(
  engine: Engine,
  { untagged }: RetentionTerms,
  now: number,
): Promise<number> {
  if (untagged === undefined) return 0;
  const before = now - untagged.keepMs;
  return await dropExpired<number>(engine, {
    atATime: imagesAtATime,
    find: async (db, after) => {
      const rows = await untaggedImages(db, before)
        .where('id', '>', after ?? 0)
        .orderBy('id')
        .limit(expiredAtATime)
        .execute();
      return rows.map(({ id }) => id);
    },
    drop: async (db, some) => {
      const rows = await untaggedImages(db, before).where('id', 'in', some).execute();
      const kept = await newestOfRepositories(db, some, untagged.keepLast);
      const expired = rows.map(({ id }) => id).filter((id) => !kept.has(id));
      if (expired.length > 0) await forgetImages(db, expired);
      return expired.length;
    },
  });
}

function untaggedImages(db: Kysely<Tables>, before: number) {
  return db.selectFrom('known_image').select('id').where('untagged_since', '<', before);
}

/** Returns the newest images of each repository that one of these images was in. An image is as new as its last name there. */
async function newestOfRepositories(
  db: Kysely<Tables>,
  images: readonly number[],
  count: number,
): Promise<ReadonlySet<number>> {
  if (count === 0) return new Set();
  const repositories = await db
    .selectFrom('image_name')
    .select('repository')
    .distinct()
    .where('known_image_id', 'in', images)
    .execute();
  const newest = new Set<number>();
  for (const { repository } of repositories) {
    const rows = await db
      .selectFrom('image_name')
      .select(['known_image_id', (eb) => eb.fn.max('since').as('named')])
      .where('repository', '=', repository)
      .groupBy('known_image_id')
      .orderBy('named', 'desc')
      .orderBy('known_image_id', 'desc')
      .limit(count)
      .execute();
    for (const row of rows) newest.add(row.known_image_id);
  }
  return newest;
}
