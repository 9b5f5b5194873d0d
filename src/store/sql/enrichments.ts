import type { Kysely } from 'kysely';
import { splitIntoChunks } from '../../kit/collections.ts';
import type { Enrichment } from '../../model/enrichment.ts';
import { compareText } from '../../model/order.ts';
import type { FeedUpdate } from '../advisory-store.ts';
import type { EnrichmentStore, StoredEnrichment } from '../enrichment-store.ts';
import type { FeedChangeCounts, FeedName } from '../feed-state.ts';
import type { PageRequest } from '../page.ts';
import { recordStagedRatingChange } from './changed-sets.ts';
import { assertNotOlder, FeedDates, resolveContentDate } from './content-date.ts';
import type { Engine, EngineConnection } from './engine.ts';
import { EnrichmentDiff } from './enrichment-diff.ts';
import { statedDates } from './feed-update.ts';
import { concurrentUpdateError, findFeed, saveFeed } from './feeds.ts';
import { assertLeaseHeld } from './leases.ts';
import { findLookupEnrichments, findLookups, saveLookupResults } from './lookups.ts';
import { RatingHashes } from './rating-hashes.ts';
import type { Tables } from './schema.ts';
import type { ScorePack } from './score-packs.ts';
import { findScores, isPacked, packsOf, savePacks, scoresInFeed } from './score-rows.ts';
import { assertNotShrunk } from './shrinkage.ts';
import { mergeSkipped } from './skipped.ts';
import { millisecondsOrNull } from './times.ts';

/** Returns the enrichments of a store; `now` is in milliseconds since 1970. */
export function enrichmentStore(engine: Engine, now: () => number): EnrichmentStore {
  return {
    apply: async (update, records) => {
      // Read before the session, which may be a transaction, by a connection that keeps no rows in memory.
      const feed = await findFeed(engine.bulkDb, update);
      const stored = await hashesOf(engine.bulkDb, feed?.id);
      return await engine.session((session) =>
        apply({ engine, session, now, update, feed, stored }, records),
      );
    },
    findByIds: (ids) => findByIds(engine.db, [...new Set(ids)]),
    findWithFeeds: async (ids) =>
      (await findAll(engine.db, [...new Set(ids)])).map(({ feed, enrichment }) => ({ ...enrichment, feed })),
    pageByFeed: (feed, page) => pageByFeed(engine.db, feed, page),
    pageWithProducts: (feed, page) => rowsInFeed(engine.bulkDb, feed, page, `%"products":[{"product":%`),
    findLookups: (ids) => findLookups(engine.db, [...new Set(ids)]),
    saveLookups: (answers) => saveLookupResults(engine, answers),
  };
}

interface EnrichmentApplication {
  readonly engine: Engine;
  readonly session: EngineConnection;
  readonly now: () => number;
  readonly update: FeedUpdate;
  /** The feed, as it was when the hashes were read. */
  readonly feed: Awaited<ReturnType<typeof findFeed>>;
  readonly stored: RatingHashes;
}

/** Compares the stream with the stored enrichments while it is read, then commits the differences in one short transaction. */
async function apply(
  { engine, session, now, update, feed, stored }: EnrichmentApplication,
  records: Parameters<EnrichmentStore['apply']>[1],
): Promise<FeedChangeCounts> {
  const storedPacks = feed === undefined ? new Map<number, ScorePack>() : await packsOf(session.db, feed.id);
  const before = stored.size + [...storedPacks.values()].reduce((sum, { count }) => sum + count, 0);
  await createStagingTable(session.db, engine);
  const writer = session.bulkWriter(session.db, 'incoming_enrichment', ['id', 'hash', 'data']);
  const comparison = new EnrichmentDiff({ stored, storedPacks, writer, update });
  await comparison.read(
    typeof records === 'function' ? records((document) => comparison.isKnown(document)) : records,
  );
  const { added, changed, removed, unchanged, skipped } = comparison;
  const after = before + added - removed;
  assertNotShrunk(update, feed, { before, after });
  const dates = new FeedDates(now());
  dates.addStatedDates(update);
  const dated = { update, feed, dates, now: now() };
  const contentDate = resolveContentDate(dated);
  assertNotOlder(dated, contentDate);
  await session.write(async (db) => {
    const feedId = await saveFeed(db, {
      update,
      records: after,
      newestAdvisory: dates.record ?? millisecondsOrNull(statedDates(update).lastModified),
      contentDate,
      skipped: mergeSkipped(comparison, update, feed),
      comparedWith: feed,
      appliedAt: Math.max(now(), feed?.applied_at ?? 0),
    });
    if (feedId === undefined) throw concurrentUpdateError(update);
    await recordStagedRatingChange(db);
    await commitStaged(db, feedId);
    await savePacks(db, feedId, comparison.changedPacks);
    await assertLeaseHeld(db, update.lease);
  }, 'own rows');
  return { added, changed, removed, unchanged, kept: 0, skipped };
}

/** Number of hashes that are read at a time. */
const hashesAtATime = 5000;

/** Returns the hashes of the ratings of a feed; none for a feed that was never applied. */
async function hashesOf(db: Kysely<Tables>, feedId: number | undefined): Promise<RatingHashes> {
  const hashes = new RatingHashes();
  if (feedId === undefined) return hashes;
  let page = await pageOfHashes(db, feedId);
  for (let last = page.at(-1); last !== undefined; last = page.at(-1)) {
    for (const { id, hash } of page) hashes.add(id, hash);
    page = page.length < hashesAtATime ? [] : await pageOfHashes(db, feedId, last.id);
  }
  return hashes;
}

async function pageOfHashes(
  db: Kysely<Tables>,
  feedId: number,
  after?: string,
): Promise<{ readonly id: string; readonly hash: string }[]> {
  const first = db.selectFrom('enrichment').select(['id', 'hash']).where('feed_id', '=', feedId);
  const rows = after === undefined ? first : first.where('id', '>', after);
  return await rows.orderBy('id').limit(hashesAtATime).execute();
}

async function createStagingTable(db: Kysely<Tables>, { types }: Engine): Promise<void> {
  await db.schema
    .createTable('incoming_enrichment')
    .temporary()
    .addColumn('id', 'text')
    .addColumn('hash', 'text')
    .addColumn('data', 'text')
    .modifyEnd(types.staging)
    .execute();
}

async function commitStaged(db: Kysely<Tables>, feedId: number): Promise<void> {
  await db
    .deleteFrom('enrichment')
    .where('feed_id', '=', feedId)
    .where('id', 'in', db.selectFrom('incoming_enrichment').select('id').where('data', 'is', null))
    .execute();
  await db
    .insertInto('enrichment')
    .columns(['feed_id', 'id', 'hash', 'data'])
    .expression((eb) =>
      eb
        .selectFrom('incoming_enrichment')
        .select((is) => [
          is.lit(feedId).as('feed_id'),
          'id',
          is.ref('hash').$notNull().as('hash'),
          is.ref('data').$notNull().as('data'),
        ])
        .where('data', 'is not', null),
    )
    .onConflict((conflict) =>
      conflict.columns(['feed_id', 'id']).doUpdateSet((eb) => ({
        hash: eb.ref('excluded.hash'),
        data: eb.ref('excluded.data'),
      })),
    )
    .execute();
}

/** Number of ids per query. */
const idsAtATime = 500;

/** An enrichment with its source and feed. */
export interface FoundEnrichment {
  readonly id: string;
  readonly source: string;
  readonly feed: string;
  readonly enrichment: StoredEnrichment;
}

async function findByIds(
  db: Kysely<Tables>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly StoredEnrichment[]>> {
  const byId = Map.groupBy(await withoutEarlierAnswers(db, await findAll(db, ids)), ({ id }) => id);
  return new Map([...byId].map(([id, rows]) => [id, rows.map(({ enrichment }) => enrichment)]));
}

/** Leaves out the result of a lookup or the row of a feed of the same source, whichever is earlier. */
async function withoutEarlierAnswers(
  db: Kysely<Tables>,
  found: readonly FoundEnrichment[],
): Promise<readonly FoundEnrichment[]> {
  const nameOf = ({ id, source }: FoundEnrichment): string => `${id} ${source}`;
  const looked = found.filter(({ feed }) => feed === '');
  const listed = new Set(looked.length === 0 ? [] : found.filter(({ feed }) => feed !== '').map(nameOf));
  const both = looked.filter((one) => listed.has(nameOf(one)));
  if (both.length === 0) return found;
  const answers = await findLookups(
    db,
    both.map(({ id }) => id),
  );
  const checked = await checkedAtOf(db, [...new Set(both.map(({ source }) => source))]);
  const later = new Map(
    both.map((one) => {
      const askedAt = Date.parse(answers.get(one.id)?.askedAt ?? '');
      return [nameOf(one), askedAt > (checked.get(one.source) ?? 0) ? 'lookup' : 'feed'] as const;
    }),
  );
  return found.filter((one) => {
    const kept = later.get(nameOf(one));
    return kept === undefined || (kept === 'lookup') === (one.feed === '');
  });
}

/** Returns when the feeds of each source were last checked, in milliseconds since 1970. */
async function checkedAtOf(
  db: Kysely<Tables>,
  sources: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('feed')
    .select(['source', 'checked_at'])
    .where('source', 'in', sources)
    .orderBy('checked_at')
    .execute();
  return new Map(rows.map(({ source, checked_at: at }) => [source, at]));
}

async function findAll(db: Kysely<Tables>, ids: readonly string[]): Promise<FoundEnrichment[]> {
  const found = await findRows(db, ids);
  found.push(...(await findScores(db, ids)), ...(await findLookupEnrichments(db, ids)));
  return found.sort((a, b) => compareText(a.source, b.source) || compareText(a.feed, b.feed));
}

/** Returns the enrichments of these ids that are rows: neither packed scores nor results of lookups. */
export async function findRows(db: Kysely<Tables>, ids: readonly string[]): Promise<FoundEnrichment[]> {
  const found: FoundEnrichment[] = [];
  for (const some of splitIntoChunks(ids, idsAtATime)) {
    const rows = await db
      .selectFrom('enrichment')
      .innerJoin('feed', 'feed.id', 'enrichment.feed_id')
      .select(['enrichment.id', 'enrichment.data', 'feed.source', 'feed.name as feed'])
      .where('enrichment.id', 'in', some)
      .execute();
    found.push(...rows.map((row) => ({ ...row, enrichment: toEnrichment(row) })));
  }
  return found;
}

/** Returns the rows of a feed, then its packed scores. The last id of the previous page decides with which a page begins. */
export async function pageByFeed(
  db: Kysely<Tables>,
  feed: FeedName,
  { limit, after }: PageRequest<string>,
): Promise<Enrichment[]> {
  if (after !== undefined && (await isPacked(db, feed, after)))
    return await scoresInFeed(db, feed, { limit, after });
  const rows = await rowsInFeed(db, feed, { limit, ...(after !== undefined && { after }) });
  if (rows.length === limit) return rows;
  return [...rows, ...(await scoresInFeed(db, feed, { limit: limit - rows.length }))];
}

async function rowsInFeed(
  db: Kysely<Tables>,
  { source, feed }: FeedName,
  { limit, after }: PageRequest<string>,
  pattern?: string,
): Promise<Enrichment[]> {
  let query = db
    .selectFrom('enrichment')
    .innerJoin('feed', 'feed.id', 'enrichment.feed_id')
    .select(['enrichment.id', 'enrichment.data'])
    .where('feed.source', '=', source)
    .where('feed.name', '=', feed)
    .orderBy('enrichment.id')
    .limit(limit);
  if (after !== undefined) query = query.where('enrichment.id', '>', after);
  if (pattern !== undefined) query = query.where('enrichment.data', 'like', pattern);
  return (await query.execute()).map(({ id, data }) => ({ id, ...readData(data) }));
}

function toEnrichment({ id, data, source }: { id: string; data: string; source: string }): StoredEnrichment {
  return { ...readData(data), id, source };
}

function readData(data: string): Omit<Enrichment, 'id'> {
  // The text was written from an enrichment, so it needs no validation.
  return JSON.parse(data) as Omit<Enrichment, 'id'>;
}
