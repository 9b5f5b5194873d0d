import type { Kysely } from 'kysely';
import { redactUrl } from '../../kit/redact.ts';
import type { Namespace } from '../../model/namespace.ts';
import { compareText } from '../../model/order.ts';
import type { AdvisoryStore, FeedDifference, FeedName, FeedUpdate, KeyedRecord } from '../store.ts';
import { BulkWriter } from './bulk-writer.ts';
import { type Comparison, compare } from './comparison.ts';
import { contentDateOf, FeedDates, refuseOlder } from './content-date.ts';
import type { Connection, Engine } from './engine.ts';
import { recordEvents } from './events.ts';
import {
  appliedElsewhere,
  type ContentDate,
  type FeedRow,
  feedStates,
  findFeed,
  noteFailure,
  saveFeed,
  touchFeed,
} from './feeds.ts';
import { momentOf } from './history.ts';
import { type RecordsInForce, recordsInForce } from './in-force.ts';
import { Incoming } from './incoming.ts';
import { keepParts, type NamespaceChange, namespaceChange, writeNamespaces } from './kept-namespaces.ts';
import { MemoryStaging } from './memory-staging.ts';
import type { Namespaces } from './namespaces.ts';
import { closeRecords, insertRecords } from './record-rows.ts';
import type { Tables } from './schema.ts';
import { refuseShrunk } from './shrinkage.ts';
import { skippedOf } from './skipped.ts';
import type { Staging } from './staging.ts';
import { millisecondsOrNull } from './times.ts';

/** What the advisory tables need besides an engine. */
export interface AdvisoryRoom {
  readonly namespaces: Namespaces;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The advisories of a store. */
export function advisoryStore(engine: Engine, room: AdvisoryRoom): AdvisoryStore {
  const { db } = engine;
  return {
    feedStates: async (at = {}) => await feedStates(db, await momentOf(db, at, room.now())),
    speaksOf: (namespace) => speaksOf(db, namespace),
    sourcesOf: (namespace) => sourcesOf(db, namespace),
    apply: (update, records) =>
      isSmall(update)
        ? applySmall({ engine, room, update }, records)
        : engine.session((session) => applyLarge({ engine, session, room, update }, records)),
    touch: (found) => engine.write((write) => touchFeed(write, found), 'own rows'),
    hasContent: (feed) => hasContent(db, feed),
    noteFailure: (feed, at, message) =>
      engine.write((write) => noteFailure(write, feed, { at, message }), 'own rows'),
    namespaces: async () =>
      await db
        .selectFrom('namespace')
        .select(['name', 'version_scheme as versionScheme'])
        .orderBy('id')
        .execute(),
    noteNamespace: async (namespace) => {
      await room.namespaces.number(engine, namespace);
    },
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

async function sourcesOf(db: Kysely<Tables>, namespace: string): Promise<string[]> {
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

/** A feed is one of advisories or of enrichments. */
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
  const rating = await db
    .selectFrom('enrichment')
    .select('id')
    .where('feed_id', '=', feed.id)
    .limit(1)
    .executeTakeFirst();
  return rating !== undefined;
}

/** Changes of this many keys at most are held in memory. */
const smallChangeKeys = 100;

function isSmall({ keys }: FeedUpdate): boolean {
  return keys !== undefined && keys.length <= smallChangeKeys;
}

/**
 * Reads the records first, then compares and writes them in one transaction on any connection. A transaction may run again, and
 * inside it no namespace can be added: both are done before.
 */
async function applySmall(
  { engine, room, update }: Omit<Application, 'session'> & { readonly engine: Engine },
  records: AsyncIterable<KeyedRecord>,
): Promise<FeedDifference> {
  const all: KeyedRecord[] = [];
  for await (const record of records) all.push(record);
  for (const namespace of all.flatMap(namespacesOf)) await room.namespaces.number(engine, namespace);
  return await engine.write(async (db) => {
    const session: Connection = {
      db,
      write: (work) => work(db),
      // For a few rows COPY takes a round trip more.
      bulkWriter: (on, table, columns) => new BulkWriter(on, table, columns),
    };
    const staging = new MemoryStaging(session, room.namespaces);
    return await apply({ session, room, update }, { records: all, staging });
  }, 'advisories');
}

function namespacesOf(record: KeyedRecord): Namespace[] {
  if (!('affected' in record)) return [];
  const kept = 'keptFor' in record ? [record.keptFor] : [];
  return [...kept, ...record.affected.map(({ namespace }) => namespace)];
}

/** Compares the stream with what is stored while it comes in, then makes the difference good in one short transaction. */
async function applyLarge(
  { engine, session, room, update }: Application & { readonly engine: Engine },
  records: AsyncIterable<KeyedRecord>,
): Promise<FeedDifference> {
  const staging = await Incoming.open(session, engine.types, room.namespaces);
  return await apply({ session, room, update }, { records, staging });
}

interface Application {
  readonly session: Connection;
  readonly room: AdvisoryRoom;
  readonly update: FeedUpdate;
}

interface Input {
  readonly records: AsyncIterable<KeyedRecord> | readonly KeyedRecord[];
  readonly staging: Staging;
}

async function apply(application: Application, { records, staging }: Input): Promise<FeedDifference> {
  const { session, room, update } = application;
  const feed = await findFeed(session.db, update);
  const inForce = await recordsInForce(session.db, feed, update.keys);
  if (!isMadeOf(update, inForce)) throw appliedElsewhere(update);
  const now = room.now();
  const dates = new FeedDates(now);
  const comparison = await compare(records, { inForce, staging, update, dates });
  refuseShrunk(update, feed, { before: inForce.count, after: comparison.records });
  dates.noteStated(update);
  const contentDate = contentDateOf({ update, feed, dates, now });
  refuseOlder({ update, feed, dates, now }, contentDate);
  const namespaces = await namespaceChange(session, room.namespaces, { feed, update, comparison });
  const outcome = { ...application, staging, feed, comparison, namespaces, dates, contentDate };
  const kept = await session.write((db) => makeGood(db, outcome), 'advisories');
  const { added, changed, removed, unchanged, skipped } = comparison;
  return { added, changed, removed, unchanged, kept, skipped };
}

/** Whether what a change was made of is still in force. */
function isMadeOf({ keys = [], madeOf }: FeedUpdate, { records }: RecordsInForce): boolean {
  return madeOf === undefined || keys.every((key) => records.get(key)?.id === madeOf.get(key));
}

interface Outcome extends Application {
  readonly staging: Staging;
  readonly feed: FeedRow | undefined;
  readonly comparison: Comparison;
  readonly namespaces: NamespaceChange;
  readonly dates: FeedDates;
  readonly contentDate: ContentDate | undefined;
}

/** Answers of how many records something is kept. */
async function makeGood(db: Kysely<Tables>, outcome: Outcome): Promise<number> {
  const { session, room, update, staging, feed, comparison, namespaces } = outcome;
  // Clocks are set back at times; the history of a feed goes on all the same.
  const at = Math.max(room.now(), feed?.applied_at ?? 0);
  const feedId = await saveFeed(db, {
    update,
    records: comparison.records,
    newestAdvisory: newestOf(outcome),
    contentDate: outcome.contentDate,
    skipped: skippedOf(comparison, update, feed),
    comparedWith: feed,
    appliedAt: at,
  });
  if (feedId === undefined) throw appliedElsewhere(update);
  await writeNamespaces(db, feedId, { ...namespaces, at });
  const { closed, added, changed, keptAdded } = comparison;
  if (closed + added + changed + keptAdded === 0) return 0;
  await closeRecords(db, { staging, count: closed, at });
  const before = await insertRecords(db, { staging, feedId, at });
  const kept = keptAdded + (await keepParts(db, { gone: namespaces.gone, at }));
  if (isComparable(feed, update)) await recordEvents(session, db, { feedId, at, before, staging, closed });
  return kept;
}

/** A first load tells nothing new, and what another reader makes of a feed, or another mirror holds, is no news either. */
function isComparable(feed: FeedRow | undefined, update: FeedUpdate): boolean {
  if (feed === undefined) return update.beginsEmpty === true;
  return (
    feed.presence === 'loaded' &&
    feed.source_version === update.sourceVersion &&
    redactUrl(feed.origin) === redactUrl(update.origin)
  );
}

function newestOf({ update, feed, dates: { record: newest } }: Outcome): FeedRow['newest_advisory'] {
  const before = update.extent === 'changes' ? (feed?.newest_advisory ?? null) : null;
  if (newest !== null) return Math.max(newest, before ?? newest);
  return before ?? millisecondsOrNull(update.lastModified);
}
