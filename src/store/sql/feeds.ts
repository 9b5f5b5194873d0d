import type { Kysely, Selectable } from 'kysely';
import type { FeedState, FeedUpdate } from '../store.ts';
import type { Tables } from './schema.ts';

/** A feed as a row. */
export type FeedRow = Selectable<Tables['feed']>;

/** The states of all feeds. */
export async function feedStates(db: Kysely<Tables>): Promise<FeedState[]> {
  const rows = await db.selectFrom('feed').selectAll().orderBy('id').execute();
  return rows.map((row) => ({
    source: row.source,
    feed: row.name,
    sourceVersion: row.source_version,
    origin: row.origin,
    presence: row.presence,
    fingerprint: row.fingerprint,
    fetchedAt: isoTime(row.fetched_at),
    checkedAt: isoTime(row.checked_at),
    newestAdvisory: row.newest_advisory === null ? null : isoTime(row.newest_advisory),
    records: row.records,
  }));
}

/** The row of one feed. */
export async function findFeed(
  db: Kysely<Tables>,
  { source, feed }: Pick<FeedUpdate, 'source' | 'feed'>,
): Promise<FeedRow | undefined> {
  return await db
    .selectFrom('feed')
    .selectAll()
    .where('source', '=', source)
    .where('name', '=', feed)
    .executeTakeFirst();
}

/** Writes the state of a feed whose records stay as they are. */
export async function touchFeed(
  db: Kysely<Tables>,
  state: Omit<FeedState, 'records' | 'newestAdvisory'>,
): Promise<void> {
  const found = {
    source_version: state.sourceVersion,
    origin: state.origin,
    presence: state.presence,
    fingerprint: state.fingerprint,
    fetched_at: milliseconds(state.fetchedAt),
    checked_at: milliseconds(state.checkedAt),
  };
  const never = { newest_advisory: null, records: 0, revision: 0, applied_at: 0 };
  await db
    .insertInto('feed')
    .values({ source: state.source, name: state.feed, ...found, ...never })
    .onConflict((conflict) => conflict.columns(['source', 'name']).doUpdateSet(found))
    .execute();
}

/** What is new about a feed after its records were applied. */
export interface AppliedFeed {
  readonly update: FeedUpdate;
  readonly records: number;
  readonly newestAdvisory: number | null;
  /** Revision the records were compared with. */
  readonly comparedWith: number;
  readonly appliedAt: number;
}

/** Writes the state of a feed that is being applied; its number, or undefined if another revision was applied meanwhile. */
export async function saveFeed(db: Kysely<Tables>, applied: AppliedFeed): Promise<number | undefined> {
  const { update, records, newestAdvisory, comparedWith, appliedAt } = applied;
  const fetched = milliseconds(update.fetchedAt);
  const state = {
    source_version: update.sourceVersion,
    origin: update.origin,
    presence: 'loaded' as const,
    fingerprint: update.fingerprint,
    fetched_at: fetched,
    checked_at: fetched,
    newest_advisory: newestAdvisory,
    records,
    revision: comparedWith + 1,
    applied_at: appliedAt,
  };
  const saved = await db
    .insertInto('feed')
    .values({ source: update.source, name: update.feed, ...state })
    .onConflict((conflict) =>
      conflict.columns(['source', 'name']).doUpdateSet(state).where('feed.revision', '=', comparedWith),
    )
    .returning('id')
    .executeTakeFirst();
  return saved?.id;
}

function milliseconds(time: string): number {
  const value = Date.parse(time);
  if (Number.isNaN(value)) throw new Error(`not a time: ${time}`);
  return value;
}

function isoTime(value: number): string {
  return new Date(value).toISOString();
}
