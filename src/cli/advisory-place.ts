import type { Catalogue, CatalogueShard } from '../advisory-db/documents.ts';
import { openDatabase, type PublishedDatabase } from '../advisory-db/layout.ts';
import { cachedShardPath, isCached, unpackShard } from '../advisory-db/shard-cache.ts';
import { advisoryNamespaceOf, type Namespace } from '../model/namespace.ts';
import { type FeedLockDeps, lockFeed } from '../service/feeds/feed-lock.ts';
import type { ShardFile } from '../store/shard.ts';
import type { ShardedStore } from '../store/shards/sharded-store.ts';
import type { Store } from '../store/store.ts';
import { keyVersions } from '../version/keyed-scheme.ts';
import { fromCatalogueFeed } from './db/catalogue-feeds.ts';
import { cacheDirectory } from './environment.ts';
import type { ConsoleOptions } from './progress.ts';
import { warn } from './warn.ts';

/** Dependencies of loading shards: the locks of the database. */
export interface LoadShardsDeps {
  readonly store: Store;
  readonly lockDeps: Omit<FeedLockDeps, 'store'>;
}

/** A published database, and the shards of it that a command uses. */
export class AdvisoryPlace {
  readonly #database: PublishedDatabase;
  readonly #options: ConsoleOptions;
  readonly #loaded = new Set<string>();
  #store: ShardedStore | undefined;

  constructor(database: PublishedDatabase, options: ConsoleOptions) {
    this.#database = database;
    this.#options = options;
  }

  /** Returns a store that also answers from the shards that are loaded. */
  async extend(store: Store): Promise<Store> {
    const { shardedStore } = await import('../store/shards/sharded-store.ts');
    this.#store = shardedStore(store);
    return this.#store;
  }

  /** Whether the shard of a namespace is loaded. */
  has(namespace: Namespace): boolean {
    return this.#loaded.has(advisoryNamespaceOf(namespace).name);
  }

  /** Unpacks and opens the shards of these namespaces. Leaves out namespaces that the database does not have. */
  async load(namespaces: readonly Namespace[], deps: LoadShardsDeps): Promise<void> {
    const { catalogue } = this.#database;
    const names = namespaces.map((namespace) => advisoryNamespaceOf(namespace).name);
    const isAny = names.some((name) => Object.hasOwn(catalogue.shards, name));
    for (const name of isAny ? [...names, ...listsOf(catalogue)] : []) {
      const shard = Object.hasOwn(catalogue.shards, name) ? catalogue.shards[name] : undefined;
      if (shard === undefined || this.#loaded.has(name)) continue;
      await this.#unpack(name, shard, deps);
      this.#store?.addShards([shardFile(name, shard, catalogue)]);
      if (this.#loaded.size === 0) this.#warnUnsigned();
      this.#loaded.add(name);
    }
  }

  #warnUnsigned(): void {
    const { directory, isPinned } = this.#database;
    if (isPinned) return;
    warn(
      `the advisories in ${directory} are not signed: make sure that only you can write there, or name their digest as ${directory}@sha256:…`,
      this.#options,
    );
  }

  /** Unpacks a shard into the cache unless it is there. Of several processes, one does so and the others wait for it. */
  async #unpack(name: string, shard: CatalogueShard, { store, lockDeps }: LoadShardsDeps): Promise<void> {
    const cache = cacheDirectory();
    if (isCached(cache, shard)) return;
    lockDeps.onProgress(`unpacking the advisories of ${name}`);
    // Without the lock, two processes would write the same file, which is only slower.
    const lock = await lockFeed({ source: 'published', feed: name }, { ...lockDeps, store });
    try {
      if (!isCached(cache, shard)) await unpackShard(this.#database, shard, cache);
    } finally {
      await lock?.[Symbol.asyncDispose]();
    }
  }
}

/** Opens the published database that a command names. Throws `usage`, `feed-unavailable` or `feed-corrupt`. */
export function openAdvisoryPlace(named: string, options: ConsoleOptions): AdvisoryPlace {
  return new AdvisoryPlace(openDatabase(named), options);
}

/** Whether a shard has a list of ratings instead of the advisories of a namespace. */
function isList({ scheme }: CatalogueShard): boolean {
  return scheme === '';
}

/** Returns the names of the lists of ratings, which every image needs. */
function listsOf({ shards }: Catalogue): string[] {
  return Object.entries(shards).flatMap(([name, shard]) => (isList(shard) ? [name] : []));
}

/** Returns a shard in the cache, with the states of its feeds. */
export function shardFile(name: string, shard: CatalogueShard, { keys, ratings }: Catalogue): ShardFile {
  const known = Object.hasOwn(keyVersions, shard.scheme) ? keyVersions[shard.scheme] : undefined;
  return {
    path: cachedShardPath(cacheDirectory(), shard),
    namespace: { name, versionScheme: shard.scheme },
    states: isList(shard) ? [] : shard.feeds.map(fromCatalogueFeed),
    ratingStates: (isList(shard) ? shard.feeds : ratings).map(fromCatalogueFeed),
    hasCurrentKeys: known !== undefined && keys[shard.scheme] === known,
  };
}
