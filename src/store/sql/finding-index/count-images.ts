import type { Expression, ExpressionBuilder, Kysely, SqlBool } from 'kysely';
import { splitIntoChunks } from '../../../kit/collections.ts';
import type { Engine } from '../engine.ts';
import { changesOfAdded, changesOfRemoved } from '../finding-changes/image-changes.ts';
import { recordChanges } from '../finding-changes/record-changes.ts';
import type { Tables } from '../schema.ts';
import { dayAt } from '../times.ts';
import { countIn } from './image-deltas.ts';
import { insertCountedImages, type NumberedIndex, recountImages } from './image-rows.ts';

/** Numbers of images that are compared at a time, and per transaction those that come or go, those that are counted again, and sets. */
const comparedAtATime = 5000;
const movedAtATime = 500;
const imagesAtATime = 100;
const setsAtATime = 100;

/**
 * Counts images that are new, and takes out those that are gone. An image is counted if it is the newest index of a known image that has
 * not lost its names, or if a client named it over an API. It waits until all of its sets are counted, so that no image passes for one without findings.
 */
export async function followImages(engine: Engine, now: number, signal: AbortSignal): Promise<void> {
  const last = await lastNumber(engine.db);
  for (let after = 0; after < last && !signal.aborted; after += comparedAtATime) {
    const range = { after, upTo: after + comparedAtATime };
    const gone = await goneImages(engine.db, range);
    await inSteps(gone, signal, (some) => engine.write((db) => takeOut(db, some, now), 'own rows'));
    const added = await newImages(engine.db, range);
    await inSteps(added, signal, (some) => engine.write((db) => add(db, some, now), 'own rows'));
  }
}

/** Works on some of a list at a time until the signal aborts. */
async function inSteps<T>(
  list: readonly T[],
  signal: AbortSignal,
  work: (some: readonly T[]) => Promise<void>,
): Promise<void> {
  for (const some of splitIntoChunks(list, movedAtATime)) if (!signal.aborted) await work(some);
}

async function lastNumber(db: Kysely<Tables>): Promise<number> {
  const { image } = await db
    .selectFrom('image')
    .select((eb) => eb.fn.max<number | null>('id').as('image'))
    .executeTakeFirstOrThrow();
  const { counted } = await db
    .selectFrom('counted_image')
    .select((eb) => eb.fn.max<number | null>('image_id').as('counted'))
    .executeTakeFirstOrThrow();
  return Math.max(image ?? 0, counted ?? 0);
}

interface NumberRange {
  readonly after: number;
  readonly upTo: number;
}

async function goneImages(db: Kysely<Tables>, { after, upTo }: NumberRange): Promise<number[]> {
  const rows = await db
    .selectFrom('counted_image')
    .select('counted_image.image_id')
    .where('counted_image.image_id', '>', after)
    .where('counted_image.image_id', '<=', upTo)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('image')
            .select('image.id')
            .whereRef('image.id', '=', 'counted_image.image_id')
            .whereRef('image.identity', '=', 'counted_image.identity')
            .where(isCurrent),
        ),
      ),
    )
    .orderBy('counted_image.image_id')
    .execute();
  return rows.map(({ image_id: number }) => number);
}

async function newImages(db: Kysely<Tables>, { after, upTo }: NumberRange): Promise<NumberedIndex[]> {
  return await db
    .selectFrom('image')
    .select(['image.id', 'image.identity'])
    .where('image.id', '>', after)
    .where('image.id', '<=', upTo)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('counted_image')
            .select('counted_image.image_id')
            .whereRef('counted_image.image_id', '=', 'image.id'),
        ),
      ),
    )
    .where(isCurrent)
    .where((eb) => eb.not(hasDueSet(eb)))
    .orderBy('image.id')
    .execute();
}

/** Whether lists have the image: it is the newest index of what a scan has read and still has a name, or a client has named it. */
function isCurrent(eb: ExpressionBuilder<Tables, 'image'>): Expression<SqlBool> {
  return eb.or([
    eb.exists(
      eb
        .selectFrom('known_image')
        .select('known_image.id')
        .whereRef('known_image.id', '=', 'image.known_image')
        .whereRef('known_image.image_id', '=', 'image.id')
        .where('known_image.untagged_since', 'is', null),
    ),
    eb.exists(
      eb.selectFrom('ancestry').select('ancestry.name').whereRef('ancestry.image_id', '=', 'image.id'),
    ),
    eb.exists(
      eb
        .selectFrom('v1_layer')
        .select('v1_layer.name')
        .whereRef('v1_layer.image_id', '=', 'image.id')
        .where((inner) =>
          inner.not(
            inner.exists(
              inner
                .selectFrom('v1_layer as above')
                .select('above.name')
                .whereRef('above.parent', '=', 'v1_layer.name'),
            ),
          ),
        ),
    ),
  ]);
}

function hasDueSet(eb: ExpressionBuilder<Tables, 'image'>): Expression<SqlBool> {
  return eb.exists(
    eb
      .selectFrom('image_set')
      .innerJoin('package_set', 'package_set.id', 'image_set.set_id')
      .select('image_set.part')
      .whereRef('image_set.image_id', '=', 'image.id')
      .where('package_set.count_due', '>', 0),
  );
}

async function takeOut(db: Kysely<Tables>, images: readonly number[], now: number): Promise<void> {
  await recordChanges(db, dayAt(now), await changesOfRemoved(db, images));
  await countIn(db, images, -1);
  await db.deleteFrom('counted_set').where('image_id', 'in', images).execute();
  await db.deleteFrom('counted_image').where('image_id', 'in', images).execute();
  await db.deleteFrom('installed_name').where('images', '<=', 0).where('due', '=', 0).execute();
}

async function add(db: Kysely<Tables>, images: readonly NumberedIndex[], now: number): Promise<void> {
  const numbers = images.map(({ id }) => id);
  await db
    .insertInto('counted_set')
    .columns(['image_id', 'set_id'])
    .expression(
      db.selectFrom('image_set').select(['image_id', 'set_id']).distinct().where('image_id', 'in', numbers),
    )
    .execute();
  await insertCountedImages(db, images, now);
  await countIn(db, numbers, 1);
  await recordChanges(db, dayAt(now), await changesOfAdded(db, numbers));
}

/** Counts the images of sets again whose findings have changed. */
export async function followSets(engine: Engine, now: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const rows = await engine.db
      .selectFrom('recounted_set')
      .select('set_id')
      .orderBy('set_id')
      .limit(setsAtATime)
      .execute();
    if (rows.length === 0) return;
    const sets = rows.map(({ set_id: set }) => set);
    if (!(await recountImagesOf(engine, sets, { now, signal }))) return;
    await engine.write(
      (db) => db.deleteFrom('recounted_set').where('set_id', 'in', sets).execute(),
      'own rows',
    );
  }
}

/** Returns false if the signal aborts before the end. */
async function recountImagesOf(
  engine: Engine,
  sets: readonly number[],
  { now, signal }: { readonly now: number; readonly signal: AbortSignal },
): Promise<boolean> {
  for (let after = 0; ; ) {
    if (signal.aborted) return false;
    const rows = await engine.db
      .selectFrom('counted_set')
      .select('image_id')
      .distinct()
      .where('set_id', 'in', sets)
      .where('image_id', '>', after)
      .orderBy('image_id')
      .limit(imagesAtATime)
      .execute();
    const images = rows.map(({ image_id: image }) => image);
    if (images.length > 0) await engine.write((db) => recountImages(db, images, now), 'own rows');
    const last = images.at(-1);
    if (last === undefined || images.length < imagesAtATime) return true;
    after = last;
  }
}
