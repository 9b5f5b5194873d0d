import type { Kysely } from 'kysely';
import { redactUrl } from '../../kit/redact.ts';
import type { Namespace } from '../../model/namespace.ts';
import { compareText } from '../../model/order.ts';
import type { AdvisoryStore, FeedUpdate, KeyedRecord } from '../advisory-store.ts';
import type { FeedChangeCounts, FeedName } from '../feed-state.ts';
import { findNamesEnding } from './affected-names.ts';
import { BulkWriter } from './bulk-writer.ts';
import { assertNotOlder, FeedDates, resolveContentDate } from './content-date.ts';
import { readContentState } from './content-state.ts';
import { type CurrentRecords, currentRecords } from './current-records.ts';
import type { DocumentPack } from './document-pack.ts';
import type { Engine, EngineConnection } from './engine.ts';
import { recordEvents } from './events.ts';
import { diffFeed, type FeedDiff } from './feed-diff.ts';
import { isWhole, statedDates } from './feed-update.ts';
import {
  type ContentDate,
  concurrentUpdateError,
  type FeedRow,
  findFeed,
  findFirstLoad,
  readFeedStates,
  recordFailure,
  saveFeed,
  touchFeed,
} from './feeds.ts';
import { momentOf } from './history.ts';
import { documentReaderOf, findKnownDocuments, saveKnownDocuments } from './known-documents.ts';
import { assertLeaseHeld } from './leases.ts';
import { MemoryStaging } from './memory-staging.ts';
import type { Namespaces } from './namespaces.ts';
import { closeRecords, insertRecords } from './record-rows.ts';
import {
  findNamespaceChange,
  type NamespaceChange,
  retainParts,
  withFinalNumbers,
  writeNamespaces,
} from './retained-namespaces.ts';
import type { Tables } from './schema.ts';
import { assertNotShrunk } from './shrinkage.ts';
import { mergeSkipped } from './skipped.ts';
import type { Staging } from './staging.ts';
import { StagingTables } from './staging-tables.ts';
import { millisecondsOrNull } from './times.ts';

/** Dependencies of `advisoryStore` besides an engine. */
export interface AdvisoryDeps {
  readonly namespaces: Namespaces;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Returns the advisories of a store. */
export function advisoryStore(engine: Engine, deps: AdvisoryDeps): AdvisoryStore {
  const { db } = engine;
  return {
    findFeedStates: async (at = {}) => await readFeedStates(db, await momentOf(db, at, deps.now())),
    findContentState: () => readContentState(db),
    findFirstLoad: (feed) => findFirstLoad(db, feed),
    covers: (namespace) => covers(db, namespace),
    findSources: (namespace) => findSources(db, namespace),
    findNamesEnding: async (namespace, ends, at = {}) =>
      await findNamesEnding(db, { namespace, moment: await momentOf(db, at, deps.now()) }, ends),
    apply: (update, records) =>
      isSmall(update)
        ? applySmall({ engine, deps, update }, records)
        : engine.session((session) => applyLarge({ engine, session, deps, update }, records)),
    touch: (found, lease) =>
      engine.write(async (write) => {
        await touchFeed(write, found);
        await assertLeaseHeld(write, lease);
      }, 'own rows'),
    hasContent: (feed) => hasContent(db, feed),
    recordFailure: (feed, failure, lease) =>
      engine.write(async (write) => {
        await recordFailure(write, feed, failure);
        await assertLeaseHeld(write, lease);
      }, 'own rows'),
    findNamespaces: async () =>
      await db
        .selectFrom('namespace')
        .select(['name', 'version_scheme as versionScheme'])
        .orderBy('id')
        .execute(),
    saveNamespace: async (namespace) => {
      await deps.namespaces.findOrCreateNumber(engine, namespace);
    },
  };
}

async function covers(db: Kysely<Tables>, namespace: string): Promise<boolean> {
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

async function findSources(db: Kysely<Tables>, namespace: string): Promise<string[]> {
  const rows = await db
    .selectFrom('feed_namespace')
    .innerJoin('namespace', 'namespace.id', 'feed_namespace.namespace_id')
    .innerJoin('feed', 'feed.id', 'feed_namespace.feed_id')
    .select('feed.source')
    .distinct()
    .where('namespace.name', '=', namespace)
    .execute();
  return rows.map(({ source }) => source).sort(compareText);
}

/** A feed has either advisories or enrichments. */
async function hasContent(db: Kysely<Tables>, name: FeedName): Promise<boolean> {
  const feed = await findFeed(db, name);
  if (feed === undefined) return false;
  const record = await db
    .selectFrom('vulnerability')
    .select('id')
    .where('feed_id', '=', feed.id)
    .where('valid_to', 'is', null)
    .limit(1)
    .executeTakeFirst();
  if (record !== undefined) return true;
  for (const table of ['enrichment', 'score_pack'] as const) {
    const rating = await db
      .selectFrom(table)
      .select('feed_id')
      .where('feed_id', '=', feed.id)
      .limit(1)
      .executeTakeFirst();
    if (rating !== undefined) return true;
  }
  return false;
}

/** Maximum number of keys of a change that is held in memory. */
const smallChangeKeys = 100;

function isSmall(update: FeedUpdate): boolean {
  return update.kind === 'keys' && update.keys.length <= smallChangeKeys;
}

/**
 * Reads the records first, then compares and writes them in one transaction on any connection. A transaction may run again and
 * must not add namespaces, so both steps precede it.
 */
async function applySmall(
  { engine, deps, update }: Omit<FeedApplication, 'session'> & { readonly engine: Engine },
  stream: Parameters<AdvisoryStore['apply']>[1],
): Promise<FeedChangeCounts> {
  const all: KeyedRecord[] = [];
  const records = typeof stream === 'function' ? stream(() => false) : stream;
  for await (const record of records) all.push(...(record.kind === 'document' ? record.read() : [record]));
  for (const namespace of all.flatMap(namespacesOf))
    await deps.namespaces.findOrCreateNumber(engine, namespace);
  return await engine.write(async (db) => {
    const session: EngineConnection = {
      db,
      write: (work) => work(db),
      // For few rows COPY takes one more round trip.
      bulkWriter: (on, table, columns) => new BulkWriter(on, table, columns),
    };
    const staging = new MemoryStaging(session, deps.namespaces);
    return await apply({ session, deps, update }, { records: all, staging });
  }, 'advisories');
}

function namespacesOf(record: KeyedRecord): Namespace[] {
  if (record.kind === 'skipped' || record.kind === 'withdrawn') return [];
  const retained = record.kind === 'retained' ? [record.retainedFor] : [];
  return [...retained, ...record.affected.map(({ namespace }) => namespace)];
}

/** Compares the stream with the stored records while it is read, then commits the differences in one short transaction. */
async function applyLarge(
  { engine, session, deps, update }: FeedApplication & { readonly engine: Engine },
  records: Parameters<AdvisoryStore['apply']>[1],
): Promise<FeedChangeCounts> {
  const staging = await StagingTables.open(session, engine.types, deps.namespaces);
  return await apply({ session, deps, update }, { records, staging });
}

interface FeedApplication {
  readonly session: EngineConnection;
  readonly deps: AdvisoryDeps;
  readonly update: FeedUpdate;
}

interface Input {
  readonly records: Parameters<AdvisoryStore['apply']>[1] | readonly KeyedRecord[];
  readonly staging: Staging;
}

async function apply(application: FeedApplication, { records, staging }: Input): Promise<FeedChangeCounts> {
  const { session, deps, update } = application;
  const feed = await findFeed(session.db, update);
  const current = await currentRecords(session.db, feed, update.kind === 'keys' ? update.keys : undefined);
  if (!hasExpectedVersions(update, current)) throw concurrentUpdateError(update);
  const now = deps.now();
  const dates = new FeedDates(now);
  const documents = await documentsOf(application, feed);
  const comparison = await diffFeed(records, { current, staging, update, dates, known: documents.known });
  assertNotShrunk(update, feed, { before: current.count, after: comparison.records });
  dates.addStatedDates(update);
  const contentDate = resolveContentDate({ update, feed, dates, now });
  assertNotOlder({ update, feed, dates, now }, contentDate);
  const namespaces = await findNamespaceChange(session, staging, { feed, update, comparison });
  const outcome = { ...application, staging, feed, comparison, documents, namespaces, dates, contentDate };
  const retained = await session.write(async (db) => {
    const parts = await commitStaged(db, outcome);
    await assertLeaseHeld(db, update.lease);
    return parts;
  }, 'advisories');
  const { added, changed, removed, unchanged, skipped } = comparison;
  return { added, changed, removed, unchanged, kept: retained, skipped };
}

/** Documents that the last update read, and what reads them now. */
interface LastDocuments {
  readonly reader: string | undefined;
  readonly known: DocumentPack | undefined;
}

async function documentsOf(
  { session, update }: FeedApplication,
  feed: FeedRow | undefined,
): Promise<LastDocuments> {
  const reader = documentReaderOf(update);
  const isNew = reader === undefined || feed === undefined;
  return { reader, known: isNew ? undefined : await findKnownDocuments(session.db, feed.id, reader) };
}

/** Returns whether the records that a change is based on are still current. */
function hasExpectedVersions(update: FeedUpdate, { records }: CurrentRecords): boolean {
  if (update.kind !== 'keys') return true;
  return update.keys.every((key) => records.get(key)?.id === update.expectedVersions.get(key));
}

interface Outcome extends FeedApplication {
  readonly staging: Staging;
  readonly feed: FeedRow | undefined;
  readonly comparison: FeedDiff;
  readonly documents: LastDocuments;
  readonly namespaces: NamespaceChange;
  readonly dates: FeedDates;
  readonly contentDate: ContentDate | undefined;
}

/** Commits staged differences; returns the number of retained parts. */
async function commitStaged(db: Kysely<Tables>, outcome: Outcome): Promise<number> {
  const { session, deps, update, staging, feed, comparison, namespaces } = outcome;
  // The clock may be set back; the history of a feed must still rise.
  const at = Math.max(deps.now(), feed?.applied_at ?? 0);
  const feedId = await saveFeed(db, {
    update,
    records: comparison.records,
    newestAdvisory: newestOf(outcome),
    contentDate: outcome.contentDate,
    skipped: mergeSkipped(comparison, update, feed),
    comparedWith: feed,
    appliedAt: at,
  });
  if (feedId === undefined) throw concurrentUpdateError(update);
  const final = await staging.createNamespaces(db);
  await writeNamespaces(db, feedId, { ...withFinalNumbers(namespaces, final), at });
  const { closed, added, changed, retainedAdded } = comparison;
  if (closed + added + changed + retainedAdded === 0) {
    await saveDocuments(db, outcome, { feedId, before: 0 });
    return 0;
  }
  await closeRecords(db, { staging, count: closed, at });
  const before = await insertRecords(db, { staging, feedId, at });
  await saveDocuments(db, outcome, { feedId, before });
  const retained = retainedAdded + (await retainParts(db, { gone: namespaces.gone, at }));
  if (isComparable(feed, update)) await recordEvents(session, db, { feedId, at, before, staging, closed });
  return retained;
}

async function saveDocuments(
  db: Kysely<Tables>,
  { comparison, documents: { reader, known } }: Outcome,
  { feedId, before }: { readonly feedId: number; readonly before: number },
): Promise<void> {
  if (reader === undefined) return;
  await saveKnownDocuments(db, feedId, { reader, known, read: comparison.documents, before });
}

/** Returns whether differences are events. They are not for a first load, another source version or another origin, and for quiet changes. */
function isComparable(feed: FeedRow | undefined, update: FeedUpdate): boolean {
  if (update.kind === 'keys' && update.isQuiet === true) return false;
  if (feed === undefined) return update.kind === 'keys';
  return (
    feed.presence === 'loaded' &&
    feed.source_version === update.sourceVersion &&
    redactUrl(feed.origin) === redactUrl(update.origin)
  );
}

function newestOf({ update, feed, dates: { record: newest } }: Outcome): FeedRow['newest_advisory'] {
  const before = isWhole(update) ? null : (feed?.newest_advisory ?? null);
  if (newest !== null) return Math.max(newest, before ?? newest);
  return before ?? millisecondsOrNull(statedDates(update).lastModified);
}
