import type { Kysely, Selectable } from 'kysely';
import { ClairError } from '../../core/errors.ts';
import { redact, redactUrl } from '../../kit/redact.ts';
import type { DateEvidence } from '../../model/content-date.ts';
import { compareText } from '../../model/order.ts';
import type { FeedUpdate } from '../advisory-store.ts';
import type {
  CheckedFeed,
  FeedFailure,
  FeedIdentity,
  FeedName,
  FeedState,
  SkippedSample,
} from '../feed-state.ts';
import type { Tables } from './schema.ts';
import { isoTime, isoTimeOrNull, milliseconds, millisecondsOrNull } from './times.ts';

/** A feed as a row. */
export type FeedRow = Selectable<Tables['feed']>;

/** Returns the states of all feeds, now or at a moment. Leaves out feeds that were not yet loaded at that moment. */
export async function readFeedStates(db: Kysely<Tables>, moment: number | undefined): Promise<FeedState[]> {
  const rows = await db.selectFrom('feed').selectAll().orderBy('id').execute();
  const retained = await retainedNamespaces(db, moment ?? Number.MAX_SAFE_INTEGER);
  const past = moment === undefined ? rows : await contentsAt(db, rows, moment);
  // Hundreds of feeds have the same origin.
  const origins = new Map(
    [...new Set(past.map(({ origin }) => origin))].map((origin) => [origin, redactUrl(origin)]),
  );
  return past.map((row) => ({
    source: row.source,
    feed: row.name,
    sourceVersion: row.source_version,
    // Earlier versions stored the credentials of a mirror.
    origin: origins.get(row.origin) ?? '',
    presence: row.presence,
    fingerprint: row.fingerprint,
    fetchedAt: isoTime(row.fetched_at),
    checkedAt: isoTime(row.checked_at),
    newestAdvisory: isoTimeOrNull(row.newest_advisory),
    contentDate: isoTimeOrNull(row.content_date),
    contentEvidence: row.content_evidence,
    ...(row.content_model !== null && { contentModel: row.content_model }),
    records: row.records,
    skipped: { count: row.skipped, sample: readSample(row.skipped_sample) },
    kept: retained.get(row.id) ?? [],
    lastFailure:
      row.failed_at === null ? null : { at: isoTime(row.failed_at), message: redact(row.failure ?? '') },
  }));
}

async function retainedNamespaces(db: Kysely<Tables>, moment: number): Promise<Map<number, string[]>> {
  const rows = await db
    .selectFrom('feed_namespace')
    .innerJoin('namespace', 'namespace.id', 'feed_namespace.namespace_id')
    .select(['feed_namespace.feed_id', 'namespace.name'])
    .where('feed_namespace.kept_since', '<=', moment)
    .execute();
  const byFeed = Map.groupBy(
    rows.sort((a, b) => compareText(a.name, b.name)),
    ({ feed_id: feed }) => feed,
  );
  return new Map([...byFeed].map(([feed, retained]) => [feed, retained.map(({ name }) => name)]));
}

/**
 * Returns the content of each feed at a moment. Content that was confirmed after that moment was current at the moment, too. No
 * check later than the moment is reported.
 */
async function contentsAt(db: Kysely<Tables>, rows: readonly FeedRow[], moment: number): Promise<FeedRow[]> {
  const replaced = await db
    .selectFrom('feed_history')
    .selectAll()
    .where('applied_at', '<=', moment)
    .where('replaced_at', '>', moment)
    .execute();
  return rows.flatMap((row) => {
    const isOfThen = row.revision > 0 && row.applied_at <= moment;
    const content = isOfThen ? row : replaced.find(({ feed_id: feed }) => feed === row.id);
    if (content === undefined) return [];
    const checked = Math.max(content.fetched_at, Math.min(content.checked_at, moment));
    const then = { ...row, ...content, presence: 'loaded' as const, checked_at: checked };
    return [{ ...then, skipped_sample: '[]', failed_at: null, failure: null }];
  });
}

/** Returns when a feed was loaded for the first time, as far as the history goes back. */
export async function findFirstLoad(db: Kysely<Tables>, name: FeedName): Promise<string | null> {
  const feed = await findFeed(db, name);
  if (feed === undefined || feed.revision === 0) return null;
  const { first } = await db
    .selectFrom('feed_history')
    .select((eb) => eb.fn.min<number | null>('applied_at').as('first'))
    .where('feed_id', '=', feed.id)
    .executeTakeFirstOrThrow();
  return isoTime(Math.min(feed.applied_at, first ?? feed.applied_at));
}

/** Returns the sample of skipped records of a feed. */
export function readSample(text: string): SkippedSample[] {
  // The text was written by `saveFeed`, so it needs no validation.
  return JSON.parse(text) as SkippedSample[];
}

/** Returns the row of one feed. */
export async function findFeed(db: Kysely<Tables>, { source, feed }: FeedName): Promise<FeedRow | undefined> {
  return await db
    .selectFrom('feed')
    .selectAll()
    .where('source', '=', source)
    .where('name', '=', feed)
    .executeTakeFirst();
}

/** Columns of a feed before anything was loaded. */
const nothingLoaded = {
  newest_advisory: null,
  content_date: null,
  content_evidence: null,
  content_model: null,
  records: 0,
  revision: 0,
  applied_at: 0,
};

/** Writes the state of a feed whose records stay as they are. */
export async function touchFeed(db: Kysely<Tables>, found: CheckedFeed): Promise<void> {
  const state = {
    source_version: found.sourceVersion,
    origin: found.origin,
    presence: found.presence,
    fingerprint: found.fingerprint,
    fetched_at: milliseconds(found.fetchedAt),
    checked_at: milliseconds(found.checkedAt),
    failed_at: null,
    failure: null,
  };
  const nothing = { ...nothingLoaded, skipped: 0, skipped_sample: '[]' };
  await db
    .insertInto('feed')
    .values({ source: found.source, name: found.feed, ...state, ...nothing })
    .onConflict((conflict) => conflict.columns(['source', 'name']).doUpdateSet(state))
    .execute();
}

/** Records a failed update of a feed. */
export async function recordFailure(
  db: Kysely<Tables>,
  { source, feed, sourceVersion, origin }: FeedIdentity,
  { at, message }: FeedFailure,
): Promise<void> {
  const time = milliseconds(at);
  const failure = { failed_at: time, failure: redact(message) };
  await db
    .insertInto('feed')
    .values({
      source,
      name: feed,
      source_version: sourceVersion,
      origin,
      presence: 'failed',
      fingerprint: '',
      fetched_at: time,
      checked_at: time,
      ...nothingLoaded,
      skipped: 0,
      skipped_sample: '[]',
      ...failure,
    })
    .onConflict((conflict) => conflict.columns(['source', 'name']).doUpdateSet(failure))
    .execute();
}

/** Date of the content of a feed, in milliseconds since 1970, its evidence, and what computed the content. */
export interface ContentDate {
  readonly time: number;
  readonly evidence: DateEvidence;
  /** Version of the model that computed the content. */
  readonly model?: string;
}

/** New state of a feed after its records were applied. */
export interface AppliedFeed {
  readonly update: FeedUpdate;
  readonly records: number;
  readonly newestAdvisory: number | null;
  readonly contentDate: ContentDate | undefined;
  readonly skipped: FeedState['skipped'];
  /** The feed that the records were compared with; undefined if there was none. */
  readonly comparedWith: FeedRow | undefined;
  readonly appliedAt: number;
}

/**
 * Writes the state of a feed that is being applied, and moves the previous state into the history. Returns its number; undefined
 * if another revision was applied meanwhile.
 */
export async function saveFeed(db: Kysely<Tables>, applied: AppliedFeed): Promise<number | undefined> {
  const { update, comparedWith } = applied;
  const revision = comparedWith?.revision ?? 0;
  if (comparedWith !== undefined && revision > 0) await saveHistory(db, comparedWith, applied.appliedAt);
  const published = update.kind === 'published' ? update.state : undefined;
  const skipped = published?.skipped ?? applied.skipped;
  const state = {
    source_version: update.sourceVersion,
    origin: update.origin,
    presence: 'loaded' as const,
    fingerprint: update.fingerprint,
    fetched_at: milliseconds(update.fetchedAt),
    checked_at: milliseconds(published?.checkedAt ?? update.fetchedAt),
    newest_advisory:
      published === undefined ? applied.newestAdvisory : millisecondsOrNull(published.newestAdvisory),
    ...contentColumns(applied.contentDate),
    records: applied.records,
    skipped: skipped.count,
    skipped_sample: JSON.stringify(skipped.sample),
    failed_at: null,
    failure: null,
    revision: revision + 1,
    applied_at: applied.appliedAt,
  };
  const saved = await db
    .insertInto('feed')
    .values({ source: update.source, name: update.feed, ...state })
    .onConflict((conflict) =>
      conflict.columns(['source', 'name']).doUpdateSet(state).where('feed.revision', '=', revision),
    )
    .returning('id')
    .executeTakeFirst();
  return saved?.id;
}

function contentColumns(
  date: ContentDate | undefined,
): Pick<FeedRow, 'content_date' | 'content_evidence' | 'content_model'> {
  return {
    content_date: date?.time ?? null,
    content_evidence: date?.evidence ?? null,
    content_model: date?.model ?? null,
  };
}

/** Another process applied the feed during the comparison. */
export function concurrentUpdateError({ source, feed }: FeedUpdate): ClairError {
  return new ClairError(
    'store-conflict',
    `${source} ${feed} was applied by another process at the same time: this update was not applied; try again`,
  );
}

/** Copies the state from the table: the feed may have been found current after the comparison. */
async function saveHistory(db: Kysely<Tables>, { id }: FeedRow, replacedAt: number): Promise<void> {
  const columns = [
    'source_version',
    'origin',
    'fingerprint',
    'fetched_at',
    'checked_at',
    'newest_advisory',
    'content_date',
    'content_evidence',
    'content_model',
    'records',
    'skipped',
    'applied_at',
  ] as const;
  await db
    .insertInto('feed_history')
    .columns(['feed_id', 'replaced_at', ...columns])
    .expression((eb) =>
      eb
        .selectFrom('feed')
        .select([
          'id as feed_id',
          eb.cast<number>(eb.val(replacedAt), 'bigint').as('replaced_at'),
          ...columns,
        ])
        .where('id', '=', id),
    )
    .execute();
}
