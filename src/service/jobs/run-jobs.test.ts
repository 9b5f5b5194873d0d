import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../core/limits.ts';
import type { Store } from '../../store/store.ts';
import { virtualTime } from '../../testing/virtual-time.ts';
import { leaseMs, type RecurringJob } from './run-job.ts';
import { type RunJobsDeps, runJobs } from './run-jobs.ts';

const minute = 60_000;

/** Returns a job of a lane that runs every ten minutes. */
function job(name: string, run: RecurringJob['run'], lane = 'feeds'): RecurringJob {
  return { name, kind: 'test', lane, intervalMs: 10 * minute, run };
}

const rejects = (error: unknown): never => assert.fail(String(error));

/** Runs jobs until a time in minutes. */
async function runUntil(
  until: number,
  jobs: (minutes: () => number) => readonly RecurringJob[],
  changes: Partial<RunJobsDeps> & { readonly wrap?: (store: Store) => Pick<Store, 'jobs'> } = {},
) {
  await using time = await virtualTime(until * minute);
  const { wrap = (store: Store) => store, ...deps } = changes;
  await runJobs(
    jobs(() => time.passedMs() / minute),
    { feeds: 2, maintenance: 1 },
    { ...time.deps, onError: rejects, ...deps, store: wrap(time.store) },
    time.end,
  );
  return await time.store.jobs.findAll();
}

test('runs each job at once and then at its interval, even if others are slow', async () => {
  const runs: string[] = [];
  const isSlow = Promise.withResolvers<undefined>();
  await runUntil(25, (minutes) => [
    job('fast', async () => {
      runs.push(`fast ${minutes()}`);
      if (minutes() === 20) isSlow.resolve(undefined);
    }),
    job('slow', async () => {
      runs.push(`slow ${minutes()}`);
      await isSlow.promise;
    }),
  ]);
  assert.deepEqual(runs, ['fast 0', 'slow 0', 'fast 10', 'fast 20']);
});

test('runs no more jobs of a lane at once than the lane allows', async () => {
  let [running, most] = [0, 0];
  const names = ['a', 'b', 'c', 'd', 'e'];
  const lanes: string[] = [];
  const of = (name: string, lane: string) =>
    job(
      name,
      async () => {
        lanes.push(lane);
        running += lane === 'feeds' ? 1 : 0;
        most = Math.max(most, running);
        await new Promise(setImmediate);
        running -= lane === 'feeds' ? 1 : 0;
      },
      lane,
    );
  await runUntil(5, () => [...names.map((name) => of(name, 'feeds')), of('collect', 'maintenance')]);
  assert.equal(most, 2);
  assert.equal(lanes.length, 6);
  assert.ok(lanes.indexOf('maintenance') <= 2, 'a full lane does not delay another');
});

test('hands its jobs back when it is stopped, so that another process runs them at once', async () => {
  await using time = await virtualTime(10 * minute);
  const stop = new AbortController();
  const { promise: begun, resolve: begin } = Promise.withResolvers<undefined>();
  const interrupted = job('interrupted', async (_lease, signal) => {
    begin(undefined);
    await new Promise((resolve) => {
      signal.addEventListener('abort', resolve, { once: true });
    });
    throw new Error('the server is stopping');
  });
  const deps = { ...time.deps, store: time.store, onError: rejects };
  const first = runJobs([interrupted], { feeds: 1 }, deps, stop.signal);
  await begun;
  stop.abort();
  await first;
  const [left] = await time.store.jobs.findAll();
  assert.deepEqual([left?.state, left?.attempt, left?.error], ['waiting', 0, null]);
  const claimed = await time.store.jobs.claim(['interrupted'], { limit: 1, owner: 'other', forMs: 1 });
  assert.equal(claimed.length, 1);
});

test('runs a failing job again with growing waits, and reports it once it has failed repeatedly', async () => {
  const runs: number[] = [];
  const reported: string[] = [];
  const [state] = await runUntil(
    30,
    (minutes) => [
      job('failing', async () => {
        runs.push(minutes());
        throw new Error(`failure ${runs.length}`);
      }),
    ],
    { onFailed: ({ name }, error) => reported.push(`${name}: ${error}`) },
  );
  assert.deepEqual(runs, [0, 1, 3, 7, 15, 25]);
  assert.deepEqual(reported, [`failing: failure ${limits.jobAttempts}`]);
  assert.deepEqual([state?.state, state?.error, state?.attempt], ['failed', 'failure 6', 6]);
});

test('adds up to a tenth to each wait, so that servers do not stay together', async () => {
  const runs: number[] = [];
  await runUntil(30, (minutes) => [job('a', async () => void runs.push(minutes()))], { random: () => 1 });
  assert.deepEqual(runs, [0, 11, 22]);
});

test('goes on when the database was away at the start, at a claim and at the end of a run', async () => {
  const runs: number[] = [];
  const errors: string[] = [];
  const missing = new Set(['schedule', 'findNextRun', 'claim', 'complete']);
  const failFirst = (name: string): void => {
    if (missing.delete(name)) throw new Error(`no ${name}`);
  };
  const failOnce = ({ jobs }: Store): Pick<Store, 'jobs'> => ({
    jobs: {
      ...jobs,
      schedule: async (wanted) => {
        failFirst('schedule');
        await jobs.schedule(wanted);
      },
      findNextRun: async (names) => {
        failFirst('findNextRun');
        return await jobs.findNextRun(names);
      },
      claim: async (names, terms) => {
        failFirst('claim');
        return await jobs.claim(names, terms);
      },
      complete: async (lease, nextRun) => {
        failFirst('complete');
        await jobs.complete(lease, nextRun);
      },
    },
  });
  await runUntil(5, (minutes) => [job('a', async () => void runs.push(minutes()))], {
    wrap: failOnce,
    onError: (error) => errors.push(String(error)),
  });
  assert.deepEqual(errors, [
    'Error: no schedule',
    'Error: no findNextRun',
    'Error: no claim',
    'Error: no complete',
  ]);
  // The waits for the database grow from a second. The outcome of the first run was lost, so its lease had to expire.
  assert.deepEqual(runs.length, 2);
  assert.ok((runs[0] ?? 0) < 0.2 && (runs[1] ?? 0) >= leaseMs / minute && (runs[1] ?? 0) < 2, runs.join());
});

test('keeps a long run from other processes by heartbeats', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const renewed: string[] = [];
  const recordRenewals = ({ jobs }: Store): Pick<Store, 'jobs'> => ({
    jobs: {
      ...jobs,
      renew: async (lease, forMs) => {
        renewed.push(`${lease.name} ${forMs}`);
        return await jobs.renew(lease, forMs);
      },
    },
  });
  const long = job('long', async () => {
    t.mock.timers.tick(leaseMs);
  });
  await runUntil(1, () => [long], { wrap: recordRenewals });
  t.mock.timers.tick(leaseMs);
  assert.deepEqual(renewed, Array<string>(3).fill(`long ${leaseMs}`));
});

test('polls seldom while nothing is due', async () => {
  const polls: number[] = [];
  let minutesNow = (): number => 0;
  const recordPolls = ({ jobs }: Store): Pick<Store, 'jobs'> => ({
    jobs: {
      ...jobs,
      findNextRun: async (names) => {
        polls.push(Math.round(60 * minutesNow()));
        return await jobs.findNextRun(names);
      },
    },
  });
  await runUntil(
    4,
    (minutes) => {
      minutesNow = minutes;
      return [job('a', async () => undefined)];
    },
    { wrap: recordPolls },
  );
  // The first wait, of 1 s, ended with the run.
  assert.deepEqual(
    polls.filter((at) => at > 0),
    [2, 6, 14, 30, 60, 90, 120, 150, 180, 210],
  );
});
