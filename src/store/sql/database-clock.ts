import type { Engine } from './engine.ts';

/** A clock that several processes share. */
export interface SharedClock {
  /** Returns the time in milliseconds since 1970. */
  readonly now: () => number;
  /** How far the clock of this machine was ahead of it at the start, in milliseconds. */
  readonly aheadMs: number;
}

/** Interval at which the clock is read from the database, in milliseconds. */
const syncMs = 30_000;

/** A reading that took longer is too inexact, in milliseconds. */
const roundTripMaxMs = 1000;

/** A time of the database, and the time of the monotonic clock of this process at that moment. */
interface Reading {
  readonly databaseMs: number;
  readonly monotonicMs: number;
}

/**
 * Returns the clock of the database. Between readings, the monotonic clock of this process advances it. So servers agree on due times,
 * leases and validity even if the clock of one is wrong or is set.
 */
export async function databaseClock({ readClock, db }: Engine): Promise<SharedClock> {
  if (readClock === undefined) return { now: Date.now, aheadMs: 0 };
  const read = (): Promise<Reading> => readAt(() => readClock(db));
  let last = await read();
  let attemptedMs = performance.now();
  const sync = async (): Promise<void> => {
    attemptedMs = performance.now();
    const reading = await read();
    if (performance.now() - attemptedMs <= roundTripMaxMs) last = reading;
  };
  return {
    aheadMs: Date.now() - at(last),
    now: () => {
      // A failed reading is repeated at the next interval.
      if (performance.now() - attemptedMs > syncMs) sync().catch(() => undefined);
      return at(last);
    },
  };
}

function at({ databaseMs, monotonicMs }: Reading): number {
  return Math.round(databaseMs + performance.now() - monotonicMs);
}

/** The time is that of the middle of the round trip. */
async function readAt(readClock: () => Promise<number>): Promise<Reading> {
  const sentMs = performance.now();
  const databaseMs = await readClock();
  return { databaseMs, monotonicMs: (sentMs + performance.now()) / 2 };
}
