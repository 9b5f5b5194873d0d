import { AsyncLocalStorage } from 'node:async_hooks';

const scope = new AsyncLocalStorage<boolean>();

/** Runs `work`. If `isAllowed`, functions of the store that begin with `find` or `page` may read from a replica of the database. */
export function withReplicaReads<T>(isAllowed: boolean, work: () => T): T {
  return scope.run(isAllowed, work);
}

/** Returns whether the current work may read from a replica. */
export function mayReadReplica(): boolean {
  return scope.getStore() === true;
}
