import { type Kysely, sql } from 'kysely';
import { ClairError } from '../../kit/errors.ts';
import type { AdvisoryStore, FeedDifference, FeedUpdate, KeyedRecord } from '../store.ts';
import { type Comparison, compare, recordsInForce, type StoredRecord } from './comparison.ts';
import type { Connection, Engine } from './engine.ts';
import { type FeedRow, feedStates, findFeed, saveFeed, touchFeed } from './feeds.ts';
import { affectedColumns, Incoming } from './incoming.ts';
import type { Namespaces } from './namespaces.ts';
import type { Tables } from './schema.ts';

/** What the advisory tables need besides an engine. */
export interface AdvisoryRoom {
  readonly namespaces: Namespaces;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The advisories of a store. */
export function advisoryStore(engine: Engine, room: AdvisoryRoom): AdvisoryStore {
  return {
    feedStates: () => feedStates(engine.db),
    speaksOf: (namespace) => speaksOf(engine.db, namespace),
    apply: (update, records) =>
      engine.session((session) => apply({ engine, session, room, update }, records)),
    touch: (state) => engine.write((db) => touchFeed(db, state)),
  };
}

async function speaksOf(db: Kysely<Tables>, namespace: string): Promise<boolean> {
  const row = await db
    .selectFrom('affected')
    .innerJoin('namespace', 'namespace.id', 'affected.namespace_id')
    .innerJoin('vulnerability', 'vulnerability.id', 'affected.vulnerability_id')
    .select('namespace.id')
    .where('namespace.name', '=', namespace)
    .where('vulnerability.valid_to', 'is', null)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

interface Application {
  readonly engine: Engine;
  readonly session: Connection;
  readonly room: AdvisoryRoom;
  readonly update: FeedUpdate;
}

/** Compares the stream with what is stored while it comes in, then makes the difference good in one short transaction. */
async function apply(application: Application, records: AsyncIterable<KeyedRecord>): Promise<FeedDifference> {
  const { engine, session, room, update } = application;
  const feed = await findFeed(session.db, update);
  const stored =
    feed === undefined ? new Map<string, StoredRecord>() : await recordsInForce(session.db, feed);
  const incoming = await Incoming.open(session, engine.types, room.namespaces);
  const comparison = await compare(records, { stored, incoming, update });
  await session.write((db) => makeGood(db, { ...application, feed, incoming, comparison }));
  return comparison.difference;
}

interface Outcome extends Application {
  readonly feed: FeedRow | undefined;
  readonly incoming: Incoming;
  readonly comparison: Comparison;
}

async function makeGood(db: Kysely<Tables>, outcome: Outcome): Promise<void> {
  const { room, update, feed, incoming, comparison } = outcome;
  const { changed, removed } = comparison.difference;
  // Clocks are set back at times; the history of a feed goes on all the same.
  const at = Math.max(room.now(), feed?.applied_at ?? 0);
  const lastModified = update.lastModified === undefined ? null : Date.parse(update.lastModified);
  const feedId = await saveFeed(db, {
    update,
    records: comparison.records,
    newestAdvisory: comparison.newest ?? lastModified,
    comparedWith: feed?.revision ?? 0,
    appliedAt: at,
  });
  if (feedId === undefined) {
    throw new ClairError(
      'store-unusable',
      `${update.source} ${update.feed} was applied by another process at the same time: its content stays, try again`,
    );
  }
  if (changed + removed > 0) await closeRecords(db, at);
  if (incoming.count > 0) await insertRecords(db, { count: incoming.count, feedId, at });
}

async function closeRecords(db: Kysely<Tables>, at: number): Promise<void> {
  const closed = db.selectFrom('incoming_closed').select('id');
  await db.updateTable('vulnerability').set({ valid_to: at }).where('id', 'in', closed).execute();
}

interface Insertion {
  readonly count: number;
  readonly feedId: number;
  readonly at: number;
}

async function insertRecords(db: Kysely<Tables>, { count, feedId, at }: Insertion): Promise<void> {
  const { last_id: last } = await db
    .updateTable('id_counter')
    .set((eb) => ({ last_id: eb('last_id', '+', count) }))
    .where('name', '=', 'vulnerability')
    .returning('last_id')
    .executeTakeFirstOrThrow();
  const id = sql<number>`number + ${sql.lit(last - count)}`;
  const shown = ['key', 'hash', 'name', 'severity', 'details'] as const;
  await db
    .insertInto('vulnerability')
    .columns(['id', 'feed_id', 'valid_from', ...shown])
    .expression(
      db
        .selectFrom('incoming_vulnerability')
        .select([id.as('id'), sql.lit(feedId).as('feed_id'), sql.lit(at).as('valid_from'), ...shown]),
    )
    .execute();
  // As good as in the order in which they are to lie: each goes right behind the one before.
  await db
    .insertInto('affected')
    .columns(['vulnerability_id', ...affectedColumns])
    .expression(
      db
        .selectFrom('incoming_affected')
        .select([id.as('vulnerability_id'), ...affectedColumns])
        .orderBy('namespace_id')
        .orderBy('package')
        .orderBy('hi'),
    )
    .execute();
}
