import { AsyncLocalStorage } from 'node:async_hooks';
import { limits } from '../core/limits.ts';

const timeouts = new AsyncLocalStorage<number>();

/**
 * Runs `work` with the arguments, and with a limit on the time that its queries wait for a lock or an unreachable database before they fail.
 * Without `ms`, the limit stays as it is.
 */
export function withStoreTimeout<T, Arguments extends unknown[]>(
  ms: number | undefined,
  work: (...args: Arguments) => T,
  ...args: Arguments
): T {
  return ms === undefined ? work(...args) : timeouts.run(ms, work, ...args);
}

/** Returns how long, in milliseconds, a query may currently wait for an unreachable server. */
export function reconnectTimeoutMs(): number {
  return timeouts.getStore() ?? limits.storeReconnectMs;
}

/** Returns how long, in milliseconds, a query may currently wait for a lock. */
export function lockTimeoutMs(): number {
  return timeouts.getStore() ?? limits.storeBusyMs;
}

/** Returns the limit of the current `withStoreTimeout`, in milliseconds; undefined outside. */
export function currentStoreTimeoutMs(): number | undefined {
  return timeouts.getStore();
}
