import assert from 'node:assert/strict';
import { test } from 'node:test';
import { databaseClock } from './database-clock.ts';

const start = Date.parse('2026-01-02T03:04:05Z');
const second = 1000;

/** Clocks of a process and of a database. The database reads its clock at the start of each round trip. */
class Clocks {
  /** Time of the monotonic clock of the process. */
  monotonic = 0;
  /** Milliseconds by which the clock of the database was set. */
  setBy = 0;
  /** Durations of the next round trips; others take a millisecond. */
  readonly roundTrips: number[] = [];

  readonly monotonicNow = (): number => this.monotonic;
  readonly readClock = async (): Promise<number> => {
    const time = this.time();
    this.monotonic += this.roundTrips.shift() ?? 1;
    return time;
  };

  time(): number {
    return start + this.monotonic + this.setBy;
  }
}

/** Lets the readings end that a call of `now` has started. */
async function readingsEnd(): Promise<void> {
  await new Promise(setImmediate);
}

test('reads the clock again when the first reading took seconds', async () => {
  const clocks = new Clocks();
  clocks.roundTrips.push(8 * second, 6 * second);
  const { now } = await databaseClock(clocks.readClock, clocks.monotonicNow);
  assert.ok(Math.abs(now() - clocks.time()) <= 1, `wrong by ${now() - clocks.time()} ms`);
});

test('keeps an exact reading when later ones are slow', async () => {
  const clocks = new Clocks();
  const { now } = await databaseClock(clocks.readClock, clocks.monotonicNow);
  for (let i = 0; i < 5; i++) {
    clocks.monotonic += 31 * second;
    clocks.roundTrips.push(0.9 * second);
    now();
    await readingsEnd();
    assert.ok(Math.abs(now() - clocks.time()) <= 1, `wrong by ${now() - clocks.time()} ms`);
  }
});

test('distrusts a reading that arrives late, although another one has just begun', async () => {
  const clocks = new Clocks();
  const answers: (() => void)[] = [];
  const readClock = async (): Promise<number> => {
    const time = clocks.time();
    if (clocks.monotonic > 0) await new Promise<void>((resolve) => answers.push(resolve));
    return time;
  };
  const { now } = await databaseClock(readClock, clocks.monotonicNow);
  for (let i = 0; i < 2; i++) {
    clocks.monotonic += 60 * second;
    now();
  }
  const [first] = answers;
  assert.ok(first);
  first();
  await readingsEnd();
  assert.equal(now(), clocks.time());
});

test('follows the clock of the database when that is set', async () => {
  const clocks = new Clocks();
  const { now } = await databaseClock(clocks.readClock, clocks.monotonicNow);
  clocks.setBy = -3600 * second;
  clocks.monotonic += 31 * second;
  clocks.roundTrips.push(2 * second);
  now();
  await readingsEnd();
  assert.ok(Math.abs(now() - clocks.time()) <= second, `wrong by ${now() - clocks.time()} ms`);
});

test('follows a clock that runs slower', async () => {
  const clocks = new Clocks();
  const { now } = await databaseClock(clocks.readClock, clocks.monotonicNow);
  for (let i = 0; i < 100; i++) {
    clocks.monotonic += 31 * second;
    clocks.setBy -= 3;
    now();
    await readingsEnd();
  }
  assert.ok(Math.abs(now() - clocks.time()) <= 5, `wrong by ${now() - clocks.time()} ms`);
});
