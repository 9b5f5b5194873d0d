import { monotonicMs } from '../../kit/async/retry.ts';

/** A clock that several processes share. */
export interface SharedClock {
  /** Returns the time in milliseconds since 1970. */
  readonly now: () => number;
  /** How far the clock of this machine was ahead of it at the start, in milliseconds. */
  readonly aheadMs: number;
}

/** Interval at which the clock is read from the database, in milliseconds. */
const syncMs = 30_000;

/** The first reading is repeated if it took longer, in milliseconds. */
const roundTripMaxMs = 1000;
const firstReadingsMax = 3;

/** How much two clocks may run apart, in milliseconds per millisecond. Ten times what clocks of computers do. */
const driftMax = 1e-3;

/** A time of the database, and the time of the monotonic clock of this process at that moment. */
interface Reading {
  readonly databaseMs: number;
  readonly monotonicMs: number;
  /** Half of the round trip: by how much the reading may be wrong. */
  readonly errorMs: number;
}

/**
 * Returns the clock of the database, which `readClock` reads. Between readings, the monotonic clock of this process advances it. So
 * servers agree on due times, leases and validity even if the clock of one is wrong or is set. Without `readClock`, it is the clock of
 * this machine.
 */
export async function databaseClock(
  readClock: (() => Promise<number>) | undefined,
  monotonicNow: () => number = monotonicMs,
): Promise<SharedClock> {
  if (readClock === undefined) return { now: Date.now, aheadMs: 0 };
  const read = (): Promise<Reading> => readAt(readClock, monotonicNow);
  let last = await firstReading(read);
  let attemptedMs = monotonicNow();
  const sync = async (): Promise<void> => {
    attemptedMs = monotonicNow();
    const reading = await read();
    if (isBetter(reading, last)) last = reading;
  };
  const now = (): number => Math.round(timeAt(last, monotonicNow()));
  return {
    aheadMs: Date.now() - now(),
    now: () => {
      // A failed reading is repeated at the next interval.
      if (monotonicNow() - attemptedMs > syncMs) sync().catch(() => undefined);
      return now();
    },
  };
}

function timeAt({ databaseMs, monotonicMs }: Reading, monotonic: number): number {
  return databaseMs + monotonic - monotonicMs;
}

/** Nothing precedes the first reading. On a busy machine it can take seconds, and would be wrong by half of them. */
async function firstReading(read: () => Promise<Reading>): Promise<Reading> {
  let best = await read();
  for (let i = 1; i < firstReadingsMax && best.errorMs > roundTripMaxMs / 2; i++) {
    const next = await read();
    if (next.errorMs < best.errorMs) best = next;
  }
  return best;
}

/** A slow reading does not replace an exact one, unless they contradict each other: the clock of the database was set. */
function isBetter(reading: Reading, last: Reading): boolean {
  const elapsed = Math.max(0, reading.monotonicMs - last.monotonicMs);
  const errorOfLast = last.errorMs + elapsed * driftMax;
  const difference = Math.abs(reading.databaseMs - timeAt(last, reading.monotonicMs));
  return reading.errorMs <= errorOfLast || difference > reading.errorMs + errorOfLast;
}

/** The time is that of the middle of the round trip. */
async function readAt(readClock: () => Promise<number>, monotonicNow: () => number): Promise<Reading> {
  const sentMs = monotonicNow();
  const databaseMs = await readClock();
  const errorMs = (monotonicNow() - sentMs) / 2;
  return { databaseMs, monotonicMs: sentMs + errorMs, errorMs };
}
