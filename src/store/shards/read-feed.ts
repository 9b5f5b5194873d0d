import type { Enrichment } from '../../model/enrichment.ts';
import { compareText } from '../../model/order.ts';
import type { FeedEnrichment } from '../enrichment-store.ts';
import type { FeedName } from '../feed-state.ts';
import type { ShardFile, ShardRecord } from '../shard.ts';
import { OpenShard } from './open-shard.ts';

/** A change of a record between two publications. */
export type RecordChange = { readonly record: ShardRecord } | { readonly withdrawn: string };

/** Number of rows that are held in memory. */
const rowsAtATime = 5000;

/**
 * Yields the records of a feed by rising key, put together from the shards of its namespaces. Throws `feed-corrupt` if a shard is damaged.
 */
export async function* readFeed(files: readonly ShardFile[], feed: FeedName): AsyncGenerator<ShardRecord> {
  using shards = new OpenShards(files);
  const numbers = shards.all.map((shard) => shard.numbersByKey(feed));
  const keys = [...new Set(numbers.flatMap((byKey) => [...byKey.keys()]))].sort(compareText);
  const total = shards.all.reduce((sum, { rows }) => sum + rows, 0);
  const keysAtATime = Math.max(1, Math.floor((rowsAtATime * keys.length) / Math.max(1, total)));
  for (let from = 0; from < keys.length; from += keysAtATime)
    yield* readKeys(keys.slice(from, from + keysAtATime), { shards: shards.all, numbers });
}

/**
 * Yields what has changed in a feed between earlier shards of its namespaces and the current ones: each record that has another number
 * in any of them, and the keys of records that none of them has any more.
 */
export async function* readFeedChanges(
  { earlier, current }: { readonly earlier: readonly ShardFile[]; readonly current: readonly ShardFile[] },
  feed: FeedName,
): AsyncGenerator<RecordChange> {
  const before = numbersIn(earlier, feed);
  using shards = new OpenShards(current);
  const numbers = shards.all.map((shard) => shard.numbersByKey(feed));
  const now = numbersByShard(current, numbers);
  const keys = changedKeys(before, now);
  const isThere = (key: string): boolean => numbers.some((byKey) => byKey.has(key));
  for (const key of keys.filter((one) => !isThere(one))) yield { withdrawn: key };
  for await (const record of readKeys(keys.filter(isThere), { shards: shards.all, numbers }))
    yield { record };
}

type NumbersByShard = ReadonlyMap<string, ReadonlyMap<string, number>>;

function numbersIn(files: readonly ShardFile[], feed: FeedName): NumbersByShard {
  using shards = new OpenShards(files);
  return numbersByShard(
    files,
    shards.all.map((shard) => shard.numbersByKey(feed)),
  );
}

function numbersByShard(
  files: readonly ShardFile[],
  numbers: readonly ReadonlyMap<string, number>[],
): NumbersByShard {
  return new Map(files.map(({ name }, i) => [name, numbers[i] ?? new Map<string, number>()]));
}

/** Returns the keys whose numbers differ: a record that changes gets another number. */
function changedKeys(before: NumbersByShard, now: NumbersByShard): string[] {
  const changed = new Set<string>();
  const nothing: ReadonlyMap<string, number> = new Map();
  for (const name of new Set([...before.keys(), ...now.keys()])) {
    const [old, current] = [before.get(name) ?? nothing, now.get(name) ?? nothing];
    for (const [key, number] of current) if (old.get(key) !== number) changed.add(key);
    for (const key of old.keys()) if (!current.has(key)) changed.add(key);
  }
  return [...changed].sort(compareText);
}

/** Yields the records of these keys. */
async function* readKeys(
  keys: readonly string[],
  {
    shards,
    numbers,
  }: { readonly shards: readonly OpenShard[]; readonly numbers: readonly ReadonlyMap<string, number>[] },
): AsyncGenerator<ShardRecord> {
  const parts: ShardRecord[] = [];
  for (const [i, shard] of shards.entries()) {
    const wanted = keys.flatMap((key) => numbers[i]?.get(key) ?? []);
    if (wanted.length > 0) parts.push(...(await shard.findParts(wanted)));
  }
  const byKey = Map.groupBy(parts, ({ key }) => key);
  for (const key of keys) {
    const [first, ...others] = byKey.get(key) ?? [];
    if (first !== undefined) yield others.length === 0 ? first : merged(first, others);
  }
}

/** Puts the parts of a record together. If a shard is older than the others, the latest part states what they share. */
function merged(first: ShardRecord, others: readonly ShardRecord[]): ShardRecord {
  const latest = others.reduce((best, part) => (part.validFrom > best.validFrom ? part : best), first);
  const affected = [first, ...others].flatMap((part) => part.affected);
  return { ...latest, affected: affected.sort((a, b) => a.position - b.position) };
}

/** Number of ratings that are read at a time. */
const pageRatings = 1000;

/** Yields the ratings of a feed in shards, each vulnerability once. A rating with a description counts before one without. */
export async function* readRatings(files: readonly ShardFile[], feed: FeedName): AsyncGenerator<Enrichment> {
  using shards = new OpenShards(files);
  const [only, ...more] = shards.all;
  if (only !== undefined && more.length === 0) {
    for await (const { source: _, feed: __, ...rating } of ratingsIn(only, feed)) yield rating;
    return;
  }
  const byId = new Map<string, Enrichment>();
  for (const shard of shards.all)
    for await (const { source: _, feed: __, ...rating } of ratingsIn(shard, feed)) {
      const known = byId.get(rating.id);
      if (known === undefined || (known.description === undefined && rating.description !== undefined))
        byId.set(rating.id, rating);
    }
  yield* byId.values();
}

async function* ratingsIn(shard: OpenShard, feed: FeedName): AsyncGenerator<FeedEnrichment> {
  for (let after: string | undefined; ; ) {
    const page = await shard.pageRatings(feed, { limit: pageRatings, ...(after !== undefined && { after }) });
    yield* page;
    after = page.at(-1)?.id;
    if (after === undefined || page.length < pageRatings) return;
  }
}

/** Several open shards. */
class OpenShards implements Disposable {
  readonly all: OpenShard[] = [];

  constructor(files: readonly ShardFile[]) {
    try {
      for (const file of files) this.all.push(new OpenShard(file));
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    for (const shard of this.all) shard[Symbol.dispose]();
  }
}
