import type { Kysely } from 'kysely';
import { splitIntoChunks } from '../../kit/collections.ts';
import type { CollectedCounts, RetentionTerms } from '../maintenance.ts';
import type { Engine } from './engine.ts';
import { readHistorySince, writeHistorySince } from './history.ts';
import { dropUnusedPackages } from './packages.ts';
import type { Tables } from './schema.ts';

/** Numbers of rows per transaction, by kind; another writer waits only milliseconds for such a transaction. */
const eventsAtATime = 2_000;
const recordsAtATime = 200;
const imagesAtATime = 20;
const layersAtATime = 50;

/** Number of names per statement. */
const batchesAtATime = 500;

/**
 * Deletes expired data; `now` is in milliseconds since 1970. Events and their notifications are deleted first, because they
 * hold the records that they refer to.
 */
export async function collectGarbage(
  engine: Engine,
  terms: RetentionTerms,
  now: number,
): Promise<CollectedCounts> {
  const historyFrom = now - terms.keepHistoryMs;
  const usedFrom = now - terms.keepLayersUnusedMs;
  const events = await dropInSteps(engine, (db) => dropEvents(db, now - terms.keepEventsMs));
  await dropHistory(engine, historyFrom);
  const vulnerabilities = await dropInSteps(engine, (db) => dropRecords(db, historyFrom));
  const images = await dropInSteps(engine, (db) => dropImages(db, usedFrom));
  const layers = await dropInSteps(engine, (db) => dropLayers(db, usedFrom));
  await dropLookups(engine, usedFrom);
  const locks = await dropLocks(engine, now);
  return { events, vulnerabilities, images, layers, locks };
}

/** Deletes in small steps, each in a transaction of its own, until a step deletes nothing. */
async function dropInSteps(engine: Engine, drop: (db: Kysely<Tables>) => Promise<number>): Promise<number> {
  for (let total = 0; ; ) {
    const dropped = await engine.write(drop);
    if (dropped === 0) return total;
    total += dropped;
  }
}

async function dropEvents(db: Kysely<Tables>, before: number): Promise<number> {
  const due = await db
    .selectFrom('event')
    .select('number')
    .where('at', '<', before)
    .limit(eventsAtATime)
    .execute();
  if (due.length === 0) return 0;
  const numbers = due.map(({ number }) => number);
  await dropBatchItems(db, numbers);
  await db.deleteFrom('notification').where('event_number', 'in', numbers).execute();
  await db.deleteFrom('event').where('number', 'in', numbers).execute();
  return numbers.length;
}

/** Deletes the batch items of events, and then the batches without items. */
async function dropBatchItems(db: Kysely<Tables>, events: readonly number[]): Promise<void> {
  const notifications = db.selectFrom('notification').select('name').where('event_number', 'in', events);
  const deleted = await db
    .deleteFrom('digest_item')
    .where('notification', 'in', notifications)
    .returning('digest')
    .execute();
  const batches = [...new Set(deleted.map(({ digest }) => digest))];
  for (const some of splitIntoChunks(batches, batchesAtATime))
    await db
      .deleteFrom('digest')
      .where('name', 'in', some)
      .where((eb) =>
        eb.not(eb.exists(eb.selectFrom('digest_item').select('hash').whereRef('digest', '=', 'digest.name'))),
      )
      .execute();
}

/** Deletes history. First raises the time from which `asOf` may be queried, so that no query sees partial history. */
async function dropHistory(engine: Engine, before: number): Promise<void> {
  const since = await readHistorySince(engine.db);
  const replaced = await engine.db
    .selectFrom('feed_history')
    .select('feed_id')
    .where('replaced_at', '<', before)
    .limit(1)
    .executeTakeFirst();
  const closed = await engine.db
    .selectFrom('vulnerability')
    .select('id')
    .where('valid_to', '<', before)
    .limit(1)
    .executeTakeFirst();
  if (before <= since || (replaced ?? closed) === undefined) return;
  await engine.write(async (db) => {
    await writeHistorySince(db, before);
    await db.deleteFrom('feed_history').where('replaced_at', '<', before).execute();
  });
}

async function dropRecords(db: Kysely<Tables>, before: number): Promise<number> {
  const due = await db
    .selectFrom('vulnerability')
    .select('id')
    .where('valid_to', '<', before)
    .where((eb) =>
      eb.and(
        (['event', 'notification'] as const).flatMap((table) =>
          (['old_id', 'new_id'] as const).map((column) =>
            eb.not(eb.exists(eb.selectFrom(table).select(column).whereRef(column, '=', 'vulnerability.id'))),
          ),
        ),
      ),
    )
    .limit(recordsAtATime)
    .execute();
  if (due.length === 0) return 0;
  const ids = due.map(({ id }) => id);
  await db.deleteFrom('affected').where('vulnerability_id', 'in', ids).execute();
  await db.deleteFrom('alias').where('vulnerability_id', 'in', ids).execute();
  await db.deleteFrom('vulnerability').where('id', 'in', ids).execute();
  return ids.length;
}

/** Deletes unused images. An image with a name stays as long as the name. */
async function dropImages(db: Kysely<Tables>, usedBefore: number): Promise<number> {
  const due = await db
    .selectFrom('image')
    .select('id')
    .where('last_used_at', '<', usedBefore)
    .where('id', 'not in', db.selectFrom('ancestry').select('image_id'))
    .where('id', 'not in', db.selectFrom('v1_layer').select('image_id'))
    .limit(imagesAtATime)
    .execute();
  if (due.length === 0) return 0;
  const ids = due.map(({ id }) => id);
  const batches = db.selectFrom('digest').select('name').where('image_id', 'in', ids);
  await db.deleteFrom('digest_item').where('digest', 'in', batches).execute();
  await db.deleteFrom('digest').where('image_id', 'in', ids).execute();
  await dropPackages(db, ids);
  await db.deleteFrom('image_layer').where('image_id', 'in', ids).execute();
  await db.deleteFrom('image').where('id', 'in', ids).execute();
  return ids.length;
}

/** Deletes the rows of the images, and the packages that no other image has. */
async function dropPackages(db: Kysely<Tables>, images: readonly number[]): Promise<void> {
  const deleted = await db
    .deleteFrom('image_package')
    .where('image_id', 'in', images)
    .returning('package_id')
    .execute();
  await dropUnusedPackages(db, [...new Set(deleted.map(({ package_id: number }) => number))]);
}

/** Deletes unused layers, which can be indexed again. Keeps the layers of named images: their blobs may no longer be available. */
async function dropLayers(db: Kysely<Tables>, usedBefore: number): Promise<number> {
  const named = db
    .selectFrom('image_layer')
    .select('image_layer.layer')
    .where((eb) =>
      eb.or([
        eb('image_layer.image_id', 'in', eb.selectFrom('ancestry').select('ancestry.image_id')),
        eb('image_layer.image_id', 'in', eb.selectFrom('v1_layer').select('v1_layer.image_id')),
      ]),
    );
  const due = await db
    .selectFrom('layer')
    .select(['identity', 'analyzer_key'])
    .where('last_used_at', '<', usedBefore)
    .where('identity', 'not in', named)
    .limit(layersAtATime)
    .execute();
  for (const { identity, analyzer_key: key } of due)
    await db.deleteFrom('layer').where('identity', '=', identity).where('analyzer_key', '=', key).execute();
  await dropHashes(
    db,
    due.map(({ identity }) => identity),
  );
  return due.length;
}

/** Deletes the hashes of layers that the store no longer has. */
async function dropHashes(db: Kysely<Tables>, identities: readonly string[]): Promise<void> {
  if (identities.length === 0) return;
  await db
    .deleteFrom('layer_hash')
    .where('identity', 'in', identities)
    .where('identity', 'not in', db.selectFrom('layer').select('layer.identity'))
    .execute();
}

/** Deletes results of lookups that no scan has renewed. */
async function dropLookups(engine: Engine, askedBefore: number): Promise<void> {
  await engine.write(
    (db) => db.deleteFrom('looked_up').where('asked_at', '<', askedBefore).execute(),
    'own rows',
  );
}

async function dropLocks(engine: Engine, now: number): Promise<number> {
  return await engine.write(async (db) => {
    const { numDeletedRows } = await db
      .deleteFrom('lock')
      .where('expires_at', '<=', now)
      .executeTakeFirstOrThrow();
    return Number(numDeletedRows);
  });
}
