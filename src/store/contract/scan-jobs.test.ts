import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { limits } from '../../core/limits.ts';
import { type StoreEngine, storeEngines } from '../../testing/store-engines.ts';
import type { ClaimedScan, ScanRequest } from '../scan-job-store.ts';
import type { Store } from '../store.ts';

const start = Date.parse('2026-01-02T00:00:00Z');
const minute = 60_000;
const at = (minutes: number): Date => new Date(start + minutes * minute);

async function twoProcesses(context: TestContext, engine: StoreEngine) {
  const clock = { minutes: 0 };
  const now = (): number => at(clock.minutes).getTime();
  const open = engine.create(context);
  const one = await open({ now });
  return { clock, one, two: engine.isShared ? await open({ now }) : one };
}

function request(tag: string, changes: Partial<ScanRequest> = {}): ScanRequest {
  const registry = 'registry.example';
  return { registry, reference: `${registry}/web:${tag}`, platform: null, lane: 'interactive', ...changes };
}

async function claim(store: Store, limit = 9, perRegistry = 9): Promise<readonly ClaimedScan[]> {
  return await store.scanJobs.claim({
    limit,
    owner: 'process',
    forMs: minute,
    perRegistry: () => perRegistry,
    takesOrders: true,
  });
}

async function claimOne(store: Store): Promise<ClaimedScan> {
  const [job] = await claim(store, 1);
  return job ?? assert.fail('no scan is due');
}

const tagsOf = (jobs: readonly ClaimedScan[]): string[] =>
  jobs.map(({ reference }) => reference.slice(reference.indexOf(':') + 1));

for (const engine of storeEngines) {
  test(`${engine.name}: keeps the credentials of a scan, and runs scans with different ones apart`, async (t) => {
    const { one, two } = await twoProcesses(t, engine);
    const team = await one.scanJobs.add(request('a', { credentials: 'team' }));
    const plain = await one.scanJobs.add(request('a'));
    const other = await two.scanJobs.add(request('a', { credentials: 'other' }));
    assert.equal(new Set([team.id, plain.id, other.id]).size, 3);
    assert.equal((await two.scanJobs.add(request('a', { credentials: 'team' }))).id, team.id);
    assert.equal((await two.scanJobs.add(request('a'))).id, plain.id);
    const claimed = await claim(two);
    const chosen = claimed.map(({ credentials }) => credentials ?? 'none');
    assert.deepEqual(chosen.toSorted(), ['none', 'other', 'team']);
    const lease = claimed.find(({ id }) => id === team.id)?.lease ?? assert.fail();
    await two.scanJobs.fail(lease, 'refused', undefined);
    assert.equal((await one.scanJobs.retry(team.id))?.credentials, 'team');
  });

  test(`${engine.name}: runs each scan once, the most urgent lane first`, async (t) => {
    const { one, two } = await twoProcesses(t, engine);
    assert.equal(await one.scanJobs.findNextRun(), undefined);
    for (const [tag, lane] of [
      ['a', 'backfill'],
      ['b', 'push'],
      ['c', 'interactive'],
      ['d', 're-analysis'],
    ] as const)
      await one.scanJobs.add(request(tag, { lane }));
    assert.equal(await two.scanJobs.findNextRun(), at(0).toISOString());
    const [first, second] = [await claim(one, 3), await claim(two, 3)];
    assert.deepEqual([tagsOf(first), tagsOf(second)], [['c', 'b', 'd'], ['a']]);
    const [{ lease, id } = assert.fail()] = first;
    await one.scanJobs.complete(lease, 'sha256:one');
    const { state, digest, endedAt, error } = (await two.scanJobs.find(id)) ?? assert.fail();
    assert.deepEqual([state, digest, endedAt, error], ['done', 'sha256:one', at(0).toISOString(), null]);
    assert.deepEqual(await claim(two), []);
  });

  test(`${engine.name}: an image waits once, in its most urgent lane`, async (t) => {
    const { one } = await twoProcesses(t, engine);
    const first = await one.scanJobs.add(request('a', { lane: 'backfill' }));
    const again = await one.scanJobs.add(request('a', { lane: 'interactive' }));
    assert.deepEqual([again.id, again.lane], [first.id, 'interactive']);
    assert.equal((await one.scanJobs.add(request('a', { lane: 'push' }))).lane, 'interactive');
    assert.notEqual((await one.scanJobs.add(request('a', { platform: 'linux/arm64' }))).id, first.id);
    assert.equal((await claim(one)).length, 2);
    // The running scan may have read what the tag meant before.
    assert.notEqual((await one.scanJobs.add(request('a'))).id, first.id);
  });

  test(`${engine.name}: limits the running scans of one registry, on all processes together`, async (t) => {
    const { clock, one, two } = await twoProcesses(t, engine);
    for (const tag of ['a', 'b', 'c']) await one.scanJobs.add(request(tag));
    assert.equal((await claim(one, 1, 2)).length, 1);
    await one.scanJobs.add(request('other', { registry: 'other.example' }));
    assert.deepEqual((await claim(two, 9, 2)).map(({ registry }) => registry).sort(), [
      'other.example',
      'registry.example',
    ]);
    assert.deepEqual(await claim(one, 9, 2), []);
    clock.minutes = 1;
    assert.equal((await claim(one, 9, 2)).length, 3);
  });

  test(`${engine.name}: a scan that fails runs again at the given time, and can be retried when it has failed`, async (t) => {
    const { clock, one, two } = await twoProcesses(t, engine);
    const { id } = await one.scanJobs.add(request('a'));
    const first = await claimOne(one);
    assert.equal(await one.scanJobs.renew(first.lease, minute, 'read layers'), true);
    await one.scanJobs.fail(first.lease, 'no https://me:secret@example.org/', at(5));
    const waiting = (await two.scanJobs.find(id)) ?? assert.fail();
    assert.deepEqual([waiting.state, waiting.attempt, waiting.step], ['waiting', 1, 'read layers']);
    assert.match(waiting.error ?? '', /^no https:\/\/[^:]*@example/);
    assert.deepEqual(await claim(two), []);
    clock.minutes = 5;
    await two.scanJobs.fail((await claimOne(two)).lease, 'again', undefined);
    const failed = (await one.scanJobs.find(id)) ?? assert.fail();
    assert.deepEqual([failed.state, failed.endedAt, failed.error], ['failed', at(5).toISOString(), 'again']);
    assert.deepEqual(await claim(one), []);
    assert.equal((await one.scanJobs.retry(id))?.state, 'waiting');
    assert.equal((await claimOne(two)).attempt, 1);
    assert.equal((await one.scanJobs.retry(id))?.state, 'running');
    assert.equal(await one.scanJobs.retry('unknown'), undefined);
  });

  test(`${engine.name}: another process takes over when the lease expires, and the first can write nothing more`, async (t) => {
    const { clock, one, two } = await twoProcesses(t, engine);
    const { id } = await one.scanJobs.add(request('a'));
    const { lease } = await claimOne(one);
    clock.minutes = 2;
    const taken = await claimOne(two);
    assert.deepEqual([taken.id, taken.attempt], [id, 2]);
    assert.match(taken.error ?? '', /ended or was suspended/);
    assert.equal(await one.scanJobs.renew(lease, minute), false);
    const lost = { code: 'store-conflict' };
    await assert.rejects(one.scanJobs.complete(lease, 'sha256:one'), lost);
    await assert.rejects(one.scanJobs.fail(lease, 'no', undefined), lost);
    await assert.rejects(one.scanJobs.handBack(lease), lost);
    await two.scanJobs.handBack(taken.lease);
    assert.equal((await claimOne(one)).attempt, 2);
  });

  test(`${engine.name}: a scan that ends its process each time fails, and is deleted after the retention time`, async (t) => {
    const { clock, one } = await twoProcesses(t, engine);
    const { id } = await one.scanJobs.add(request('a'));
    for (let run = 1; run <= limits.scanAttempts; run++) {
      assert.equal((await claimOne(one)).attempt, run);
      clock.minutes += 2;
    }
    assert.deepEqual(await claim(one), []);
    const failed = (await one.scanJobs.find(id)) ?? assert.fail();
    assert.equal(failed.state, 'failed');
    assert.match(failed.error ?? '', /ended or was suspended/);
    const terms = { keepHistoryMs: 99 * minute, keepEventsMs: 10 * minute, keepLayersUnusedMs: 99 * minute };
    clock.minutes += 9;
    await one.collectGarbage(terms);
    assert.notEqual(await one.scanJobs.find(id), undefined);
    clock.minutes += 2;
    await one.collectGarbage(terms);
    assert.equal(await one.scanJobs.find(id), undefined);
  });

  test(`${engine.name}: repeats failed scans of a registry with growing pauses, and not for ever`, async (t) => {
    const { clock, one } = await twoProcesses(t, engine);
    const fail = async (): Promise<void> => {
      for (const { lease } of await claim(one)) await one.scanJobs.fail(lease, 'no layer', undefined);
    };
    const registry = 'registry.example';
    for (const tag of ['a', 'b']) await one.scanJobs.add(request(tag));
    await one.scanJobs.add(request('c', { registry: 'other.example' }));
    await one.scanJobs.add(request('d', { order: { subject: '{}', access: 'sealed' } }));
    await fail();
    // A new scan takes the place of the failed one.
    const { id } = await one.scanJobs.add(request('b'));
    const [{ lease } = assert.fail()] = await claim(one);
    await one.scanJobs.complete(lease, 'sha256:one');
    const repeatedAt: number[] = [];
    for (; clock.minutes < 2 * 24 * 60; clock.minutes += 10) {
      const repeated = await one.scanJobs.repeatFailed(registry);
      if (repeated === 0) continue;
      assert.equal(repeated, 1);
      repeatedAt.push(clock.minutes);
      await fail();
    }
    assert.deepEqual(repeatedAt, [30, 90, 210, 450, 930]);
    assert.equal((await one.scanJobs.find(id))?.state, 'done');
  });

  test(`${engine.name}: a scan with an order never stands for another one, and loses its access when it ends`, async (t) => {
    const { clock, one, two } = await twoProcesses(t, engine);
    const order = { subject: '{"kind":"sbom"}', access: 'sealed' };
    const plain = await one.scanJobs.add(request('a'));
    const first = await one.scanJobs.add(request('a', { order }));
    const second = await one.scanJobs.add(request('a', { order: { ...order, access: 'other' } }));
    assert.equal(new Set([plain.id, first.id, second.id]).size, 3);
    assert.equal((await one.scanJobs.add(request('a'))).id, plain.id);
    assert.deepEqual([plain.subject, first.subject], [null, order.subject]);
    const terms = { limit: 9, owner: 'process', forMs: minute, perRegistry: () => 9 };
    const without = await two.scanJobs.claim({ ...terms, takesOrders: false });
    assert.deepEqual(
      without.map(({ id, access }) => [id, access]),
      [[plain.id, null]],
    );
    const claimed = new Map((await claim(two)).map((job) => [job.id, job]));
    const [done, failing] = [claimed.get(first.id), claimed.get(second.id)];
    assert.ok(done !== undefined && failing !== undefined);
    assert.deepEqual([done.access, failing.access], ['sealed', 'other']);
    await two.scanJobs.complete(done.lease, 'sha256:one');
    await two.scanJobs.fail(failing.lease, 'later', at(1));
    clock.minutes = 1;
    const again = (await claim(one)).find(({ id }) => id === second.id) ?? assert.fail();
    assert.equal(again.access, 'other');
    await one.scanJobs.fail(again.lease, 'no', undefined);
    assert.equal((await one.scanJobs.retry(second.id))?.state, 'failed');
  });

  test(`${engine.name}: a scan with an order fails if no process runs it in time, and its outcome is kept for hours only`, async (t) => {
    const { clock, one } = await twoProcesses(t, engine);
    const { id } = await one.scanJobs.add(request('a', { order: { subject: '{}', access: 'sealed' } }));
    const { id: other } = await one.scanJobs.add(request('b'));
    clock.minutes = limits.orderedScanMs / minute + 1;
    const [{ lease } = assert.fail()] = await claim(one);
    await one.scanJobs.complete(lease, 'sha256:two');
    const failed = (await one.scanJobs.find(id)) ?? assert.fail();
    assert.equal(failed.state, 'failed');
    assert.match(failed.error ?? '', /within 30 minutes/);
    const day = 24 * 60 * minute;
    const keep = { keepHistoryMs: day, keepEventsMs: day, keepLayersUnusedMs: day };
    clock.minutes += limits.orderedScanKeptMs / minute;
    await one.collectGarbage(keep);
    assert.notEqual(await one.scanJobs.find(id), undefined);
    clock.minutes += 1;
    await one.collectGarbage(keep);
    assert.equal(await one.scanJobs.find(id), undefined);
    assert.notEqual(await one.scanJobs.find(other), undefined);
  });
}
