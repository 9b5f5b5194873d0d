import { limits } from '../../core/limits.ts';
import type { RegistryListing } from '../../image/registry/listing/registry-listing.ts';
import { Semaphore } from '../../kit/async/semaphore.ts';
import type { Store } from '../../store/store.ts';
import { lookAtTag } from './look-at-tag.ts';
import { selectsRepository, selectsTag, type WatchedRegistry } from './watched-registry.ts';

/** A name in a notification of a registry: a tag, or all known tags of a digest that was deleted. */
export interface NoticedName {
  /** Without the registry. */
  readonly repository: string;
  readonly tag?: string | undefined;
  readonly digest?: string | undefined;
}

/** Dependencies of a `LookQueue`. */
export interface LookQueueDeps {
  readonly store: Pick<Store, 'scanJobs' | 'watches' | 'knownImages'>;
  readonly openListing: (watched: WatchedRegistry) => RegistryListing;
  /** Called when there are new scans. */
  readonly onScans: () => void;
  /** Receives the error of a name. The next walk looks at it again. */
  readonly onError: (watched: WatchedRegistry, name: NoticedName, error: unknown) => void;
}

/**
 * Looks at tags that notifications name. A notification says only where to look: the registry itself says what is there. Disposing it drops
 * what waits, which the next walk finds.
 */
export class LookQueue implements AsyncDisposable {
  readonly #deps: LookQueueDeps;
  readonly #requests = new Semaphore(looksAtOnce);
  readonly #pending = new Set<Promise<void>>();
  #isEnded = false;

  constructor(deps: LookQueueDeps) {
    this.#deps = deps;
  }

  /** Adds names of a registry. Ignores those that are not watched. Returns how many are looked at, or undefined if too many wait. */
  add(watched: WatchedRegistry, names: readonly NoticedName[]): number | undefined {
    const wanted = names.filter(
      ({ repository, tag }) =>
        selectsRepository(watched, repository) && (tag === undefined || selectsTag(watched, tag)),
    );
    if (this.#pending.size + wanted.length > limits.webhookNamesWaiting) return undefined;
    for (const name of wanted) {
      const look = this.#requests
        .run(() => this.#look(watched, name))
        .finally(() => this.#pending.delete(look));
      this.#pending.add(look);
    }
    return wanted.length;
  }

  async #look(watched: WatchedRegistry, name: NoticedName): Promise<void> {
    if (this.#isEnded) return;
    const { store, openListing, onScans, onError } = this.#deps;
    try {
      const known = await store.watches.findTags(watched.name, `${watched.registry}/${name.repository}`);
      const deps = { store, watched, listing: openListing(watched), lane: 'push' } as const;
      for (const tag of tagsOf(name, known)) {
        const sighting = { repository: name.repository, tag, known: known.get(tag) };
        const { change } = await lookAtTag(sighting, deps);
        if (change === 'added') onScans();
      }
    } catch (error) {
      onError(watched, name, error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEnded = true;
    await Promise.all(this.#pending);
  }
}

/** Names of all registries that this process looks at concurrently. */
const looksAtOnce = 4;

function tagsOf({ tag, digest }: NoticedName, known: ReadonlyMap<string, string>): readonly string[] {
  if (tag !== undefined) return [tag];
  return [...known].flatMap(([name, meant]) => (meant === digest ? [name] : []));
}
