import { AsyncLocalStorage } from 'node:async_hooks';
import { limits } from '../core/limits.ts';

const timeouts = new AsyncLocalStorage<number>();

/** Does some work whose queries wait for a database that is away or locked for this time at most, and fail then. */
export function withStoreTimeout<T>(ms: number, work: () => T): T {
  return timeouts.run(ms, work);
}

/** How long a query of now may wait for a server that went away. */
export function reconnectTimeoutMs(): number {
  return timeouts.getStore() ?? limits.storeReconnectMs;
}

/** How long a query of now may wait for a lock. */
export function lockTimeoutMs(): number {
  return timeouts.getStore() ?? limits.storeBusyMs;
}

/** The limit that the present work has set; undefined for work of the program itself. */
export function currentStoreTimeoutMs(): number | undefined {
  return timeouts.getStore();
}
