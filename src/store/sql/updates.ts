import { type Kysely, sql } from 'kysely';
import { compareText } from '../../model/order.ts';
import type {
  AppliedUpdate,
  FeedContent,
  RecordChanges,
  UpdatePeriod,
  UpdateStore,
} from '../update-store.ts';
import type { Engine } from './engine.ts';
import { findFeed } from './feeds.ts';
import { isValidAt } from './history.ts';
import type { Tables } from './schema.ts';
import { isoTime, milliseconds } from './times.ts';

/** Returns the applied updates of a store. */
export function updateStore(engine: Engine): UpdateStore {
  const { db } = engine;
  return {
    findApplied: (perFeed) => findApplied(db, perFeed),
    findContents: () => findContents(db),
    findChanges: (period, limit) => findChanges(db, period, limit),
    removeReplaced: async ({ source, feed, appliedAt }) => {
      const { id } = (await findFeed(db, { source, feed })) ?? {};
      if (id === undefined) return false;
      const { numDeletedRows: deleted } = await engine.write((writing) =>
        writing
          .deleteFrom('feed_history')
          .where('feed_id', '=', id)
          .where('applied_at', '=', milliseconds(appliedAt))
          .executeTakeFirstOrThrow(),
      );
      return deleted > 0n;
    },
  };
}

async function findApplied(db: Kysely<Tables>, perFeed: number): Promise<AppliedUpdate[]> {
  const current = db
    .selectFrom('feed')
    .select(['id as feed_id', 'source', 'name as feed', 'fingerprint', 'applied_at'])
    .select(sql<number>`1`.as('is_current'))
    .where('revision', '>', 0);
  const replaced = db
    .selectFrom('feed_history')
    .innerJoin('feed', 'feed.id', 'feed_history.feed_id')
    .select(['feed_history.feed_id', 'feed.source', 'feed.name as feed'])
    .select(['feed_history.fingerprint', 'feed_history.applied_at'])
    .select(sql<number>`0`.as('is_current'));
  const rows = await db
    .selectFrom(
      db
        .selectFrom(current.unionAll(replaced).as('applied'))
        .selectAll()
        .select(
          sql<number>`row_number() over (partition by feed_id order by is_current desc, applied_at desc)`.as(
            'place',
          ),
        )
        .as('placed'),
    )
    .selectAll()
    .where('place', '<=', perFeed)
    .orderBy('applied_at', 'desc')
    .orderBy('feed_id')
    .execute();
  return rows.map(({ source, feed, fingerprint, applied_at: at, is_current: isCurrent }) => ({
    source,
    feed,
    fingerprint,
    appliedAt: isoTime(at),
    isCurrent: isCurrent === 1,
  }));
}

async function findContents(db: Kysely<Tables>): Promise<FeedContent[]> {
  const feeds = await db
    .selectFrom('feed')
    .select(['id', 'source', 'name as feed', 'revision', 'applied_at'])
    .orderBy('id')
    .execute();
  const covered = await db
    .selectFrom('feed_namespace')
    .innerJoin('namespace', 'namespace.id', 'feed_namespace.namespace_id')
    .select(['feed_namespace.feed_id', 'namespace.name'])
    .where('feed_namespace.kept_since', 'is', null)
    .execute();
  const namesOf = Map.groupBy(covered, (row) => row.feed_id);
  return feeds.map(({ id, source, feed, revision, applied_at: at }) => ({
    source,
    feed,
    appliedAt: revision > 0 ? isoTime(at) : null,
    namespaces: (namesOf.get(id) ?? []).map(({ name }) => name).sort(compareText),
  }));
}

/** Reads all records of the feed: their changes are asked for rarely, and need no index of their own. */
async function findChanges(
  db: Kysely<Tables>,
  { source, feed, from, to }: UpdatePeriod,
  limit: number,
): Promise<RecordChanges> {
  const { id } = (await findFeed(db, { source, feed })) ?? {};
  if (id === undefined) return { added: [], removed: [] };
  const [before, after] = [from === null ? -1 : milliseconds(from), milliseconds(to)];
  const currentOnlyAt = async (at: number, notAt: number): Promise<number[]> => {
    const rows = await db
      .selectFrom('vulnerability')
      .select('id')
      .where('feed_id', '=', id)
      .where('kept_for', '=', 0)
      .where((eb) => isValidAt(eb, at))
      .where((eb) => eb.not(isValidAt(eb, notAt)))
      .orderBy('id')
      .limit(limit)
      .execute();
    return rows.map((row) => row.id);
  };
  return { added: await currentOnlyAt(after, before), removed: await currentOnlyAt(before, after) };
}
