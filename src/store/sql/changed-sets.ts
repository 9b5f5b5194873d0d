import type { Kysely, SelectQueryBuilder } from 'kysely';
import { splitIntoChunks } from '../../kit/collections.ts';
import { redactUrl } from '../../kit/redact.ts';
import type { MatchKey } from '../affected-cursor.ts';
import type { Engine } from './engine.ts';
import { lastEventNumber } from './events.ts';
import { readValue, writeValue } from './key-values.ts';
import { packagesWithRows } from './match-key.ts';
import type { Tables } from './schema.ts';

/** State that the due sets follow: all changes up to an event, under these rules and with these feeds. */
interface FollowedState {
  readonly rules: string;
  readonly feeds: string;
  readonly event: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Whether sets may still be due for another reason than a change. Missing in states of earlier versions. */
  readonly countsAll?: boolean;
}

const stateKey = 'store/counted-changes';

/** Maximum time between two calls. Retention deletes events only long after it. */
const followedWithinMs = 7 * 24 * 3_600_000;
/** Age at which the time of the state is written again although nothing has changed. */
const renewedAfterMs = 24 * 3_600_000;

/** Numbers of events, records and sets per transaction or query. */
const eventsAtATime = 500;
const namesAtATime = 200;
const recordsAtATime = 100;
const setsAtATime = 2000;

interface MarkOptions {
  readonly rules: string;
  readonly now: number;
}

/** Marks the sets whose findings may have changed as due. An interruption can mark some of them again, but misses none. */
export async function markChangedSets(engine: Engine, { rules, now }: MarkOptions): Promise<void> {
  const { db } = engine;
  const before = await readState(db);
  const current = { rules, feeds: await feedsKey(db), event: await lastEventNumber(db), at: now };
  const ratings = await db.selectFrom('rating_change').selectAll().orderBy('number').execute();
  const isFollowing = before !== undefined && follows(current, before);
  const countsAll = !isFollowing || (before.countsAll === true && (await hasDueSet(db)));
  const state: FollowedState = { ...current, countsAll };
  if (!isFollowing || ratings.some(({ ids }) => ids === null)) await markAll(engine);
  else {
    await markNames(engine, [...new Set(ratings.flatMap(({ ids }) => readIds(ids)))]);
    await markEvents(engine, before.event, state.event);
  }
  const isRecent = isFollowing && before.event === state.event && now - before.at < renewedAfterMs;
  if (isRecent && ratings.length === 0) return;
  await engine.write(async (tx) => {
    const marked = ratings.map(({ number }) => number);
    for (const some of splitIntoChunks(marked, namesAtATime))
      await tx.deleteFrom('rating_change').where('number', 'in', some).execute();
    await writeValue(tx, stateKey, JSON.stringify(state));
  }, 'own rows');
}

/** Returns whether the log has all changes since a state. A feed that is loaded for the first time has no events. */
function follows({ rules, feeds, at }: FollowedState, before: FollowedState): boolean {
  return before.rules === rules && before.feeds === feeds && at - before.at < followedWithinMs;
}

/** Deletes changes that nothing has followed for a long time. The next count is of all sets. */
export async function dropUnfollowedChanges(engine: Engine, now: number): Promise<void> {
  const state = await readState(engine.db);
  if (state === undefined || now - state.at < followedWithinMs) return;
  await engine.write(async (db) => {
    await db.deleteFrom('key_value').where('key', '=', stateKey).execute();
    await db.deleteFrom('rating_change').execute();
  }, 'own rows');
}

/** Ids of changed ratings that are listed; more count as all. */
const listedIdsMax = 5000;

/** Records that the ratings of these vulnerabilities change. Does nothing while nothing is counted. */
export async function recordRatingChange(db: Kysely<Tables>, changed: readonly string[]): Promise<void> {
  if (changed.length === 0 || (await readState(db)) === undefined) return;
  const ids = changed.length > listedIdsMax ? null : JSON.stringify(changed);
  await db.insertInto('rating_change').values({ ids }).execute();
}

/** The same for the enrichments of an application that are staged. */
export async function recordStagedRatingChange(db: Kysely<Tables>): Promise<void> {
  const rows = await db
    .selectFrom('incoming_enrichment')
    .select('id')
    .limit(listedIdsMax + 1)
    .execute();
  await recordRatingChange(
    db,
    rows.map(({ id }) => id),
  );
}

/** Returns whether sets may be counted again although no advisory or rating has changed. */
export async function countsAllAgain(db: Kysely<Tables>): Promise<boolean> {
  return (await readState(db))?.countsAll ?? true;
}

async function hasDueSet(db: Kysely<Tables>): Promise<boolean> {
  const query = db.selectFrom('package_set').select('id').where('count_due', '>', 0).limit(1);
  return (await query.executeTakeFirst()) !== undefined;
}

async function readState(db: Kysely<Tables>): Promise<FollowedState | undefined> {
  const text = await readValue(db, stateKey);
  // The text was written by `markChangedSets`, so it needs no validation.
  return text === undefined ? undefined : (JSON.parse(text) as FollowedState);
}

function readIds(ids: string | null): readonly string[] {
  // The text was written by `recordRatingChange`, so it needs no validation.
  return ids === null ? [] : (JSON.parse(ids) as string[]);
}

/**
 * Returns a text that differs after each application that makes no events. When a feed covers a namespace again, the records retained for
 * it end without an event.
 */
async function feedsKey(db: Kysely<Tables>): Promise<string> {
  const feeds = await db
    .selectFrom('feed')
    .select(['source', 'name', 'source_version', 'origin', 'presence', 'revision'])
    .orderBy('source')
    .orderBy('name')
    .execute();
  const retained = await db
    .selectFrom('feed_namespace')
    .select(['feed_id', 'namespace_id', 'kept_since'])
    .where('kept_since', 'is not', null)
    .orderBy('feed_id')
    .orderBy('namespace_id')
    .execute();
  return JSON.stringify([
    ...feeds.map(({ source, name, source_version: version, origin, presence, revision }) => [
      ...[source, name, version, redactUrl(origin), presence, revision > 0],
    ]),
    ...retained.map((one) => [one.feed_id, one.namespace_id, one.kept_since]),
  ]);
}

async function markAll(engine: Engine): Promise<void> {
  const { last } = await engine.db
    .selectFrom('package_set')
    .select((eb) => eb.fn.max<number | null>('id').as('last'))
    .executeTakeFirstOrThrow();
  for (let first = 0; first <= (last ?? 0); first += setsAtATime)
    await engine.write(
      (db) =>
        markDue(db)
          .where('id', '>=', first)
          .where('id', '<', first + setsAtATime)
          .execute(),
      'own rows',
    );
}

/** Marks the sets that records hit which the events after a number name. Those of a same name may have an effect on each other. */
async function markEvents(engine: Engine, after: number, last: number): Promise<void> {
  for (let from = after; from < last; ) {
    const events = await engine.db
      .selectFrom('event')
      .select(['number', 'name', 'old_id'])
      .where('number', '>', from)
      .where('number', '<=', last)
      .orderBy('number')
      .limit(eventsAtATime)
      .execute();
    await markRecords(
      engine,
      events.flatMap(({ old_id: old }) => old ?? []),
    );
    await markNames(engine, [...new Set(events.map(({ name }) => name))]);
    from = events.at(-1)?.number ?? last;
  }
}

/** Marks the sets that the current records of vulnerabilities hit. */
async function markNames(engine: Engine, names: readonly string[]): Promise<void> {
  for (const some of splitIntoChunks(names, namesAtATime)) {
    const named = engine.db.selectFrom('vulnerability').select('id').where('name', 'in', some);
    const aliases = engine.db.selectFrom('alias').select('vulnerability_id as id').where('name', 'in', some);
    const records = await engine.db
      .selectFrom(named.union(aliases).as('named'))
      .innerJoin('vulnerability', 'vulnerability.id', 'named.id')
      .select('vulnerability.id')
      .where('vulnerability.valid_to', 'is', null)
      .execute();
    await markRecords(
      engine,
      records.map(({ id }) => id),
    );
  }
}

async function markRecords(engine: Engine, records: readonly number[]): Promise<void> {
  for (const some of splitIntoChunks(records, recordsAtATime)) {
    const rows = await setsHitBy(engine.db, some, 'name')
      .union(setsHitBy(engine.db, some, 'source'))
      .execute();
    const sets = rows.map(({ set }) => set).sort((a, b) => a - b);
    for (const few of splitIntoChunks(sets, namesAtATime))
      await engine.write((db) => markDue(db).where('id', 'in', few).execute(), 'own rows');
  }
}

function markDue(db: Kysely<Tables>) {
  return db.updateTable('package_set').set((eb) => ({ count_due: eb('count_due', '+', 1) }));
}

function setsHitBy(
  db: Kysely<Tables>,
  records: readonly number[],
  by: MatchKey,
): SelectQueryBuilder<Tables, 'package' | 'set_package' | 'affected', { set: number }> {
  return packagesWithRows(db, by)
    .innerJoin('set_package', 'set_package.package_id', 'package.id')
    .select('set_package.set_id as set')
    .distinct()
    .where('affected.vulnerability_id', 'in', records);
}
