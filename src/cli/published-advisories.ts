import type { CatalogueFeed } from '../advisory-db/documents.ts';
import type { Publication } from '../advisory-db/publication.ts';
import type { LocalShard, ShardLookup } from '../advisory-db/published-places.ts';
import { PublishedPlaces } from '../advisory-db/published-places.ts';
import type { Trust, TrustPolicy } from '../advisory-db/trust-policy.ts';
import { ClairError, messageOf } from '../core/errors.ts';
import { advisoryNamespaceOf, type Namespace } from '../model/namespace.ts';
import type { AdvisorySource } from '../plugin/advisory-source.ts';
import { type AdvisoryFeed, effectiveFeeds, feedsFor } from '../service/feeds/choose-feeds.ts';
import { type FeedLockDeps, lockFeed } from '../service/feeds/feed-lock.ts';
import type { FeedOutcome } from '../service/feeds/update-feeds.ts';
import type { FeedState, ScopedFeedState } from '../store/feed-state.ts';
import { clearedShardOf, isClearedShard, namespaceOfShard, type ShardFile } from '../store/shard.ts';
import type { ShardedStore, UnopenedShard } from '../store/shards/sharded-store.ts';
import type { Store } from '../store/store.ts';
import { keyVersions } from '../version/keyed-scheme.ts';
import { fromCatalogueFeed } from './db/catalogue-feeds.ts';
import { cacheDirectory } from './environment.ts';
import { type OpenedPlaces, openPlaces, type PlaceOptions, trustPolicyOf } from './open-places.ts';
import { warn } from './warn.ts';

/** Dependencies of loading shards: the locks of the database. */
export interface LoadShardsDeps {
  readonly store: Pick<Store, 'locks' | 'isReadOnly'>;
  readonly lockDeps: Omit<FeedLockDeps, 'store'>;
}

/** The published databases that a command uses, and the shards of them that it has loaded. */
export class PublishedAdvisories {
  readonly places: PublishedPlaces;
  readonly #options: PlaceOptions;
  /** Whether the vendors are asked if no place delivers a namespace. */
  readonly #asksVendors: boolean;
  readonly #lookups = new Map<string, ShardLookup>();
  /** Namespaces that have no records in the published feeds. */
  readonly #uncovered = new Set<string>();
  readonly #warnings = new Set<string>();
  #lockDeps: LoadShardsDeps | undefined;
  #store: ShardedStore | undefined;

  /** Throws `usage` if a place cannot be used. */
  constructor(
    { places, asksVendors, policy }: OpenedPlaces & { readonly policy: TrustPolicy },
    options: PlaceOptions,
  ) {
    this.#options = options;
    this.#asksVendors = asksVendors && options.offline !== true;
    this.places = new PublishedPlaces(places, {
      cache: cacheDirectory(),
      policy,
      now: () => new Date(),
      isOffline: options.offline === true && options.asksPlaces !== true,
      exclusively: (name, work) => this.#exclusively(name, work),
      onProgress: (step) => {
        this.#lockDeps?.lockDeps.onProgress(step);
      },
    });
  }

  /** Returns a store that also answers from the shards that are loaded. */
  async extend(store: Store, lockDeps: LoadShardsDeps['lockDeps']): Promise<Store> {
    const { shardedStore } = await import('../store/shards/sharded-store.ts');
    this.#store = shardedStore(store);
    this.#lockDeps = { store, lockDeps };
    return this.#store;
  }

  /**
   * Fetches and opens the shards of these namespaces. Lists of ratings follow when there is a finding. Warns of places that failed. With
   * `sources`, also notes which of the namespaces have no records in the published feeds.
   */
  async load(namespaces: readonly Namespace[], sources: readonly AdvisorySource[] = []): Promise<void> {
    const names = new Set(namespaces.map((namespace) => advisoryNamespaceOf(namespace).name));
    await this.#loadEach([...names]);
    for (const namespace of namespaces) await this.#noteUncovered(advisoryNamespaceOf(namespace), sources);
    this.#store?.addLists(await this.#lists(), () => this.loadLists());
    this.#store?.addAbsent(await this.#absent());
    await this.places.cleanUp();
  }

  /** Fetches and opens the lists of ratings. */
  async loadLists(): Promise<void> {
    await this.#loadEach((await this.#lists()).map(({ name }) => name));
  }

  /**
   * Fetches and opens the statements that packages are not affected, of the namespaces that are loaded. Only explanations need them. Returns
   * whether there are any.
   */
  async loadCleared(): Promise<boolean> {
    const loaded = [...this.#lookups].flatMap(([name, lookup]) =>
      lookup.found === undefined || isClearedShard(name) ? [] : [clearedShardOf(name)],
    );
    await this.#loadEach(loaded);
    return loaded.some((name) => this.#lookups.get(name)?.found !== undefined);
  }

  /** Returns the result of looking for a namespace that was to be loaded. */
  lookup(name: string): ShardLookup | undefined {
    return this.#lookups.get(name);
  }

  /** Whether the vendors are to be asked for a namespace: no place publishes it, or the vendors are among the places. */
  isLeftToVendors(namespace: Namespace): boolean {
    const lookup = this.#lookups.get(advisoryNamespaceOf(namespace).name);
    if (lookup === undefined) return true;
    if (lookup.failures.length > 0) return this.#asksVendors;
    return lookup.found === undefined && !this.#uncovered.has(advisoryNamespaceOf(namespace).name);
  }

  /** Returns the feeds that the places failed to deliver, as a failed update. */
  failedOutcomes(namespaces: readonly Namespace[], sources: readonly AdvisorySource[]): FeedOutcome[] {
    return namespaces.flatMap((namespace) => {
      const { failures = [] } = this.#lookups.get(advisoryNamespaceOf(namespace).name) ?? {};
      if (failures.length === 0 || this.isLeftToVendors(namespace)) return [];
      const message = [...new Set(failures.map(messageOf))].join('; ');
      const error = new ClairError('feed-unavailable', message, { cause: failures[0]?.cause });
      return feedsFor(namespace, sources).map((feed) => ({ ...feed, outcome: 'failed', error }) as const);
    });
  }

  async #loadEach(names: readonly string[]): Promise<void> {
    const wanted = names.filter((name) => !this.#lookups.has(name));
    const lookups = await Promise.all(
      wanted.map(async (name) => [name, await this.places.find(name)] as const),
    );
    for (const [name, lookup] of lookups) {
      this.#lookups.set(name, lookup);
      for (const failure of lookup.failures) this.#warnOnce(failure.message);
      const isUsed = lookup.failures.length === 0 || !this.#asksVendors;
      if (lookup.found !== undefined && isUsed) this.#use(name, lookup.found);
    }
  }

  /** Notes a namespace without a shard whose feeds are all published: they have no records of it, and neither have the vendors. */
  async #noteUncovered(namespace: Namespace, sources: readonly AdvisorySource[]): Promise<void> {
    const { name } = namespace;
    const { found, failures = [] } = this.#lookups.get(name) ?? {};
    if (found !== undefined || failures.length > 0 || this.#asksVendors) return;
    for (const publication of await this.places.open()) {
      if (publication instanceof ClairError || publication.failure !== undefined) continue;
      const states = await this.#statesWithout(namespace, publication, sources);
      if (states === undefined) continue;
      const ratingStates = publication.catalogue.ratings.map((feed) => toState(feed, publication.trust));
      this.#store?.addUncovered({ name, namespace, states, ratingStates });
      this.#uncovered.add(name);
      return;
    }
  }

  /** Returns the states of the feeds of a namespace. Undefined if one is not published, or if the database has it. */
  async #statesWithout(
    namespace: Namespace,
    { catalogue, trust }: Publication,
    sources: readonly AdvisorySource[],
  ): Promise<readonly ScopedFeedState[] | undefined> {
    const all = Object.values(catalogue.shards).flatMap(({ feeds }) => feeds);
    const published = all.map((feed) => toState(feed, trust));
    const stateIn = (states: readonly FeedState[], { source, feed }: AdvisoryFeed): FeedState | undefined =>
      states.find((one) => one.source === source.name && one.feed === feed && one.presence === 'loaded');
    const feeds = effectiveFeeds(namespace, sources, published);
    const states = feeds.flatMap((feed) => stateIn(published, feed) ?? []);
    if (feeds.length === 0 || states.length < feeds.length) return undefined;
    const stored = (await this.#store?.advisories.findFeedStates()) ?? [];
    const own = stored.filter(({ namespaces }) => namespaces === undefined);
    return feeds.some((feed) => stateIn(own, feed) !== undefined) ? undefined : states;
  }

  #use(name: string, found: LocalShard): void {
    this.#store?.addShards([shardFile(name, found)]);
    const notice = noticeOf(found);
    if (notice !== undefined) this.#warnOnce(notice);
  }

  /** Returns the lists of ratings, as the first place that has each states them. */
  async #lists(): Promise<UnopenedShard[]> {
    const byName = new Map<string, UnopenedShard>();
    for (const publication of await this.places.open()) {
      if (publication instanceof ClairError) continue;
      const { catalogue, trust } = publication;
      for (const [name, shard] of Object.entries(catalogue.shards))
        if (isList(shard) && !byName.has(name))
          byName.set(name, shardFile(name, { ...catalogue, shard, trust, path: '' }));
    }
    return [...byName.values()];
  }

  /** Returns the states of the feeds that no publisher found. */
  async #absent(): Promise<ScopedFeedState[]> {
    const all: ScopedFeedState[] = [];
    for (const publication of await this.places.open()) {
      if (publication instanceof ClairError) continue;
      const { catalogue, trust } = publication;
      all.push(...(catalogue.absent ?? []).map((feed) => toState(feed, trust)));
    }
    return all;
  }

  #warnOnce(message: string): void {
    if (!this.#warnings.has(message)) warn(message, this.#options);
    this.#warnings.add(message);
  }

  /** Without the lock, two processes would write the same file, which is only slower. */
  async #exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
    const deps = this.#lockDeps;
    if (deps === undefined || deps.store.isReadOnly) return await work();
    const lock = await lockFeed({ source: 'published', feed: name }, { ...deps.lockDeps, store: deps.store });
    try {
      return await work();
    } finally {
      await lock?.[Symbol.asyncDispose]();
    }
  }
}

/** Opens the published databases that a command names with `--from`. Throws `usage`. */
export async function openPublishedAdvisories(options: PlaceOptions): Promise<PublishedAdvisories> {
  const policy = await trustPolicyOf(options);
  return new PublishedAdvisories({ ...(await openPlaces(options)), policy }, options);
}

/** Returns what a user should know about the trust in a published database. Undefined if there is nothing. */
function noticeOf({ place: { name }, trust }: LocalShard): string | undefined {
  const remedy = `make sure that only you can write there, or name their digest as ${name}@sha256:…`;
  switch (trust) {
    case 'pinned':
    case 'signed':
      return undefined;
    case 'expired':
      return `the signatures of ${name} have expired, which --accept-expired allows`;
    case 'unsigned':
      return `the advisories in ${name} are not signed: ${remedy}`;
    case 'unverified':
      return `the signatures of the advisories in ${name} are not verified: name the root of their publisher with --root; or ${remedy}`;
  }
}

/** Whether a shard has a list of ratings instead of the advisories of a namespace. */
function isList({ scheme }: LocalShard['shard']): boolean {
  return scheme === '';
}

/** Returns the state of a feed in a catalogue that is trusted for this reason. */
function toState(feed: CatalogueFeed, trust: Trust | undefined): ScopedFeedState {
  const staleReason = 'the signatures of the published database have expired';
  return { ...fromCatalogueFeed(feed), ...(trust === 'expired' && { staleReason }) };
}

/** Returns a shard as a file for the store, with the states of its feeds. */
export function shardFile(
  name: string,
  {
    path,
    shard,
    keys,
    ratings,
    trust,
  }: Omit<LocalShard, 'place' | 'trust'> & Partial<Pick<LocalShard, 'trust'>>,
): ShardFile {
  const stateOf = (feed: CatalogueFeed): ScopedFeedState => toState(feed, trust);
  const known = Object.hasOwn(keyVersions, shard.scheme) ? keyVersions[shard.scheme] : undefined;
  const states = isList(shard)
    ? { states: [], ratingStates: shard.feeds.map(stateOf) }
    : { states: shard.feeds.map(stateOf), ratingStates: ratings.map(stateOf) };
  return {
    path,
    name,
    namespace: { name: namespaceOfShard(name), versionScheme: shard.scheme },
    ...states,
    // The other shard of the namespace has the states of its feeds.
    ...(isClearedShard(name) && { states: [] }),
    hasCurrentKeys: known !== undefined && keys[shard.scheme] === known,
  };
}
