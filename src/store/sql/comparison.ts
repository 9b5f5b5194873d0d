import type { Kysely } from 'kysely';
import { ClairError } from '../../kit/errors.ts';
import type { FeedDifference, FeedUpdate, KeyedRecord } from '../store.ts';
import type { FeedRow } from './feeds.ts';
import type { Incoming } from './incoming.ts';
import { hashOf, writeDetails } from './record.ts';
import type { Tables } from './schema.ts';

/** A record in force, as far as the comparison needs it. */
export interface StoredRecord {
  readonly id: number;
  readonly hash: string;
}

/** The records of a feed that are in force, by key. */
export async function recordsInForce(db: Kysely<Tables>, feed: FeedRow): Promise<Map<string, StoredRecord>> {
  const rows = await db
    .selectFrom('vulnerability')
    .select(['id', 'key', 'hash'])
    .where('feed_id', '=', feed.id)
    .where('valid_to', 'is', null)
    .execute();
  return new Map(rows.map((row) => [row.key, row]));
}

/** How a stream of records differs from what is stored. */
export interface Comparison {
  readonly difference: FeedDifference;
  readonly records: number;
  /** The newest `modified` of the records, null when they have none. */
  readonly newest: number | null;
}

/** What is compared with the stream. */
export interface Compared {
  /** By key; what is left at the end has vanished from the feed. */
  readonly stored: Map<string, StoredRecord>;
  /** Where the differences go. */
  readonly incoming: Incoming;
  readonly update: FeedUpdate;
}

/** Reads the stream to its end and lays down what differs. Throws `feed-corrupt` for a record that cannot be. */
export async function compare(
  records: AsyncIterable<KeyedRecord>,
  { stored, incoming, update }: Compared,
): Promise<Comparison> {
  const seen = new Set<string>();
  let newest = Number.NEGATIVE_INFINITY;
  let changed = 0;
  let unchanged = 0;
  for await (const record of records) {
    if (!('affected' in record)) continue;
    const { key, modified } = record;
    if (seen.size === seen.add(key).size) throw corrupt(update, key, 'comes twice');
    if (modified !== undefined) newest = Math.max(newest, timeOf(modified, key, update));
    const details = writeDetails(record);
    const hash = hashOf(record, details);
    const before = stored.get(key);
    stored.delete(key);
    if (before?.hash === hash) {
      unchanged++;
      continue;
    }
    if (before !== undefined) {
      changed++;
      await incoming.close(before.id);
    }
    await incoming.add(record, hash, details);
  }
  for (const { id } of stored.values()) await incoming.close(id);
  await incoming.finish();
  return {
    difference: { added: incoming.count - changed, changed, removed: stored.size, unchanged },
    records: seen.size,
    newest: Number.isFinite(newest) ? newest : null,
  };
}

function timeOf(modified: string, key: string, update: FeedUpdate): number {
  const time = Date.parse(modified);
  if (Number.isNaN(time)) throw corrupt(update, key, `was modified at ${modified}, which is no time`);
  return time;
}

function corrupt({ source, feed }: FeedUpdate, key: string, what: string): ClairError {
  return new ClairError(
    'feed-corrupt',
    `${source} ${feed}: the record ${key} ${what}; the old content stays`,
  );
}
