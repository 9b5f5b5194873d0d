import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { RegistryListing } from '../../image/registry/listing/registry-listing.ts';
import type { JobIdentity } from '../../store/job-store.ts';
import type { Store } from '../../store/store.ts';
import type { RegistryWalk } from '../../store/watch-store.ts';
import type { RecurringJob } from '../jobs/run-job.ts';
import { type WalkResult, walkRegistry } from './walk-registry.ts';
import type { WatchedRegistry } from './watched-registry.ts';

/** Dependencies of `watchJobs`. */
export interface WatchDeps {
  readonly store: Pick<Store, 'scanJobs' | 'watches' | 'knownImages'>;
  readonly openListing: (watched: WatchedRegistry) => RegistryListing;
  readonly now: () => Date;
  /** Called when there are new scans. */
  readonly onScans: () => void;
  /** Called after each walk. */
  readonly onWalk: (walk: RegistryWalk, failure: Error | undefined) => void;
  /** Receives an error of the store, after which the walk is repeated. */
  readonly onError: (watched: WatchedRegistry, error: unknown) => void;
}

/** The lane of walks, and how many one process does at a time. */
export const watchLane = 'registries';

/** Returns a job for each registry that walks through it at its interval. One process does it. */
export function watchJobs(registries: readonly WatchedRegistry[], deps: WatchDeps): RecurringJob[] {
  return registries
    .filter(({ intervalMs }) => intervalMs > 0)
    .map((watched) => ({
      ...walkJobOf(watched.name),
      intervalMs: watched.intervalMs,
      run: async (_lease, signal, runNextAt) => {
        try {
          runNextAt(await walk(watched, deps, signal));
        } catch (error) {
          if (!signal.aborted) deps.onError(watched, error);
          throw error;
        }
      },
    }));
}

/** Walks through a registry unless it is too early, as after the start of another server. Returns when the next walk is due. */
async function walk(watched: WatchedRegistry, deps: WatchDeps, signal: AbortSignal): Promise<Date> {
  const { store, now } = deps;
  const last = (await store.watches.findWalks()).find(({ name }) => name === watched.name);
  const isSame = last?.registry === watched.registry;
  const due = isSame ? dueAt(last, watched) : undefined;
  if (due !== undefined && due > now()) return due;
  const completedAt = isSame ? last.completedAt : null;
  const started = {
    name: watched.name,
    registry: watched.registry,
    startedAt: now().toISOString(),
    completedAt,
    endedAt: null,
    nextAt: null,
    repositories: 0,
    tags: 0,
    added: 0,
    gone: 0,
    errors: 0,
    error: null,
  };
  await store.watches.saveWalk(started);
  const result = await walkRegistry({
    store,
    watched,
    listing: deps.openListing(watched),
    signal,
    onScans: deps.onScans,
    isFirst: completedAt === null,
  });
  const { failure, ...counts } = result;
  // They may have failed for a reason that has passed.
  if (failure === undefined && (await store.scanJobs.repeatFailed(watched.registry)) > 0) deps.onScans();
  const endedAt = now();
  const nextAt = new Date(endedAt.getTime() + waitAfter(result, watched));
  const ended: RegistryWalk = {
    ...started,
    ...counts,
    endedAt: endedAt.toISOString(),
    nextAt: nextAt.toISOString(),
    completedAt: failure === undefined ? endedAt.toISOString() : completedAt,
  };
  await store.watches.saveWalk(ended);
  deps.onWalk(ended, failure);
  return nextAt;
}

/** Wait after a walk that ended early, in milliseconds. A registry may ask for a longer one. */
const retryMs = 5 * 60_000;

function waitAfter({ failure }: WalkResult, { intervalMs }: WatchedRegistry): number {
  if (failure === undefined) return intervalMs;
  const asked = failure instanceof ClairError ? (failure.retryAfterMs ?? 0) : 0;
  return Math.max(Math.min(retryMs, intervalMs), Math.min(asked, limits.walkPauseMs));
}

/** Returns when the walk after the last one is due. A shorter interval in the settings takes effect at once. */
function dueAt(
  { endedAt, completedAt, nextAt }: RegistryWalk,
  { intervalMs }: WatchedRegistry,
): Date | undefined {
  if (endedAt === null || nextAt === null) return undefined;
  const due = new Date(nextAt);
  const byInterval = new Date(Date.parse(endedAt) + intervalMs);
  return endedAt === completedAt && byInterval < due ? byInterval : due;
}

/** Returns the job that walks through a registry. */
export function walkJobOf(name: string): JobIdentity {
  return { name: `walk ${name}`, kind: 'walk', lane: watchLane };
}
