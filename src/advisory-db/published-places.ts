import { ClairError } from '../core/errors.ts';
import type { Catalogue, CatalogueShard } from './documents.ts';
import { fetchShard } from './fetch-shard.ts';
import type { DatabasePlace } from './place.ts';
import {
  isFailureOfPlace,
  isUnwritable,
  type OpenPublicationDeps,
  openPublication,
  type PinnedPlace,
  type Publication,
} from './publication.ts';
import { type EarlierShard, PublicationCache } from './publication-cache.ts';
import { cachedShardPath, isCached, removeUnusedFiles, touchShard } from './shard-cache.ts';
import type { Trust } from './trust-policy.ts';

/** Dependencies of `PublishedPlaces`. */
export interface PublishedPlacesDeps extends Omit<OpenPublicationDeps, 'publications'> {
  /** Reports a step of the work. */
  readonly onProgress: (step: string) => void;
}

/** A shard in the cache, with what its catalogue says about it. */
export interface LocalShard {
  readonly path: string;
  readonly shard: CatalogueShard;
  /** Versions of the keys of each version scheme. */
  readonly keys: Catalogue['keys'];
  readonly ratings: Catalogue['ratings'];
  readonly place: DatabasePlace;
  readonly trust: Trust;
}

/** The result of looking for the shard of a namespace. */
export interface ShardLookup {
  /** Undefined if no place has the namespace, or if none of them could deliver it. */
  readonly found: LocalShard | undefined;
  /** Failures of places that may have the namespace. With them, a shard that was found is an older one. */
  readonly failures: readonly ClairError[];
}

/** Published databases in the order in which they are asked, and the shards of them in a cache directory. */
export class PublishedPlaces {
  readonly #places: readonly PinnedPlace[];
  readonly #deps: PublishedPlacesDeps;
  readonly #publications: PublicationCache;
  readonly #opened = new Map<PinnedPlace, Promise<Publication | ClairError>>();

  /** Throws `usage` if the policy can never accept the database of a place. */
  constructor(places: readonly PinnedPlace[], deps: PublishedPlacesDeps) {
    for (const { place, digest } of places) deps.policy.requirePlace(place, digest !== undefined);
    this.#places = places;
    this.#deps = deps;
    this.#publications = new PublicationCache(deps.cache);
  }

  /** Opens each place. A place that failed has an error instead of a publication, or a publication with its `failure`. */
  async open(): Promise<readonly (Publication | ClairError)[]> {
    return await Promise.all(this.#places.map((place) => this.#open(place)));
  }

  /**
   * Fetches the shard of a namespace into the cache. Asks one place after the other until one delivers it, and then looks for an older
   * version in the cache. Throws `output-failed` if the cache cannot be written and has no older version.
   */
  async find(name: string): Promise<ShardLookup> {
    const failures: ClairError[] = [];
    const older: LocalShard[] = [];
    for (const place of this.#places) {
      const publication = await this.#open(place);
      const current =
        publication instanceof ClairError ? publication : await this.#current(name, publication);
      if (current instanceof ClairError) failures.push(current);
      else if (current !== undefined) return { found: this.#used(current), failures: [] };
      if (!(publication instanceof ClairError)) older.push(...this.#older(name, publication));
    }
    const [found] = older;
    const unwritable = failures.find(({ code }) => code === 'output-failed');
    if (found === undefined && unwritable !== undefined) throw unwritable;
    return { found: found && this.#used(found), failures };
  }

  /** Removes files of the cache that have not been used for a week. */
  async cleanUp(): Promise<void> {
    const opened = (await this.open()).flatMap((one) => (one instanceof ClairError ? [] : [one]));
    if (!opened.some(({ isNew }) => isNew)) return;
    const { cache, now } = this.#deps;
    const named = opened.flatMap(({ catalogue }) => Object.values(catalogue.shards));
    removeUnusedFiles(cache, new Set(named.map((shard) => cachedShardPath(cache, shard))), now());
  }

  async #open(place: PinnedPlace): Promise<Publication | ClairError> {
    const opening = this.#opened.get(place) ?? this.#tryOpening(place);
    this.#opened.set(place, opening);
    return await opening;
  }

  async #tryOpening(place: PinnedPlace): Promise<Publication | ClairError> {
    try {
      return await openPublication(place, { ...this.#deps, publications: this.#publications });
    } catch (error) {
      if (isFailureOfPlace(error)) return error;
      throw error;
    }
  }

  /** Returns the shard of the current version, or why the place cannot deliver it. Undefined if the place does not publish it. */
  async #current(name: string, publication: Publication): Promise<LocalShard | ClairError | undefined> {
    const { place, catalogue, earlier, failure } = publication;
    const shard = Object.hasOwn(catalogue.shards, name) ? catalogue.shards[name] : undefined;
    if (shard === undefined)
      return Object.hasOwn(earlier, name)
        ? (failure ?? new ClairError('feed-unavailable', `${place.name} no longer publishes ${name}`))
        : undefined;
    if (failure !== undefined) return failure;
    try {
      await this.#fetch(name, shard, place);
      return this.#local({ ...catalogue, shard }, publication);
    } catch (error) {
      if (isFailureOfPlace(error) || isUnwritable(error)) return error;
      throw error;
    }
  }

  /** Unpacks a shard into the cache unless it is there. Of several processes, one does so and the others wait for it. */
  async #fetch(name: string, shard: CatalogueShard, place: DatabasePlace): Promise<void> {
    const { cache, exclusively, onProgress } = this.#deps;
    if (isCached(cache, shard)) return;
    onProgress(`fetching the advisories of ${name}`);
    await exclusively(name, async () => {
      if (!isCached(cache, shard)) await fetchShard(place, shard, cache);
    });
  }

  /** Returns the versions of a shard that are in the cache, the latest first. */
  #older(name: string, publication: Publication): readonly LocalShard[] {
    const { catalogue, earlier } = publication;
    const shard = Object.hasOwn(catalogue.shards, name) ? catalogue.shards[name] : undefined;
    return [
      ...(shard === undefined ? [] : [{ ...catalogue, shard }]),
      ...(Object.hasOwn(earlier, name) ? [earlier[name]] : []),
    ].flatMap((one) =>
      one !== undefined && isCached(this.#deps.cache, one.shard) ? [this.#local(one, publication)] : [],
    );
  }

  #local(
    { shard, keys, ratings }: EarlierShard,
    { place, trust }: Pick<Publication, 'place' | 'trust'>,
  ): LocalShard {
    return { path: cachedShardPath(this.#deps.cache, shard), shard, keys, ratings, place, trust };
  }

  #used(local: LocalShard): LocalShard {
    touchShard(this.#deps.cache, local.shard, this.#deps.now());
    return local;
  }
}
