import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { RegistryListing } from '../../image/registry/listing/registry-listing.ts';
import type { ClaimedName, NoticedName } from '../../store/noticed-name-store.ts';
import type { Store } from '../../store/store.ts';
import { type RunQueueDeps, runQueue } from '../jobs/run-queue.ts';
import { lookAtTag } from './look-at-tag.ts';
import { selectsRepository, selectsTag, type WatchedRegistry } from './watched-registry.ts';

/** Dependencies of `lookAtNames`. A look whose outcome could not be recorded is repeated once its claim has expired. */
export interface LookAtNamesDeps extends RunQueueDeps {
  readonly store: Pick<Store, 'scanJobs' | 'watches' | 'knownImages' | 'noticedNames'>;
  /** The registries of the settings. */
  readonly registries: readonly WatchedRegistry[];
  readonly openListing: (watched: WatchedRegistry) => RegistryListing;
  /** Called when there are new scans. */
  readonly onScans: () => void;
  /** Receives the error of a name. It is looked at again, or by the next walk. */
  readonly onFailed: (name: NoticedName, error: unknown) => void;
}

/** Names of all registries that one process looks at concurrently. */
const looksAtOnce = 4;

/** Shortest wait between two polls, and before a name is looked at again, which doubles each time. In milliseconds. */
const minPollMs = 250;

/** Duration of a claim. A name that a killed process looked at waits that long. In milliseconds. */
const claimMs = 30_000;

/** Returns the names of a notification that are watched. */
export function watchedNames(watched: WatchedRegistry, names: readonly NoticedName[]): NoticedName[] {
  return names.filter(
    ({ repository, tag }) =>
      selectsRepository(watched, repository) && (tag === undefined || selectsTag(watched, tag)),
  );
}

/**
 * Looks at the tags that notifications name, until the signal aborts. A notification says only where to look: the registry itself says what
 * is there. If it fails, or does not yet have what was pushed, the tag is looked at again.
 */
export async function lookAtNames(deps: LookAtNamesDeps, signal: AbortSignal): Promise<void> {
  const { noticedNames } = deps.store;
  const byName = new Map(deps.registries.map((watched) => [watched.name, watched]));
  const watches = [...byName.keys()];
  await runQueue(
    {
      atOnce: looksAtOnce,
      minPollMs,
      findNextRun: () => noticedNames.findNextRun(watches),
      claim: (limit) => noticedNames.claim({ watches, limit, forMs: claimMs }),
      async run(name) {
        const watched = byName.get(name.watch);
        if (watched !== undefined) await lookOnce(name, watched, deps);
      },
    },
    deps,
    signal,
  );
}

/** Looks at a claimed name, and records whether it must be looked at again. */
async function lookOnce(name: ClaimedName, watched: WatchedRegistry, deps: LookAtNamesDeps): Promise<void> {
  const { noticedNames } = deps.store;
  try {
    const waitMs = await waitAfterLook(name, watched, deps);
    if (waitMs === undefined) await noticedNames.complete(name);
    else await noticedNames.delay(name, new Date(deps.now().getTime() + waitMs));
  } catch (error) {
    deps.onError(error);
  }
}

/** Looks at a name. Returns the milliseconds until it must be looked at again. Undefined if it must not. */
async function waitAfterLook(
  name: ClaimedName,
  watched: WatchedRegistry,
  deps: LookAtNamesDeps,
): Promise<number | undefined> {
  const waitMs = name.attempt < limits.looksPerName ? minPollMs * 2 ** (name.attempt - 1) : undefined;
  try {
    return (await look(name, watched, deps)) ? undefined : waitMs;
  } catch (error) {
    deps.onFailed(name, error);
    const asked = error instanceof ClairError ? (error.retryAfterMs ?? 0) : 0;
    return waitMs && Math.max(waitMs, Math.min(asked, limits.walkPauseMs));
  }
}

/** Looks at the tags of a name. Returns whether the registry has what the notification states. */
async function look(
  name: NoticedName,
  watched: WatchedRegistry,
  { store, openListing, onScans }: LookAtNamesDeps,
): Promise<boolean> {
  const { repository, pushed } = name;
  const known = await store.watches.findTags(watched.name, `${watched.registry}/${repository}`);
  const deps = { store, watched, listing: openListing(watched), lane: 'push' } as const;
  let isThere = true;
  for (const tag of tagsOf(name, known)) {
    const { change, digest } = await lookAtTag({ repository, tag, known: known.get(tag) }, deps);
    if (change === 'added') onScans();
    // A registry may announce a push before the tag has its new meaning.
    isThere &&= pushed === undefined || digest === pushed;
  }
  return isThere;
}

function tagsOf({ tag, digest }: NoticedName, known: ReadonlyMap<string, string>): readonly string[] {
  if (tag !== undefined) return [tag];
  return [...known].flatMap(([name, meant]) => (meant === digest ? [name] : []));
}
