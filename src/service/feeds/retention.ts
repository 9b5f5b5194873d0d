import type { CollectedCounts, RetentionTerms } from '../../store/maintenance.ts';
import type { Store } from '../../store/store.ts';

const dayMs = 24 * 3_600_000;

/** Default retention times, in milliseconds. */
export const defaultRetention: RetentionTerms = {
  keepHistoryMs: 90 * dayMs,
  keepEventsMs: 30 * dayMs,
  keepLayersUnusedMs: 90 * dayMs,
};

/** How often a command deletes expired data, in milliseconds. */
export const collectIntervalMs: number = 3_600_000;

/** The lock of a collection. It is not released, so it also records that a collection ran. */
const collectionLock = 'collect garbage';

/**
 * Deletes expired data. Returns undefined if any process that shares the store has begun to do so within `intervalMs`. After a failure, the
 * next call tries again.
 */
export async function collectGarbageIfDue(
  store: Pick<Store, 'locks' | 'collectGarbage'>,
  terms: RetentionTerms,
  intervalMs: number = collectIntervalMs,
): Promise<CollectedCounts | undefined> {
  const lease = await store.locks.acquire(collectionLock, crypto.randomUUID(), intervalMs);
  if (lease === undefined) return undefined;
  try {
    return await store.collectGarbage(terms, lease);
  } catch (error) {
    await store.locks.release(lease);
    throw error;
  }
}
