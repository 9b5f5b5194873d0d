import type { Job } from '../../store/job-store.ts';
import type { Lease } from '../../store/lock-store.ts';
import type { Store } from '../../store/store.ts';
import type { RecurringJob } from '../jobs/run-job.ts';
import { type RunJobsDeps, runJobs } from '../jobs/run-jobs.ts';
import { collection } from './retention.ts';
import {
  type FeedChoiceDeps,
  type FeedOfSource,
  type FeedOutcome,
  type UpdateFeed,
  updateEach,
} from './update-feeds.ts';

/** Interval and origin of the updates of one source. */
export interface SourceSchedule {
  /** Milliseconds between updates. 0 disables updates. */
  readonly intervalMs: number;
  /** Origin of its feeds: `upstream`, the URL of a mirror or a directory. */
  readonly origin: string;
  readonly update: UpdateFeed;
}

/** Dependencies of `keepCurrent`. */
export interface KeepCurrentDeps
  extends RunJobsDeps,
    Omit<FeedChoiceDeps, 'store' | 'origin' | 'maxAgeMs' | 'signal'> {
  readonly store: Pick<Store, 'advisories' | 'jobs'>;
  readonly scheduleOf: (source: string) => SourceSchedule;
  /** Deletes expired data from the store, under the lease of the job. */
  readonly collectGarbage: (lease: Lease) => Promise<void>;
  /** Receives the outcomes of the feeds of one source, and the duration in seconds. */
  readonly onOutcomes: (outcomes: readonly FeedOutcome[], seconds: number) => void;
  /** Receives an error of `collectGarbage`, which is called again later. */
  readonly onCollectError: (error: unknown) => void;
  /** Jobs of the maintenance lane that the server runs besides. */
  readonly otherJobs: readonly RecurringJob[];
}

/** Runs at once in this process. More sources would use more memory without being faster. */
const lanes = { feeds: 2, [collection.lane]: 1 };

/**
 * Updates the feeds of every source at once, and then at each interval, until the signal aborts. Sources are independent: a slow or failing
 * one does not delay others. Of several servers, one updates a source. Deletes expired data at the shortest of their intervals.
 */
export async function keepCurrent(
  feeds: readonly FeedOfSource[],
  deps: KeepCurrentDeps,
  signal: AbortSignal,
): Promise<void> {
  const bySource = Map.groupBy(feeds, ({ source }) => source.name);
  const updates = [...bySource]
    .map(([source, ofSource]) => updateJob(source, ofSource, deps))
    .filter(({ intervalMs }) => intervalMs > 0);
  // A server without updates may have a database that is only read.
  if (updates.length === 0) return;
  const intervalMs = Math.min(...updates.map((job) => job.intervalMs));
  await runJobs([...updates, collectJob(intervalMs, deps), ...deps.otherJobs], lanes, deps, signal);
}

function updateJob(source: string, feeds: readonly FeedOfSource[], deps: KeepCurrentDeps): RecurringJob {
  const { intervalMs, origin, update } = deps.scheduleOf(source);
  return {
    name: updateName(source),
    kind: updateKind,
    lane: 'feeds',
    intervalMs,
    run: async (_lease, signal) => {
      const started = deps.now().getTime();
      const choice = { ...deps, origin, signal, maxAgeMs: intervalMs / 2 };
      const outcomes = await reporting(deps.onError, signal, () => updateEach(feeds, choice, update));
      // An aborted update has no outcome.
      if (signal.aborted) return;
      deps.onOutcomes(outcomes, (deps.now().getTime() - started) / 1000);
      throwFirstFailure(outcomes);
    },
  };
}

const updateKind = 'update';

function updateName(source: string): string {
  return `update ${source}`;
}

/** Returns the jobs without updates of sources that are not enabled. Servers with these settings do not run them. */
export function enabledJobs(jobs: readonly Job[], feeds: readonly FeedOfSource[]): readonly Job[] {
  const updates = new Set(feeds.map(({ source }) => updateName(source.name)));
  return jobs.filter(({ kind, name }) => kind !== updateKind || updates.has(name));
}

/** Each feed has its own failure in the store. One of them stands for the job. */
function throwFirstFailure(outcomes: readonly FeedOutcome[]): void {
  for (const one of outcomes) if (one.outcome === 'failed') throw one.error;
}

function collectJob(intervalMs: number, deps: KeepCurrentDeps): RecurringJob {
  return {
    ...collection,
    intervalMs,
    run: (lease, signal) => reporting(deps.onCollectError, signal, () => deps.collectGarbage(lease)),
  };
}

/** Runs work and reports its error, unless the signal has aborted. */
async function reporting<T>(
  onError: (error: unknown) => void,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!signal.aborted) onError(error);
    throw error;
  }
}
