import { existsSync } from 'node:fs';
import type { Catalogue, CatalogueFeed, CatalogueShard } from '../advisory-db/documents.ts';
import type { PublishedPlaces } from '../advisory-db/published-places.ts';
import { cachedShardPath } from '../advisory-db/shard-cache.ts';
import { ClairError } from '../core/errors.ts';
import { sha256Of } from '../kit/sha256.ts';
import { type Digest, digestHex } from '../model/digest.ts';
import type { Enrichment } from '../model/enrichment.ts';
import { compareText } from '../model/order.ts';
import type { FeedLockDeps } from '../service/feeds/feed-lock.ts';
import {
  type FeedPublication,
  type PublishedFeed,
  type PublishedRecord,
  publishedPrefix,
} from '../service/feeds/published-feed.ts';
import { type FeedName, type FeedState, isSameFeed } from '../store/feed-state.ts';
import type { ShardFile, ShardRecord } from '../store/shard.ts';
import type { Store } from '../store/store.ts';
import { fromCatalogueFeed } from './db/catalogue-feeds.ts';
import { cacheDirectory } from './environment.ts';
import type { PlaceOptions } from './open-places.ts';
import { openPublishedAdvisories, shardFile } from './published-advisories.ts';

/** A shard in the catalogue of the first place that has it. */
interface NamedShard extends Pick<Catalogue, 'keys' | 'ratings'> {
  readonly name: string;
  readonly shard: CatalogueShard;
}

/** Options of `PublishedFeeds`. */
export interface PublishedFeedsOptions {
  /** The directory of unpacked shards. */
  readonly cache: string;
  /** The feeds of advisories in use. Ratings come from the shards of their namespaces. */
  readonly wanted: readonly FeedName[];
  /** Whether a feed comes from its vendor if a place failed. */
  readonly asksVendors: boolean;
  /**
   * Whether feeds are absent that the publisher did not find. Otherwise they come from their vendors, which may have them, and are absent only
   * if these cannot be reached.
   */
  readonly takesAbsent: boolean;
}

/** Published databases as an origin of feeds: puts each feed together from the shards of its namespaces. */
export class PublishedFeeds implements FeedPublication {
  readonly #places: PublishedPlaces;
  readonly #options: PublishedFeedsOptions;

  constructor(places: PublishedPlaces, options: PublishedFeedsOptions) {
    this.#places = places;
    this.#options = options;
  }

  /** Returns the feeds of all catalogues: of advisories, and of ratings. */
  async names(): Promise<readonly FeedName[]> {
    const { shards, absent, failures } = await this.#open();
    if (failures[0] !== undefined) throw failures[0];
    const found = this.#options.takesAbsent ? absent : [];
    const all = [...shards.flatMap(({ shard, ratings }) => [...shard.feeds, ...ratings]), ...found];
    const byName = new Map(all.map(({ source, feed }) => [JSON.stringify([source, feed]), { source, feed }]));
    return [...byName.values()];
  }

  async find(feed: FeedName, stored: string | undefined): Promise<PublishedFeed | undefined> {
    const { shards, absent, failures } = await this.#open();
    const own = shards.filter(({ shard }) => shard.feeds.some((one) => isSameFeed(one, feed)));
    if (own.length > 0) return own.some(isList) ? this.#list(feed, own) : this.#advisories(feed, own, stored);
    const rating = shards.flatMap(({ ratings }) => ratings).find((one) => isSameFeed(one, feed));
    if (rating !== undefined) return this.#ratings(feed, rating, shards);
    if (failures[0] !== undefined && !this.#options.asksVendors) throw failures[0];
    const missing = this.#options.takesAbsent ? absent.find((one) => isSameFeed(one, feed)) : undefined;
    return missing === undefined ? undefined : this.#absent(feed, missing);
  }

  async lacks(feed: FeedName): Promise<boolean> {
    const { absent } = await this.#open();
    return absent.some((one) => isSameFeed(one, feed));
  }

  /**
   * Returns the shards of all places, by name. Those of a place count only if no earlier place has the namespace. `absent` are the feeds that
   * the publishers did not find.
   */
  async #open(): Promise<{
    readonly shards: readonly NamedShard[];
    readonly absent: readonly CatalogueFeed[];
    readonly failures: readonly ClairError[];
  }> {
    const failures: ClairError[] = [];
    const catalogues: Catalogue[] = [];
    for (const publication of await this.#places.open()) {
      const failure = publication instanceof ClairError ? publication : publication.failure;
      if (failure !== undefined) failures.push(failure);
      if (!(publication instanceof ClairError) && failure === undefined)
        catalogues.push(publication.catalogue);
    }
    const byName = new Map<string, NamedShard>();
    for (const { keys, ratings, shards } of catalogues)
      for (const [name, shard] of Object.entries(shards))
        if (!byName.has(name)) byName.set(name, { name, shard, keys, ratings });
    const absent = catalogues.flatMap((catalogue) => catalogue.absent ?? []);
    const shards = [...byName.values()].sort((a, b) => compareText(a.name, b.name));
    return { shards, absent, failures };
  }

  /** Returns a feed without content. */
  #absent(feed: FeedName, missing: CatalogueFeed): PublishedFeed {
    return this.#rated(feed, [], { state: fromCatalogueFeed(missing), extent: 'whole' });
  }

  #advisories(feed: FeedName, shards: readonly NamedShard[], stored: string | undefined): PublishedFeed {
    const state = stateOf(feed, shards);
    const earlier = this.#earlierFiles(shards, stored);
    // Changes do not state the end or the return of a namespace.
    const extent = earlier === undefined || state.kept.length > 0 ? 'whole' : 'changes';
    const load = (): Promise<readonly ShardFile[]> => this.#loadAll(shards);
    return {
      state,
      extent,
      isRating: false,
      fingerprint: `${publishedPrefix}${state.fetchedAt} ${shards.map(nameAndDigest).join(',')}`,
      hasCurrentKeys: shards.every((one) => shardFile(one.name, { ...one, path: '' }).hasCurrentKeys),
      records: () =>
        extent === 'whole' || earlier === undefined
          ? wholeRecords(feed, state, load)
          : changedRecords(feed, earlier, load),
      ratings: noRatings,
    };
  }

  /** Returns a list that is published as a whole. */
  #list(feed: FeedName, shards: readonly NamedShard[]): PublishedFeed {
    const state = stateOf(feed, shards);
    return this.#rated(feed, shards, { state, extent: 'whole' });
  }

  /** Returns the ratings of a list that are published with the advisories in use. */
  #ratings(feed: FeedName, rating: CatalogueFeed, shards: readonly NamedShard[]): PublishedFeed {
    const isWanted = ({ shard }: NamedShard): boolean =>
      shard.feeds.some((one) => this.#options.wanted.some((wanted) => isSameFeed(wanted, one)));
    const inUse = shards.filter((one) => !isList(one) && isWanted(one));
    return this.#rated(feed, inUse, { state: fromCatalogueFeed(rating), extent: 'changes' });
  }

  #rated(
    feed: FeedName,
    shards: readonly NamedShard[],
    content: Pick<PublishedFeed, 'state' | 'extent'>,
  ): PublishedFeed {
    const digest = sha256Of(Buffer.from(shards.map(nameAndDigest).join(',')));
    return {
      ...content,
      isRating: true,
      hasCurrentKeys: true,
      fingerprint: `${publishedPrefix}${content.state.fetchedAt} ${digest}`,
      records: noRecords,
      ratings: () => ratingsIn(feed, () => this.#loadAll(shards)),
    };
  }

  /** Returns the files whose content is stored. Undefined if one is not in the cache, or if they are of other namespaces. */
  #earlierFiles(shards: readonly NamedShard[], stored = ''): readonly ShardFile[] | undefined {
    if (!stored.startsWith(publishedPrefix)) return undefined;
    const [, list = ''] = stored.split(' ');
    const digests = new Map(list.split(',').map(splitNameAndDigest));
    if (digests.size !== shards.length) return undefined;
    const files = shards.flatMap((one) => {
      const digest = digests.get(one.name);
      if (digest === undefined) return [];
      const path = cachedShardPath(this.#options.cache, { digest });
      return existsSync(path) ? [shardFile(one.name, { ...one, path })] : [];
    });
    return files.length === shards.length ? files : undefined;
  }

  /** Fetches shards into the cache. Throws the failure of the place if one cannot be fetched. */
  async #loadAll(shards: readonly NamedShard[]): Promise<readonly ShardFile[]> {
    const files: ShardFile[] = [];
    for (const { name, shard } of shards) {
      const { found, failures } = await this.#places.find(name);
      if (failures[0] !== undefined) throw failures[0];
      if (found === undefined || found.shard.digest !== shard.digest)
        throw new ClairError('feed-unavailable', `${name} is no longer published as before: try again`);
      files.push(shardFile(name, found));
    }
    return files;
  }
}

/** Opens published databases as an origin of feeds. Throws `usage` if a place cannot be used. */
export async function openPublishedFeeds(
  { wanted, takesAbsent, ...options }: PlaceOptions & Pick<PublishedFeedsOptions, 'wanted' | 'takesAbsent'>,
  { store, lockDeps }: { readonly store: Store; readonly lockDeps: Omit<FeedLockDeps, 'store'> },
): Promise<PublishedFeeds> {
  const published = await openPublishedAdvisories(options);
  await published.extend(store, lockDeps);
  const asksVendors = options.from?.includes('vendors') ?? false;
  return new PublishedFeeds(published.places, { cache: cacheDirectory(), wanted, asksVendors, takesAbsent });
}

function isList({ shard }: NamedShard): boolean {
  return shard.scheme === '';
}

function nameAndDigest({ name, shard }: NamedShard): string {
  return `${name}=${digestHex(shard.digest)}`;
}

function splitNameAndDigest(entry: string): [string, Digest] {
  const at = entry.lastIndexOf('=');
  return [entry.slice(0, at), `sha256:${entry.slice(at + 1)}` as Digest];
}

/** Returns the state of a feed: that of its latest shard, checked when the first of them was. */
function stateOf(feed: FeedName, shards: readonly NamedShard[]): FeedState {
  const states = shards.flatMap(({ shard }) => shard.feeds.filter((one) => isSameFeed(one, feed)));
  const latest = states.reduce((best, one) => (one.fetchedAt > best.fetchedAt ? one : best));
  const [checkedAt = latest.checkedAt] = states.map((one) => one.checkedAt).sort(compareText);
  const kept = [...new Set(states.flatMap((one) => one.kept))].sort(compareText);
  return fromCatalogueFeed({ ...latest, checkedAt, kept });
}

async function* wholeRecords(
  feed: FeedName,
  { kept }: FeedState,
  load: () => Promise<readonly ShardFile[]>,
): AsyncGenerator<PublishedRecord> {
  const { readFeed } = await import('../store/shards/read-feed.ts');
  const files = await load();
  const isKept = ({ namespace }: ShardFile): boolean => kept.includes(namespace.name);
  for await (const record of readFeed(
    files.filter((file) => !isKept(file)),
    feed,
  ))
    yield { kind: 'vulnerability', ...contentOf(record) };
  const byNamespace = Map.groupBy(files.filter(isKept), ({ namespace }) => namespace.name);
  for (const [name, ofNamespace] of byNamespace) {
    const retainedFor = { name, versionScheme: ofNamespace[0]?.namespace.versionScheme ?? '' };
    for await (const record of readFeed(ofNamespace, feed))
      yield { kind: 'retained', retainedFor, ...contentOf(record) };
  }
}

async function* changedRecords(
  feed: FeedName,
  earlier: readonly ShardFile[],
  load: () => Promise<readonly ShardFile[]>,
): AsyncGenerator<PublishedRecord> {
  const { readFeedChanges } = await import('../store/shards/read-feed.ts');
  for await (const part of readFeedChanges({ earlier, current: await load() }, feed))
    yield 'record' in part
      ? { kind: 'vulnerability', ...contentOf(part.record) }
      : { kind: 'withdrawn', key: part.withdrawn };
}

/** Returns what a source publishes of a record. */
function contentOf({
  source,
  feed,
  validFrom,
  affected,
  ...record
}: ShardRecord): Omit<Extract<PublishedRecord, { kind: 'vulnerability' }>, 'kind'> {
  return { ...record, affected: affected.map(({ position, ...row }) => row) };
}

async function* ratingsIn(
  feed: FeedName,
  load: () => Promise<readonly ShardFile[]>,
): AsyncGenerator<Enrichment> {
  const { readRatings } = await import('../store/shards/read-feed.ts');
  yield* readRatings(await load(), feed);
}

async function* noRatings(): AsyncGenerator<never> {
  // A feed of advisories has no ratings.
}

async function* noRecords(): AsyncGenerator<never> {
  // A list of ratings has no advisories.
}
