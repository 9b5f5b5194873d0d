import { dayMs } from '../../core/duration.ts';
import type { CollectedCounts, RetentionTerms } from '../../store/maintenance.ts';
import type { Store } from '../../store/store.ts';
import { leaseMs, type RecurringJob, runClaimed } from '../jobs/run-job.ts';

/** Default retention times, in milliseconds. */
export const defaultRetention: RetentionTerms = {
  keepHistoryMs: 90 * dayMs,
  keepEventsMs: 30 * dayMs,
  keepLayersUnusedMs: 90 * dayMs,
};

/** How often a command deletes expired data, in milliseconds. */
export const collectIntervalMs: number = 3_600_000;

/** Identity of the job that deletes expired data. */
export const collection = { name: 'collect garbage', kind: 'collect', lane: 'maintenance' } as const;

/**
 * Deletes expired data. Returns undefined if another process does so now, or if any has done so within its interval. After a failure, the
 * job is due again later.
 */
export async function collectGarbageIfDue(
  store: Pick<Store, 'jobs' | 'collectGarbage' | 'now'>,
  terms: RetentionTerms,
): Promise<CollectedCounts | undefined> {
  const { jobs } = store;
  const names = [collection.name];
  const next = await jobs.findNextRun(names);
  if (next === undefined) await jobs.schedule([collection]);
  else if (Date.parse(next) > store.now().getTime()) return undefined;
  const [claimed] = await jobs.claim(names, { limit: 1, owner: crypto.randomUUID(), forMs: leaseMs });
  if (claimed === undefined) return undefined;
  const result = Promise.withResolvers<CollectedCounts>();
  // The caller gets the error only after it was recorded.
  result.promise.catch(() => undefined);
  const job: RecurringJob = {
    ...collection,
    intervalMs: collectIntervalMs,
    run: async (lease) => {
      result.resolve(store.collectGarbage(terms, lease));
      await result.promise;
    },
  };
  const deps = { store: { jobs }, now: store.now, random: Math.random, onError: result.reject };
  await runClaimed(job, claimed, deps, new AbortController().signal);
  return await result.promise;
}
