import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Whether functions of the store that begin with `find` or `page` may read from a replica of the database. It applies to work within
 * `replicaReads.run(isAllowed, work)`.
 */
export const replicaReads: AsyncLocalStorage<boolean> = new AsyncLocalStorage();

/** Returns whether the current work may read from a replica. */
export function mayReadReplica(): boolean {
  return replicaReads.getStore() === true;
}
