import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { ListedTag, RegistryListing } from '../../image/registry/listing/registry-listing.ts';
import { Semaphore } from '../../kit/async/semaphore.ts';
import type { Store } from '../../store/store.ts';
import type { RegistryWalk } from '../../store/watch-store.ts';
import { type LookDeps, lookAtTag, type TagSighting } from './look-at-tag.ts';
import { newestTags, selectsRepository, selectsTag, type WatchedRegistry } from './watched-registry.ts';

/** Dependencies of `walkRegistry`. */
export interface WalkDeps {
  readonly store: Pick<Store, 'scanJobs' | 'watches' | 'knownImages'>;
  readonly watched: WatchedRegistry;
  readonly listing: RegistryListing;
  /** Whether a walk has never reached everything before. Its scans are less urgent. */
  readonly isFirst: boolean;
  /** Called when there are new scans. */
  readonly onScans: () => void;
  readonly signal: AbortSignal;
}

/** The findings of a walk so far. */
export type WalkCounts = Pick<RegistryWalk, 'repositories' | 'tags' | 'added' | 'gone' | 'errors' | 'error'>;

/** The end of a walk. */
export interface WalkResult extends WalkCounts {
  /** Why the walk ended early. Undefined if it reached everything. */
  readonly failure: Error | undefined;
}

/**
 * Walks through a registry: adds scans for tags with a new digest, and ends the names of tags that do not exist any more. Goes on after the
 * error of a repository or tag. Ends early if the registry asks to wait, or after `limits.walkFailures` errors in a row.
 */
export async function walkRegistry(deps: WalkDeps): Promise<WalkResult> {
  const walk = new Walk(deps);
  try {
    await walk.run();
    return { ...walk.counts, failure: undefined };
  } catch (error) {
    if (!(error instanceof ClairError)) throw error;
    return { ...walk.counts, error: messageOf(error), failure: error };
  }
}

class Walk {
  readonly #deps: WalkDeps;
  readonly #look: LookDeps;
  readonly #requests: Semaphore;
  readonly #seen = new Set<string>();
  #failuresInARow = 0;
  /** The error that ends the walk. */
  #last: ClairError | undefined;
  readonly counts: { -readonly [Name in keyof WalkCounts]: WalkCounts[Name] };

  constructor(deps: WalkDeps) {
    this.#deps = deps;
    const { store, watched, listing, isFirst } = deps;
    this.#look = { store, watched, listing, lane: isFirst ? 'backfill' : 'push' };
    this.#requests = new Semaphore(watched.requests);
    this.counts = { repositories: 0, tags: 0, added: 0, gone: 0, errors: 0, error: null };
  }

  async run(): Promise<void> {
    const { listing, watched } = this.#deps;
    for await (const repository of listing.repositories()) {
      if (!selectsRepository(watched, repository) || this.#seen.has(repository)) continue;
      if (this.#seen.size === limits.watchedRepositories)
        throw new ClairError(
          'limit-exceeded',
          `${watched.registry} has more than ${limits.watchedRepositories} watched repositories`,
          { limit: 'watchedRepositories' },
        );
      this.#seen.add(repository);
      await this.#tolerate(() => this.#walkRepository(repository));
    }
    await this.#walkMissing();
  }

  /** Looks at the repositories that are known and not listed. They may be gone, with all of their tags. */
  async #walkMissing(): Promise<void> {
    const { store, watched } = this.#deps;
    const prefix = `${watched.registry}/`;
    for (let after = ''; ; ) {
      const page = await store.watches.pageRepositories(watched.name, after, repositoriesAtATime);
      for (const name of page) {
        const repository = name.slice(prefix.length);
        if (name.startsWith(prefix) && selectsRepository(watched, repository) && !this.#seen.has(repository))
          await this.#tolerate(() => this.#walkRepository(repository));
      }
      const last = page.at(-1);
      if (last === undefined) return;
      after = last;
    }
  }

  async #walkRepository(repository: string): Promise<void> {
    const { store, watched } = this.#deps;
    const listed = await this.#listTags(repository);
    const known = await store.watches.findTags(watched.name, `${watched.registry}/${repository}`);
    const wanted = newestTags([...listed.values()], watched.keep);
    this.counts.repositories++;
    this.counts.tags += wanted.length;
    const missing = [...known.keys()].filter((tag) => !listed.has(tag) && selectsTag(watched, tag));
    const sightings = [
      ...wanted.map(({ tag, digest }) => ({ tag, ...(digest !== undefined && { listed: digest }) })),
      ...missing.map((tag) => ({ tag })),
    ];
    const scansBefore = this.counts.added;
    // All of them end before the walk does.
    const looks = await Promise.allSettled(
      sightings.map((sighting) =>
        this.#requests.run(() =>
          this.#tolerate(() => this.#lookAt({ repository, known: known.get(sighting.tag), ...sighting })),
        ),
      ),
    );
    if (this.counts.added > scansBefore) this.#deps.onScans();
    for (const look of looks) if (look.status === 'rejected') throw look.reason;
  }

  /** Returns the selected tags of a repository by their names. */
  async #listTags(repository: string): Promise<ReadonlyMap<string, ListedTag>> {
    const { listing, watched } = this.#deps;
    const tags = new Map<string, ListedTag>();
    for await (const listed of listing.tags(repository)) {
      if (!selectsTag(watched, listed.tag)) continue;
      if (tags.size === limits.watchedTags)
        throw new ClairError(
          'limit-exceeded',
          `${watched.registry}/${repository} has more than ${limits.watchedTags} watched tags: select some with tags`,
          { limit: 'watchedTags' },
        );
      tags.set(listed.tag, listed);
    }
    return tags;
  }

  async #lookAt(sighting: TagSighting): Promise<void> {
    const { change, scans } = await lookAtTag(sighting, this.#look);
    this.counts.added += scans;
    if (change === 'gone') this.counts.gone++;
  }

  /** Does a part of the walk, and counts its error. Throws the error that ends the walk. */
  async #tolerate(work: () => Promise<void>): Promise<void> {
    this.#deps.signal.throwIfAborted();
    if (this.#last !== undefined) return;
    try {
      await work();
      this.#failuresInARow = 0;
    } catch (error) {
      if (!(error instanceof ClairError) || error.code.startsWith('store-')) throw error;
      this.#record(error);
    }
  }

  /** Counts an error. Throws it if it ends the walk. */
  #record(error: ClairError): void {
    // A tag has ended the walk, and its repository passes the error on.
    if (error === this.#last) throw error;
    this.counts.errors++;
    this.counts.error = messageOf(error);
    if (isOfTag(error)) return;
    this.#failuresInARow++;
    if (error.retryAfterMs === undefined && this.#failuresInARow < limits.walkFailures) return;
    this.#last ??= error;
    throw error;
  }
}

/** Number of repositories in one query. */
const repositoriesAtATime = 500;

/** Returns whether an error says something about one tag or repository only. */
function isOfTag({ code, limit }: ClairError): boolean {
  return code.startsWith('target-') || limit === 'watchedTags' || limit === 'listPages';
}
