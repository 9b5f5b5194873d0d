import { setTimeout } from 'node:timers/promises';
import type { WakeSignal } from '../../kit/async/wake-signal.ts';

/** Waits `ms` milliseconds, or until the signal is aborted. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

/** Waits `ms` milliseconds, or until `wakeSignal` is notified or `signal` is aborted. */
export async function sleepOrWake(ms: number, wakeSignal: WakeSignal, signal: AbortSignal): Promise<void> {
  const awake = new AbortController();
  const either = AbortSignal.any([signal, awake.signal]);
  await Promise.race([wakeSignal.wait(either), sleep(ms, either)]);
  awake.abort();
}
