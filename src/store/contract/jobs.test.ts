import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { limits } from '../../core/limits.ts';
import { type StoreEngine, storeEngines } from '../../testing/store-engines.ts';
import type { ClaimedJob } from '../job-store.ts';
import type { Store } from '../store.ts';

const start = Date.parse('2026-01-02T00:00:00Z');
const minute = 60_000;
const at = (minutes: number): Date => new Date(start + minutes * minute);

/** Returns jobs with these names. */
function jobs(...names: readonly string[]) {
  return names.map((name) => ({ name, kind: 'update', lane: 'feeds' }));
}

/** Opens two processes on one database, whose clock is in minutes. */
async function twoProcesses(
  context: TestContext,
  engine: StoreEngine,
): Promise<{ readonly clock: { minutes: number }; readonly one: Store; readonly two: Store }> {
  const clock = { minutes: 0 };
  const now = (): number => at(clock.minutes).getTime();
  const open = engine.create(context);
  const one = await open({ now });
  return { clock, one, two: engine.isShared ? await open({ now }) : one };
}

async function claim(
  store: Store,
  names: readonly string[],
  { limit = 9, minutes = 1 } = {},
): Promise<readonly ClaimedJob[]> {
  return await store.jobs.claim(names, { limit, owner: 'process', forMs: minutes * minute });
}

async function claimOne(store: Store, name: string): Promise<ClaimedJob> {
  const [job] = await claim(store, [name]);
  return job ?? assert.fail(`${name} could not be claimed`);
}

for (const engine of storeEngines) {
  test(`${engine.name}: runs each job on one process at a time`, async (t) => {
    const { one, two } = await twoProcesses(t, engine);
    const names = Array.from({ length: 40 }, (_, i) => `update ${i}`);
    await one.jobs.schedule(jobs(...names));
    const claims = await Promise.all(
      Array.from({ length: 10 }, (_, i) => claim(i % 2 === 0 ? one : two, names, { limit: 3 })),
    );
    const claimed = claims.flat().map(({ name }) => name);
    assert.equal(new Set(claimed).size, claimed.length);
    const rest = await claim(one, names, { limit: 40 });
    assert.deepEqual([...claimed, ...rest.map(({ name }) => name)].sort(), names.toSorted());
    assert.deepEqual(await claim(two, names), []);
  });

  test(`${engine.name}: claims the longest overdue of the named jobs first`, async (t) => {
    const { clock, one } = await twoProcesses(t, engine);
    for (const [minutes, name] of [
      [2, 'c'],
      [0, 'b'],
      [1, 'a'],
      [0, 'of another server'],
    ] as const) {
      clock.minutes = minutes;
      await one.jobs.schedule(jobs(name));
    }
    clock.minutes = 3;
    const names = ['a', 'b', 'c', 'unknown'];
    const first = await claim(one, names, { limit: 2 });
    assert.deepEqual(
      first.map(({ name }) => name),
      ['b', 'a'],
    );
    assert.deepEqual(
      (await claim(one, names)).map(({ name }) => name),
      ['c'],
    );
    assert.deepEqual(await claim(one, []), []);
  });

  test(`${engine.name}: runs a job again at the time that its last run named`, async (t) => {
    const { clock, one, two } = await twoProcesses(t, engine);
    assert.equal(await two.jobs.findNextRun(['a']), undefined);
    assert.equal(await two.jobs.findNextRun([]), undefined);
    await one.jobs.schedule(jobs('a', 'b'));
    assert.equal(await two.jobs.findNextRun(['a', 'b']), at(0).toISOString());
    const { lease } = await claimOne(one, 'a');
    await one.jobs.complete(lease, at(60));
    await one.jobs.complete((await claimOne(one, 'b')).lease, at(90));
    assert.equal(await two.jobs.findNextRun(['a', 'b']), at(60).toISOString());
    clock.minutes = 59;
    assert.deepEqual(await claim(two, ['a', 'b']), []);
    clock.minutes = 60;
    assert.deepEqual(
      (await claim(two, ['a', 'b'])).map(({ name }) => name),
      ['a'],
    );
  });

  test(`${engine.name}: makes a job due when a server starts, even if its last run named a later time`, async (t) => {
    const { clock, one, two } = await twoProcesses(t, engine);
    await one.jobs.schedule(jobs('a'));
    await one.jobs.complete((await claimOne(one, 'a')).lease, at(60));
    clock.minutes = 5;
    await two.jobs.schedule([{ name: 'a', kind: 'collect', lane: 'maintenance' }]);
    assert.equal(await one.jobs.findNextRun(['a']), at(5).toISOString());
    clock.minutes = 7;
    await two.jobs.schedule(jobs('a'));
    const [job] = await one.jobs.findAll();
    assert.deepEqual([job?.runAt, job?.kind, job?.lane], [at(5).toISOString(), 'collect', 'maintenance']);
  });

  test(`${engine.name}: gives a job to another process when the lease expires without a heartbeat`, async (t) => {
    const { clock, one, two } = await twoProcesses(t, engine);
    await one.jobs.schedule(jobs('a'));
    const { lease } = await claimOne(one, 'a');
    clock.minutes = 0.9;
    assert.equal(await one.jobs.renew(lease, minute), true);
    clock.minutes = 1.8;
    assert.deepEqual(await claim(two, ['a']), []);
    assert.equal(await two.jobs.findNextRun(['a']), at(1.9).toISOString());
    clock.minutes = 1.9;
    const taken = await claimOne(two, 'a');
    assert.ok(taken.lease.number > lease.number);
    assert.deepEqual([taken.attempt, taken.state], [2, 'running']);
    assert.match(taken.error ?? '', /ended or was suspended during the run/);
    assert.equal(await one.jobs.renew(lease, minute), false);
  });

  test(`${engine.name}: refuses the outcome of a process that lost the job`, async (t) => {
    const { clock, one, two } = await twoProcesses(t, engine);
    await one.jobs.schedule(jobs('a'));
    const { lease } = await claimOne(one, 'a');
    clock.minutes = 2;
    await claimOne(two, 'a');
    const before = await two.jobs.findAll();
    const lost = { code: 'store-conflict', message: /lost the job "a" to another one/ };
    await assert.rejects(one.jobs.complete(lease, at(60)), lost);
    await assert.rejects(one.jobs.fail(lease, 'no', at(60)), lost);
    await assert.rejects(one.jobs.handBack(lease), lost);
    const terms = { keepHistoryMs: 0, keepEventsMs: 0, keepLayersUnusedMs: 0 };
    await one.locks.acquire('expired', 'one', 0);
    await assert.rejects(one.collectGarbage(terms, lease), lost);
    assert.deepEqual(await two.jobs.findAll(), before);
  });

  test(`${engine.name}: gives a job that was handed back to another process at once, without an attempt`, async (t) => {
    const { one, two } = await twoProcesses(t, engine);
    await one.jobs.schedule(jobs('a'));
    await one.jobs.handBack((await claimOne(one, 'a')).lease);
    const [job] = await one.jobs.findAll();
    assert.deepEqual([job?.attempt, job?.state, job?.error], [0, 'waiting', null]);
    assert.equal((await claimOne(two, 'a')).attempt, 1);
  });

  test(`${engine.name}: shows a job as failed after ${limits.jobAttempts} failures, until a run succeeds`, async (t) => {
    const { clock, one } = await twoProcesses(t, engine);
    await one.jobs.schedule(jobs('a'));
    const states: unknown[] = [];
    for (let run = 1; run <= limits.jobAttempts + 1; run++) {
      const { lease } = await claimOne(one, 'a');
      await one.jobs.fail(lease, `failure ${run} of https://me:secret@example.org/`, at(++clock.minutes));
      const [job] = await one.jobs.findAll();
      states.push(job?.state);
      assert.equal(job?.attempt, run);
      assert.match(job.error ?? '', new RegExp(`^failure ${run} of https://[^:]*@example.org/$`));
    }
    const { jobAttempts: max } = limits;
    assert.deepEqual(states, [...Array<string>(max - 1).fill('waiting'), 'failed', 'failed']);
    await one.jobs.handBack((await claimOne(one, 'a')).lease);
    assert.equal((await one.jobs.findAll())[0]?.state, 'failed');
    await one.jobs.complete((await claimOne(one, 'a')).lease, at(60));
    const [job] = await one.jobs.findAll();
    assert.deepEqual([job?.state, job?.attempt, job?.error], ['waiting', 0, null]);
  });

  test(`${engine.name}: shows a job as failed when it ends the process in each run`, async (t) => {
    const { clock, one } = await twoProcesses(t, engine);
    await one.jobs.schedule(jobs('a'));
    for (let run = 1; run <= limits.jobAttempts; run++) {
      await claimOne(one, 'a');
      assert.equal((await one.jobs.findAll())[0]?.state, 'running');
      clock.minutes++;
    }
    const [job] = await one.jobs.findAll();
    assert.deepEqual([job?.state, job?.attempt], ['failed', limits.jobAttempts]);
    assert.match(job?.error ?? '', /ended or was suspended during the run/);
  });

  test(`${engine.name}: deletes a job that no server has run for the retention time of events`, async (t) => {
    const { clock, one } = await twoProcesses(t, engine);
    await one.jobs.schedule(jobs('removed', 'current', 'running'));
    await one.jobs.complete((await claimOne(one, 'current')).lease, at(8));
    await claim(one, ['running'], { minutes: 20 });
    clock.minutes = 11;
    const terms = { keepHistoryMs: 99 * minute, keepEventsMs: 10 * minute, keepLayersUnusedMs: 99 * minute };
    await one.collectGarbage(terms);
    assert.deepEqual(
      (await one.jobs.findAll()).map(({ name }) => name),
      ['current', 'running'],
    );
  });
}
