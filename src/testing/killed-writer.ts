import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual } from 'node:util';
import type { Job } from '../store/job-store.ts';
import type { Lease } from '../store/lock-store.ts';
import type { Store } from '../store/store.ts';
import type { SharedEngine } from './store-engines.ts';
import { exitOf, runOnStore } from './store-process.ts';

/** Duration of the leases of the writer: longer than the checks after its end. */
export const writerLeaseMs = 600_000;

/** The writes of a round, in their order. Each is as likely to be killed as any other. */
const stepNames = [
  ...['acquire', 'advisories', 'ratings', 'release', 'image', 'names'],
  ...['claim', 'renew', 'collect', 'end'],
] as const;

type StepName = (typeof stepNames)[number];

/** A write that the writer reported. `number` is that of the lease that it took; 0 for other writes. */
interface Step {
  readonly name: StepName;
  readonly round: number;
  readonly number: number;
  readonly atMs: number;
}

/** A process that was killed, and the writes that it reported. */
export interface KilledWriter {
  readonly pid: number;
  readonly steps: readonly Step[];
}

/**
 * Performs all writes to a store in a loop until it is killed, each round in another edition. It applies a feed of advisories
 * with significant changes, and a feed of enrichments, both under a lock. It saves layers and an image with a set of its own, and adds
 * and removes their names. It collects garbage with zero retention as a job that in turn succeeds, fails and is handed back.
 */
function writerProgram(records: number): string {
  return `
  const collection = { name: 'collect ' + process.pid, kind: 'collect', lane: 'maintenance' };
  function* scores(edition) {
    for (let i = 0; i < ${records}; i++) yield { id: 'CVE-' + i, description: edition };
  }
  for (let i = 0; ; i++) {
    const name = process.pid + ' ' + i;
    const report = (step, number = 0) => say([step, i, number].join(' '));
    const lease = await store.locks.acquire('update ' + process.pid, name, ${writerLeaseMs});
    report('acquire', lease.number);
    await apply(name, ${records}, 'tracker', { severity: i % 2 === 0 ? 'High' : 'Low' }, lease);
    report('advisories');
    await store.locks.renew(lease, ${writerLeaseMs});
    const epss = content.feedUpdate({ source: 'epss', feed: 'scores', fingerprint: name, lease });
    await store.enrichments.apply(epss, content.stream(scores(name)));
    report('ratings');
    await store.locks.release(lease);
    report('release');
    const own = { ...content.installed(name), location: { path: 'status', layer: 'sha256:two' } };
    const image = await store.images.save(content.image([content.installed('curl'), own], name));
    await store.layers.save(name, '', emptyLayer);
    await store.ancestries.save(content.ancestry('latest', image));
    report('image');
    await store.namedLayers.remove('base');
    const layer = { image, format: 'Docker', engineVersion: 3 };
    await store.namedLayers.save({ name: 'base', parent: null, ...layer });
    await store.namedLayers.save({ name: 'top', parent: 'base', ...layer });
    report('names');
    await store.jobs.schedule([collection]);
    const terms = { limit: 1, owner: name, forMs: ${writerLeaseMs} };
    const [job] = await store.jobs.claim([collection.name], terms);
    report('claim', job.lease.number);
    await store.jobs.renew(job.lease, ${writerLeaseMs});
    report('renew');
    await store.collectGarbage({ keepHistoryMs: 0, keepEventsMs: 0, keepLayersUnusedMs: 0 }, job.lease);
    report('collect');
    if (i % 3 === 0) await store.jobs.complete(job.lease, store.now());
    else if (i % 3 === 1) await store.jobs.fail(job.lease, name, store.now());
    else await store.jobs.handBack(job.lease);
    report('end');
  }`;
}

/** Starts a writer of feeds with a number of records, and kills it at a point of its third round; 0 is the beginning and 1 the end. */
export async function killWriter(
  engine: SharedEngine,
  place: string,
  { point, records }: { readonly point: number; readonly records: number },
): Promise<KilledWriter> {
  const child = runOnStore(engine.name, place, writerProgram(records));
  const steps: Step[] = [];
  const step = Math.floor(point * stepNames.length);
  assert.ok(child.stdout !== null && child.pid !== undefined);
  for await (const line of createInterface({ input: child.stdout })) {
    const [name, round, number] = line.split(' ');
    steps.push({
      name: name as StepName,
      round: Number(round),
      number: Number(number),
      atMs: performance.now(),
    });
    if (steps.length !== 2 * stepNames.length + step) continue;
    const [before, after] = steps.slice(stepNames.length + step - 1);
    const tookMs = (after?.atMs ?? 0) - (before?.atMs ?? 0);
    setTimeout(() => child.kill('SIGKILL'), (point * stepNames.length - step) * tookMs);
  }
  assert.equal(await exitOf(child), null, 'the writer ended before it was killed');
  return { pid: child.pid, steps };
}

/** Returns the last report of a write. */
function lastOf({ steps }: KilledWriter, name: StepName): Step {
  return steps.findLast((step) => step.name === name) ?? assert.fail();
}

/** Asserts that an edition in the store is the last one that the writer reported, or the one that it wrote when it was killed. */
export function assertLastEdition(writer: KilledWriter, step: StepName, edition: string): void {
  const { round } = lastOf(writer, step);
  const allowed = [round, round + 1].map((one) => `${writer.pid} ${one}`);
  assert.ok(allowed.includes(edition), `${edition} is in the store, ${allowed[0]} was reported`);
}

/** Asserts that the lock of the writer is held if and only if the writer took it and did not release it. */
export async function assertLockIsHeld({ locks }: Store, writer: KilledWriter): Promise<void> {
  const taken = await locks.acquire(lockNameOf(writer), 'another', 0);
  const last = writer.steps.at(-1)?.name;
  // These writes precede the acquisition and the release, which may be done without a report.
  const isInDoubt = last === 'end' || last === 'ratings';
  const isHeld = lastOf(writer, 'acquire').round > lastOf(writer, 'release').round;
  if (!isInDoubt) assert.equal(taken === undefined, isHeld);
  if (taken !== undefined) await locks.release(taken);
}

/** Takes the lock of the writer after its lease has expired. Asserts that writes under the old lease are refused from then on. */
export async function takeOverLock({ locks, advisories }: Store, writer: KilledWriter): Promise<void> {
  const { round, number } = lastOf(writer, 'acquire');
  const old: Lease = { table: 'lock', name: lockNameOf(writer), owner: `${writer.pid} ${round}`, number };
  const taken = (await locks.acquire(old.name, 'another', writerLeaseMs)) ?? assert.fail('it is stuck');
  assert.ok(taken.number > number, `${taken.number} follows ${number}`);
  assert.equal(await locks.renew(old, writerLeaseMs), false);
  const before = await advisories.findFeedStates();
  const [feed = assert.fail()] = before;
  const failure = { at: feed.checkedAt, message: 'no route to host' };
  await assert.rejects(advisories.recordFailure(feed, failure, old), { code: 'store-conflict' });
  assert.deepEqual(await advisories.findFeedStates(), before);
  await locks.release(taken);
}

function lockNameOf({ pid }: KilledWriter): string {
  return `update ${pid}`;
}

/** The state, attempts and error of a job. */
type JobOutcome = readonly [Job['state'], number, string | null];

/** Returns the outcome of a job at the end of a round. */
function outcomeAfter({ pid }: KilledWriter, round: number): JobOutcome {
  if (round % 3 === 0) return ['waiting', 0, null];
  return ['waiting', 1, `${pid} ${round - (round % 3) + 1}`];
}

/** Returns the outcome of a job while it runs. */
function outcomeIn(writer: KilledWriter, round: number): JobOutcome {
  const [, attempts, error] = outcomeAfter(writer, round - 1);
  return ['running', attempts + 1, error];
}

async function jobOf({ jobs }: Store, { pid }: KilledWriter): Promise<Job> {
  return (await jobs.findAll()).find(({ name }) => name === `collect ${pid}`) ?? assert.fail('it is lost');
}

/** Asserts that the job of the writer has the outcome that was reported, or that of the write that was killed. */
export async function assertJobIsComplete(store: Store, writer: KilledWriter): Promise<void> {
  const { name, state, attempt, error } = await jobOf(store, writer);
  const allowed = [
    outcomeIn(writer, lastOf(writer, 'end').round + 1),
    outcomeAfter(writer, lastOf(writer, 'claim').round),
  ];
  const found: JobOutcome = [state, attempt, error];
  assert.ok(
    allowed.some((one) => isDeepStrictEqual(one, found)),
    `${JSON.stringify(found)} is not in ${JSON.stringify(allowed)}`,
  );
  if (state !== 'running') return;
  const claimed = await store.jobs.claim([name], { limit: 1, owner: 'another', forMs: writerLeaseMs });
  assert.deepEqual(claimed, []);
}

/** Claims the job of the writer after its lease has expired. Asserts that one process runs it, and that the old lease has no effect. */
export async function takeOverJob(store: Store, writer: KilledWriter): Promise<void> {
  const { name, attempt } = await jobOf(store, writer);
  const { round, number } = lastOf(writer, 'claim');
  const terms = { limit: 1, owner: 'another', forMs: writerLeaseMs };
  const [taken = assert.fail('it is stuck')] = await store.jobs.claim([name], terms);
  assert.deepEqual(await store.jobs.claim([name], terms), []);
  assert.deepEqual([taken.state, taken.attempt], ['running', attempt + 1]);
  assert.ok(taken.lease.number > number, `${taken.lease.number} follows ${number}`);
  const old: Lease = { table: 'job', name, owner: `${writer.pid} ${round}`, number };
  assert.equal(await store.jobs.renew(old, writerLeaseMs), false);
  await assert.rejects(store.jobs.complete(old, store.now()), { code: 'store-conflict' });
  await store.jobs.complete(taken.lease, store.now());
  const { state, attempt: attempts, error } = await jobOf(store, writer);
  assert.deepEqual([state, attempts, error], ['waiting', 0, null]);
}
