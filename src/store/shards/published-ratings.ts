import { compareText } from '../../model/order.ts';
import type { EnrichmentStore, StoredEnrichment } from '../enrichment-store.ts';
import type { FoundEnrichment } from '../sql/enrichments.ts';
import type { OpenShard } from './open-shard.ts';

/** The store, and the shards beside it. */
interface RatingSources {
  readonly store: Pick<EnrichmentStore, 'findLookups'>;
  readonly shards: readonly OpenShard[];
}

/** A rating of a shard. `checkedAt` is when its publisher last checked its list, in milliseconds since 1970. */
interface PublishedRating extends FoundEnrichment {
  readonly checkedAt: number;
}

type RatingsById = ReadonlyMap<string, readonly StoredEnrichment[]>;

/**
 * Adds the ratings of shards to those of the store. They count instead of those of the same source, except results of lookups that were
 * requested later.
 */
export async function withPublishedRatings(
  stored: RatingsById,
  ids: readonly string[],
  { store, shards }: RatingSources,
): Promise<RatingsById> {
  const published = await publishedRatings(ids, shards);
  const contested = published.filter(({ id, source }) =>
    stored.get(id)?.some((one) => one.source === source),
  );
  const answers = contested.length === 0 ? undefined : await store.findLookups(contested.map(({ id }) => id));
  const counting = published.filter(({ id, source, checkedAt }) => {
    const answer = answers?.get(id);
    if (answer?.source !== source || answer.enrichment === null) return true;
    return Date.parse(answer.askedAt) <= checkedAt;
  });
  return merged(stored, counting);
}

/** Returns the ratings of shards. Several may rate one vulnerability; the first by the name of its namespace counts. */
async function publishedRatings(
  ids: readonly string[],
  shards: readonly OpenShard[],
): Promise<readonly PublishedRating[]> {
  const found = new Map<string, PublishedRating>();
  const inOrder = shards.toSorted((a, b) => compareText(a.file.name, b.file.name));
  for (const shard of inOrder)
    for (const rating of await shard.findRatings(ids)) {
      const key = JSON.stringify([rating.id, rating.source, rating.feed]);
      if (!found.has(key)) found.set(key, { ...rating, checkedAt: checkedAtOf(shard, rating) });
    }
  return [...found.values()].sort((a, b) => compareText(a.source, b.source) || compareText(a.feed, b.feed));
}

function checkedAtOf({ file }: OpenShard, { source, feed }: FoundEnrichment): number {
  const state = file.ratingStates.find((one) => one.source === source && one.feed === feed);
  return state === undefined ? 0 : Date.parse(state.checkedAt);
}

function merged(stored: RatingsById, published: readonly PublishedRating[]): RatingsById {
  const all = new Map(stored);
  for (const [id, ratings] of Map.groupBy(published, (rating) => rating.id)) {
    const sources = new Set(ratings.map(({ source }) => source));
    const others = (stored.get(id) ?? []).filter(({ source }) => !sources.has(source));
    const both = [...others, ...ratings.map(({ enrichment }) => enrichment)];
    all.set(
      id,
      both.sort((a, b) => compareText(a.source, b.source)),
    );
  }
  return all;
}
