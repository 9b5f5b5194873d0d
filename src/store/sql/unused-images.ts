import type { Kysely } from 'kysely';
import type { Engine } from './engine.ts';
import { behind, dropExpired, expiredAtATime, type RowAge } from './expired-rows.ts';
import { dropUnusedSets } from './package-sets.ts';
import type { Tables } from './schema.ts';

/** Number of images per transaction. */
const imagesAtATime = 20;

/** Deletes the images without a name that were last used before a time; returns their number. */
export async function dropUnusedImages(engine: Engine, before: number): Promise<number> {
  return await dropExpired<RowAge>(engine, {
    atATime: imagesAtATime,
    find: (db, after) => nextUnusedImages(db, before, after).execute(),
    drop: (db, some) =>
      dropImages(
        db,
        before,
        some.map(({ id }) => id),
      ),
  });
}

/** Returns the query for the next unused images behind one, from the longest unused on. */
export function nextUnusedImages(db: Kysely<Tables>, before: number, after?: RowAge) {
  return unusedImages(db, before)
    .select(['last_used_at as at', 'id'])
    .where(behind(['last_used_at', 'id'], after && [after.at, after.id]))
    .orderBy('last_used_at')
    .orderBy('id')
    .limit(expiredAtATime);
}

/** An image stays as long as a name that refers to it. */
function unusedImages(db: Kysely<Tables>, before: number) {
  return db
    .selectFrom('image')
    .where('last_used_at', '<', before)
    .where((eb) =>
      eb.and(
        (['ancestry', 'v1_layer'] as const).map((table) =>
          eb.not(
            eb.exists(
              eb.selectFrom(table).select(`${table}.name`).whereRef(`${table}.image_id`, '=', 'image.id'),
            ),
          ),
        ),
      ),
    );
}

async function dropImages(db: Kysely<Tables>, before: number, images: readonly number[]): Promise<number> {
  const unused = await unusedImages(db, before)
    .select(['id', 'identity'])
    .where('id', 'in', images)
    .execute();
  if (unused.length === 0) return 0;
  const ids = unused.map(({ id }) => id);
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
