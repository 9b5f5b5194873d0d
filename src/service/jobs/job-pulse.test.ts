import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openSqliteStore } from '../../store/sql/sqlite-store.ts';
import { virtualTime } from '../../testing/virtual-time.ts';
import { JobPulse } from './job-pulse.ts';
import { runJobs } from './run-jobs.ts';

const minute = 60_000;

test('says since when the loop of jobs is silent, and nothing for a loop that was never started', () => {
  const clock = { ms: 5000 };
  const pulse = new JobPulse(() => clock.ms);
  clock.ms += 10 * minute;
  assert.equal(pulse.silentSeconds(), undefined);
  pulse.beat();
  clock.ms += 90_000;
  assert.equal(pulse.silentSeconds(), undefined);
  clock.ms += 1;
  assert.equal(pulse.silentSeconds(), 90);
  pulse.beat();
  assert.equal(pulse.silentSeconds(), undefined);
});

test('beats while the loop polls, also when no job is due for hours', async () => {
  await using time = await virtualTime(120 * minute);
  const pulse = new JobPulse(time.passedMs);
  const job = {
    name: 'daily',
    kind: 'test',
    lane: 'feeds',
    intervalMs: 24 * 60 * minute,
    run: async () => undefined,
  };
  const onError = (error: unknown): never => assert.fail(String(error));
  await runJobs([job], { feeds: 1 }, { ...time.deps, store: time.store, onError, pulse }, time.end);
  assert.ok(time.passedMs() >= 120 * minute);
  assert.equal(pulse.silentSeconds(), undefined);
});

test('stops beating when the store does not answer the polls', async () => {
  await using time = await virtualTime(5 * minute);
  const pulse = new JobPulse(time.passedMs);
  const closed = await openSqliteStore(':memory:');
  await closed[Symbol.asyncDispose]();
  const job = { name: 'job', kind: 'test', lane: 'feeds', intervalMs: minute, run: async () => undefined };
  const deps = { ...time.deps, store: closed, onError: () => undefined, pulse };
  await runJobs([job], { feeds: 1 }, deps, time.end);
  assert.equal(pulse.silentSeconds(), Math.floor(time.passedMs() / 1000));
});
