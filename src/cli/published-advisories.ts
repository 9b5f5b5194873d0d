import type { CatalogueFeed } from '../advisory-db/documents.ts';
import type { LocalShard, ShardLookup } from '../advisory-db/published-places.ts';
import { PublishedPlaces } from '../advisory-db/published-places.ts';
import type { TrustPolicy } from '../advisory-db/trust-policy.ts';
import { ClairError, messageOf } from '../core/errors.ts';
import { advisoryNamespaceOf, type Namespace } from '../model/namespace.ts';
import type { AdvisorySource } from '../plugin/advisory-source.ts';
import { feedsFor } from '../service/feeds/choose-feeds.ts';
import { type FeedLockDeps, lockFeed } from '../service/feeds/feed-lock.ts';
import type { FeedOutcome } from '../service/feeds/update-feeds.ts';
import type { ScopedFeedState } from '../store/feed-state.ts';
import type { ShardFile } from '../store/shard.ts';
import type { ShardedStore } from '../store/shards/sharded-store.ts';
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

  /** Fetches and opens the shards of these namespaces. Warns of places that failed. */
  async load(namespaces: readonly Namespace[]): Promise<void> {
    const names = new Set(namespaces.map((namespace) => advisoryNamespaceOf(namespace).name));
    await this.#loadEach([...names]);
    await this.#loadEach(await this.#listNames());
    await this.places.cleanUp();
  }

  /** Returns the result of looking for a namespace that was to be loaded. */
  lookup(name: string): ShardLookup | undefined {
    return this.#lookups.get(name);
  }

  /** Whether the vendors are to be asked for a namespace: no place publishes it, or the vendors are among the places. */
  isLeftToVendors(namespace: Namespace): boolean {
    const lookup = this.#lookups.get(advisoryNamespaceOf(namespace).name);
    if (lookup === undefined) return true;
    return lookup.failures.length > 0 ? this.#asksVendors : lookup.found === undefined;
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

  #use(name: string, found: LocalShard): void {
    this.#store?.addShards([shardFile(name, found)]);
    const notice = noticeOf(found);
    if (notice !== undefined) this.#warnOnce(notice);
  }

  /** Returns the names of the lists of ratings, which every image needs. */
  async #listNames(): Promise<string[]> {
    const opened = await this.places.open();
    const names = opened.flatMap((publication) =>
      publication instanceof ClairError
        ? []
        : Object.entries(publication.catalogue.shards).flatMap(([name, shard]) =>
            isList(shard) ? [name] : [],
          ),
    );
    return [...new Set(names)];
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
  const staleReason =
    trust === 'expired' ? 'the signatures of the published database have expired' : undefined;
  const toState = (feed: CatalogueFeed): ScopedFeedState => ({
    ...fromCatalogueFeed(feed),
    ...(staleReason !== undefined && { staleReason }),
  });
  const known = Object.hasOwn(keyVersions, shard.scheme) ? keyVersions[shard.scheme] : undefined;
  return {
    path,
    namespace: { name, versionScheme: shard.scheme },
    states: isList(shard) ? [] : shard.feeds.map(toState),
    ratingStates: (isList(shard) ? shard.feeds : ratings).map(toState),
    hasCurrentKeys: known !== undefined && keys[shard.scheme] === known,
  };
}
