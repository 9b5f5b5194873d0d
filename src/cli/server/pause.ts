import { setTimeout } from 'node:timers/promises';
import type { Bell } from '../../service/notices/bell.ts';

/** Waits so long, or until the signal comes. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

/** Waits so long, or until the bell rings or the signal comes. */
export async function pauseOrBell(ms: number, bell: Bell, signal: AbortSignal): Promise<void> {
  const awake = new AbortController();
  const either = AbortSignal.any([signal, awake.signal]);
  await Promise.race([bell.heard(either), pause(ms, either)]);
  awake.abort();
}
