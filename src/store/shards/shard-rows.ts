import { createHash } from 'node:crypto';
import { isCve } from '../../model/cve.ts';
import { compareText } from '../../model/order.ts';
import type { FeedEnrichment } from '../enrichment-store.ts';
import type { FeedName } from '../feed-state.ts';
import { clearedShardOf, type ShardContent, type ShardRecord, type ShardRow } from '../shard.ts';
import { shardForm } from './shard-tables.ts';

/** The content of a shard in the order of its rows, and a hash that does not depend on the numbers of records. */
export interface ShardRows extends Pick<ShardContent, 'namespace'> {
  readonly feeds: readonly FeedName[];
  readonly records: readonly ShardRecord[];
  readonly ratings: readonly FeedEnrichment[];
  readonly contentHash: string;
}

/** Reads the content of a shard. */
export async function readShardRows(content: ShardContent): Promise<ShardRows> {
  return await rowsOf(content, await collect(content.records));
}

/**
 * Reads the content of a namespace as two shards: the rows that may make a package vulnerable, and the statements that a package is not
 * affected, which only explanations need. Returns one shard if one of the two would be empty, unless the namespace was split before.
 */
export async function readSplitRows(
  content: ShardContent,
  { wasSplit }: { readonly wasSplit: boolean },
): Promise<readonly ShardRows[]> {
  const records = await collect(content.records);
  const isCleared = ({ fix }: ShardRow): boolean => fix.state === 'not-affected';
  const affecting = partsWith(records, (row) => !isCleared(row));
  const cleared = partsWith(records, isCleared);
  if (!wasSplit && (affecting.length === 0 || cleared.length === 0)) return [await rowsOf(content, records)];
  const { name, versionScheme } = content.namespace;
  const ofCleared = { ...content, namespace: { name: clearedShardOf(name), versionScheme } };
  return [await rowsOf(content, affecting), await rowsOf(ofCleared, cleared)];
}

/** Returns the parts of records that have such rows. */
function partsWith(records: readonly ShardRecord[], isWanted: (row: ShardRow) => boolean): ShardRecord[] {
  return records.flatMap((record) => {
    const affected = record.affected.filter(isWanted);
    return affected.length === 0 ? [] : [{ ...record, affected }];
  });
}

async function rowsOf(
  { namespace, ...content }: ShardContent,
  records: readonly ShardRecord[],
): Promise<ShardRows> {
  const ratings =
    content.list === undefined
      ? await ratingsFor(records, content.ratingsOf)
      : (await collectAll(content.list)).sort(compareRatings);
  const feeds = distinctFeeds([...content.feeds, ...records, ...ratings]);
  const hash = createHash('sha256');
  for (const part of [[shardForm, namespace, feeds], ...records.map(hashedPart), ...ratings])
    hash.update(`${JSON.stringify(part)}\n`);
  return { namespace, feeds, records, ratings, contentHash: `sha256:${hash.digest('hex')}` };
}

function distinctFeeds(feeds: readonly FeedName[]): FeedName[] {
  const byName = new Map(feeds.map(({ source, feed }) => [JSON.stringify([source, feed]), { source, feed }]));
  return [...byName.values()].sort((a, b) => compareText(a.source, b.source) || compareText(a.feed, b.feed));
}

/** Returns what is hashed of a record: all of it, with keys as text. */
function hashedPart({ affected, ...record }: ShardRecord): unknown {
  const rows = affected.map(({ keys, ...row }) => [row, keys && [keys.lo, keys.hi].map(hexOf)]);
  return [record, rows];
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

async function collectAll<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function collect(records: AsyncIterable<ShardRecord>): Promise<readonly ShardRecord[]> {
  const all = await collectAll(records);
  return all.sort(
    (a, b) =>
      compareText(a.source, b.source) ||
      compareText(a.feed, b.feed) ||
      compareText(a.key, b.key) ||
      compareText(a.validFrom, b.validFrom),
  );
}

function compareRatings(a: FeedEnrichment, b: FeedEnrichment): number {
  return compareText(a.id, b.id) || compareText(a.source, b.source) || compareText(a.feed, b.feed);
}

/** Number of CVEs whose ratings are requested at a time. */
const ratedAtATime = 5000;

/** Returns the ratings of all CVEs of the records, with the descriptions that a report needs. */
async function ratingsFor(
  records: readonly ShardRecord[],
  ratingsOf: ShardContent['ratingsOf'],
): Promise<readonly FeedEnrichment[]> {
  const lacksDescription = new Map<string, boolean>();
  for (const record of records)
    for (const cve of [record.id, ...record.aliases].filter(isCve))
      lacksDescription.set(cve, (lacksDescription.get(cve) ?? false) || !isDescribed(record));
  const ids = [...lacksDescription.keys()].sort(compareText);
  const ratings: FeedEnrichment[] = [];
  for (let from = 0; from < ids.length; from += ratedAtATime)
    ratings.push(...(await ratingsOf(ids.slice(from, from + ratedAtATime))));
  return withNeededDescriptions(ratings.sort(compareRatings), lacksDescription);
}

/** Leaves out descriptions that no report shows: it shows the first one, if an advisory has none. */
function withNeededDescriptions(
  ratings: readonly FeedEnrichment[],
  lacksDescription: ReadonlyMap<string, boolean>,
): readonly FeedEnrichment[] {
  const described = new Set<string>();
  return ratings.map((rating) => {
    const { id, description } = rating;
    if (description === undefined) return rating;
    const isNeeded = lacksDescription.get(id) === true && !described.has(id);
    described.add(id);
    return isNeeded ? rating : withoutDescription(rating);
  });
}

function withoutDescription({ description, ...rating }: FeedEnrichment): FeedEnrichment {
  return rating;
}

/** Whether a record describes its vulnerability. The description of a record with a title is about several. */
function isDescribed({ description, title }: ShardRecord): boolean {
  return Boolean(description) && title === undefined;
}
