import type { Kysely } from 'kysely';
import type { FeedRow } from './feeds.ts';
import type { Tables } from './schema.ts';

/** A current record, reduced to the fields of the comparison. */
export interface StoredRecord {
  readonly id: number;
  readonly hash: string;
}

/** The part of a record about a namespace that its feed dropped later. */
export interface RetainedPart extends StoredRecord {
  readonly key: string;
  /** Name of the namespace. */
  readonly namespace: string;
}

/** The current records of a feed. */
export interface CurrentRecords {
  /** Number of all records of the feed, whether they were read or not. */
  readonly count: number;
  /** By key. */
  readonly records: Map<string, StoredRecord>;
  readonly retained: readonly RetainedPart[];
}

/** Reads the current records of a feed, or those of some keys; empty for a feed that was never applied. */
export async function currentRecords(
  db: Kysely<Tables>,
  feed: FeedRow | undefined,
  keys?: readonly string[],
): Promise<CurrentRecords> {
  if (feed === undefined) return { count: 0, records: new Map(), retained: [] };
  const all = db
    .selectFrom('vulnerability')
    .select(['id', 'key', 'hash', 'kept_for'])
    .where('feed_id', '=', feed.id)
    .where('valid_to', 'is', null);
  const rows = await (keys === undefined ? all : all.where('key', 'in', keys)).execute();
  const isAnyKept = rows.some(({ kept_for: keptFor }) => keptFor !== 0);
  const names = isAnyKept ? await namesOfNamespaces(db, feed.id) : new Map<number, string>();
  const records = new Map<string, StoredRecord>();
  const retained: RetainedPart[] = [];
  for (const row of rows) {
    const namespace = names.get(row.kept_for);
    if (namespace === undefined) records.set(row.key, row);
    else retained.push({ id: row.id, hash: row.hash, key: row.key, namespace });
  }
  return { count: keys === undefined ? records.size : feed.records, records, retained };
}

/** Returns the names of the namespaces that a feed has covered; some of them have retained parts. */
async function namesOfNamespaces(db: Kysely<Tables>, feedId: number): Promise<Map<number, string>> {
  const rows = await db
    .selectFrom('feed_namespace')
    .innerJoin('namespace', 'namespace.id', 'feed_namespace.namespace_id')
    .select(['namespace.id', 'namespace.name'])
    .where('feed_namespace.feed_id', '=', feedId)
    .execute();
  return new Map(rows.map(({ id, name }) => [id, name]));
}
