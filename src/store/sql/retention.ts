import type { Kysely } from 'kysely';
import { limits } from '../../core/limits.ts';
import { splitIntoChunks } from '../../kit/collections.ts';
import type { CollectedCounts, RetentionTerms } from '../maintenance.ts';
import { dropUnfollowedChanges } from './changed-sets.ts';
import { countLookups } from './content-state.ts';
import type { Engine } from './engine.ts';
import { behind, dropExpired, expiredAtATime, type RowAge } from './expired-rows.ts';
import { readHistorySince, writeHistorySince } from './history.ts';
import type { Tables } from './schema.ts';
import { dropUntaggedImages } from './untagged-images.ts';
import { dropUnusedImages } from './unused-images.ts';
import { dropUnusedLayers } from './unused-layers.ts';
import { dropRepresentations } from './update-notifications.ts';

/** Numbers of rows per transaction, by kind; another writer waits only milliseconds for such a transaction. */
const eventsAtATime = 200;
const recordsAtATime = 200;

/** Number of names per statement. */
const batchesAtATime = 500;

const scansAtATime = 500;

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
  const events = await dropEvents(engine, now - terms.keepEventsMs);
  if (events > 0) await engine.write((db) => dropRepresentations(db, now - terms.keepEventsMs), 'own rows');
  await dropHistory(engine, historyFrom);
  const vulnerabilities = await dropRecords(engine, historyFrom);
  const images =
    (await dropUntaggedImages(engine, terms, now)) +
    (await dropUnusedImages(engine, { usedBefore: usedFrom, seenFrom: seenFromOf(terms, now) }));
  const layers = await dropUnusedLayers(engine, usedFrom);
  await dropLookups(engine, usedFrom);
  await dropUnfollowedChanges(engine, now);
  await dropJobs(engine, now, now - terms.keepEventsMs);
  await dropEndedScans(engine, now - terms.keepEventsMs);
  await dropEndedScans(engine, now - limits.orderedScanKeptMs, { areOrdered: true });
  const locks = await dropLocks(engine, now);
  return { events, vulnerabilities, images, layers, locks };
}

function seenFromOf({ keepTaggedMs }: RetentionTerms, now: number): number | undefined {
  return keepTaggedMs === undefined ? undefined : now - keepTaggedMs;
}

/** The time of an event never changes, so it needs no second check. */
async function dropEvents(engine: Engine, before: number): Promise<number> {
  return await dropExpired<number>(engine, {
    atATime: eventsAtATime,
    find: async (db, after) => {
      const rows = await db
        .selectFrom('event')
        .select('number')
        .where('at', '<', before)
        .where('number', '>', after ?? 0)
        .orderBy('number')
        .limit(expiredAtATime)
        .execute();
      return rows.map(({ number }) => number);
    },
    drop: async (db, numbers) => {
      await dropBatchItems(db, numbers);
      await db.deleteFrom('notification').where('event_number', 'in', numbers).execute();
      await db.deleteFrom('event').where('number', 'in', numbers).execute();
      return numbers.length;
    },
  });
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

async function dropRecords(engine: Engine, before: number): Promise<number> {
  return await dropExpired<RowAge>(engine, {
    atATime: recordsAtATime,
    find: (db, after) =>
      expiredRecords(db, before)
        .select(['valid_to as at', 'id'])
        .$narrowType<{ at: number }>()
        .where(behind(['valid_to', 'id'], after && [after.at, after.id]))
        .orderBy('valid_to')
        .orderBy('id')
        .limit(expiredAtATime)
        .execute(),
    drop: async (db, some) => {
      const rows = await expiredRecords(db, before)
        .select('id')
        .where(
          'id',
          'in',
          some.map(({ id }) => id),
        )
        .execute();
      if (rows.length === 0) return 0;
      const ids = rows.map(({ id }) => id);
      await db.deleteFrom('affected').where('vulnerability_id', 'in', ids).execute();
      await db.deleteFrom('alias').where('vulnerability_id', 'in', ids).execute();
      await db.deleteFrom('vulnerability').where('id', 'in', ids).execute();
      return ids.length;
    },
  });
}

/** Returns a query for the closed records that no event and no notification refers to. */
function expiredRecords(db: Kysely<Tables>, before: number) {
  return db
    .selectFrom('vulnerability')
    .where('valid_to', '<', before)
    .where((eb) =>
      eb.and(
        (['event', 'notification'] as const).flatMap((table) =>
          (['old_id', 'new_id'] as const).map((column) =>
            eb.not(eb.exists(eb.selectFrom(table).select(column).whereRef(column, '=', 'vulnerability.id'))),
          ),
        ),
      ),
    );
}

/** Deletes results of lookups that no scan has renewed. */
async function dropLookups(engine: Engine, askedBefore: number): Promise<void> {
  const expired = await engine.db
    .selectFrom('looked_up')
    .select('id')
    .where('asked_at', '<', askedBefore)
    .limit(1)
    .executeTakeFirst();
  if (expired === undefined) return;
  await engine.write(async (db) => {
    await db.deleteFrom('looked_up').where('asked_at', '<', askedBefore).execute();
    await countLookups(db, 1);
  }, 'own rows');
}

/** Deletes jobs that no server runs any more, such as the update of a source that was removed. */
async function dropJobs(engine: Engine, now: number, dueBefore: number): Promise<void> {
  const expired = await engine.db
    .selectFrom('job')
    .select('name')
    .where('run_at', '<', dueBefore)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '<=', now)]))
    .execute();
  if (expired.length === 0) return;
  await engine.write(async (db) => {
    for (const { name } of expired)
      await db
        .deleteFrom('job')
        .where('name', '=', name)
        .where('run_at', '<', dueBefore)
        .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '<=', now)]))
        .execute();
  }, 'own rows');
}

/** Deletes scans that ended before a time; only those with an order if `areOrdered`. */
async function dropEndedScans(engine: Engine, before: number, { areOrdered = false } = {}): Promise<void> {
  for (;;) {
    const ended = await engine.db
      .selectFrom('scan_job')
      .select('name')
      .where('ended_at', '<', before)
      .$if(areOrdered, (query) => query.where('subject', 'is not', null))
      .limit(scansAtATime)
      .execute();
    if (ended.length === 0) return;
    const names = ended.map(({ name }) => name);
    await engine.write((db) => db.deleteFrom('scan_job').where('name', 'in', names).execute(), 'own rows');
  }
}

async function dropLocks(engine: Engine, now: number): Promise<number> {
  const expired = await engine.db
    .selectFrom('lock')
    .select('name')
    .where('expires_at', '<=', now)
    .limit(1)
    .executeTakeFirst();
  if (expired === undefined) return 0;
  const { numDeletedRows: dropped } = await engine.write(
    (db) => db.deleteFrom('lock').where('expires_at', '<=', now).executeTakeFirstOrThrow(),
    'own rows',
  );
  return Number(dropped);
}
