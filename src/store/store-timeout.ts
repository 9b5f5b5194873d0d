import { AsyncLocalStorage } from 'node:async_hooks';
import { limits } from '../core/limits.ts';

/**
 * The time in milliseconds that queries wait for a lock or an unreachable database before they fail. It applies to work within
 * `storeTimeout.run(ms, work)`. Undefined sets no limit of its own.
 */
export const storeTimeout: AsyncLocalStorage<number | undefined> = new AsyncLocalStorage();

/** Returns how long, in milliseconds, a query may currently wait for an unreachable server. */
export function reconnectTimeoutMs(): number {
  return storeTimeout.getStore() ?? limits.storeReconnectMs;
}

/** Returns how long, in milliseconds, a query may currently wait for a lock. */
export function lockTimeoutMs(): number {
  return storeTimeout.getStore() ?? limits.storeBusyMs;
}

/** Returns the limit of the current `storeTimeout`, in milliseconds; undefined without one. */
export function currentStoreTimeoutMs(): number | undefined {
  return storeTimeout.getStore();
}
