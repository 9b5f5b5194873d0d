import { AsyncLocalStorage } from 'node:async_hooks';
import { limits } from '../kit/limits.ts';

const waits = new AsyncLocalStorage<number>();

/** Does some work whose queries wait for a database that is away or locked for this time at most, and fail then. */
export function withStoreWait<T>(ms: number, work: () => T): T {
  return waits.run(ms, work);
}

/** How long a query of now may wait for a server that went away. */
export function waitForServerMs(): number {
  return waits.getStore() ?? limits.storeReconnectMs;
}

/** How long a query of now may wait for a lock. */
export function waitForLockMs(): number {
  return waits.getStore() ?? limits.storeBusyMs;
}

/** The limit that the present work has set; undefined for work of the program itself. */
export function storeWaitOfNow(): number | undefined {
  return waits.getStore();
}
