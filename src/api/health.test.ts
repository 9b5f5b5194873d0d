import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Readiness, readinessOf } from '../service/feeds/readiness.ts';
import { laterSchema, setLaterSchema } from '../store/contract/later-schema.ts';
import type { FeedState } from '../store/feed-state.ts';
import type { Job } from '../store/job-store.ts';
import { schemaVersion } from '../store/sql/schema.ts';
import { openSqliteStore } from '../store/sql/sqlite-store.ts';
import { feedUpdate, record, stream } from '../testing/store-content.ts';
import { temporaryDirectory } from '../testing/store-engines.ts';
import { serveHealth } from './health.ts';
import { createMetrics } from './metrics.ts';

test('responds to the health check as Clair does, and with 500 when the database fails', async (context) => {
  const store = await openSqliteStore(':memory:');
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const metrics = async (): Promise<string> => 'clair_updater_errors_total 0\n';
  const server = await serveHealth(
    { host: '127.0.0.1', port: 0 },
    { store, metrics, onError, readiness: (states) => readinessOf([], states) },
  );
  context.after(() => server.stop(0));
  const get = async (path: string, options: RequestInit = {}): Promise<readonly [number, string]> => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
      redirect: 'manual',
      ...options,
    });
    return [response.status, await response.text()];
  };
  assert.deepEqual(await get('/health'), [200, '']);
  assert.deepEqual(await get('/health/'), [301, '<a href="/health">Moved Permanently</a>.\n\n']);
  assert.deepEqual(await get('/health', { method: 'POST' }), [405, 'Method Not Allowed\n']);
  assert.deepEqual(await get('/'), [404, '404 page not found\n']);
  assert.deepEqual(await get('/status'), [200, '{"feeds":[],"jobs":[]}\n']);
  assert.deepEqual(await get('/metrics'), [200, 'clair_updater_errors_total 0\n']);
  const notReady =
    '{"ready":false,"missing":[{"part":"feeds","reason":"no feed of advisories is loaded"}],' +
    '"feeds":{"loaded":0,"unavailable":0,"waiting":0},"oldestCheck":null,"notLoaded":[]}\n';
  for (const path of ['/ready', '/readyz']) assert.deepEqual(await get(path), [503, notReady]);
  assert.deepEqual(errors, []);

  await store[Symbol.asyncDispose]();
  assert.deepEqual(await get('/health'), [500, '']);
  const unanswered = '{"ready":false,"missing":[{"part":"database","reason":"it does not answer"}]}\n';
  for (const path of ['/ready', '/readyz']) assert.deepEqual(await get(path), [503, unanswered]);
  assert.equal((await fetch(`http://127.0.0.1:${server.port}/healthz`)).status, 200);
  assert.equal(errors.length, 3);
});

test('reports the error of a failing job in /status and /metrics, and how long a job is overdue', async () => {
  const clock = { now: Date.parse('2026-06-30T00:00:00Z') };
  await using store = await openSqliteStore(':memory:', { now: () => clock.now });
  const job = (name: string) => ({ name, kind: 'update', lane: 'feeds' });
  await store.jobs.schedule([job('update debian'), job('update alpine')]);
  const terms = { limit: 1, owner: 'server', forMs: 60_000 };
  for (let run = 1; run <= 5; run++) {
    const [{ lease } = assert.fail()] = await store.jobs.claim(['update debian'], terms);
    await store.jobs.fail(lease, 'no route to host', new Date(clock.now));
  }
  clock.now += 90_000;
  const deps = { store, metrics: async () => '', onError: () => undefined, readiness: () => assert.fail() };
  const server = await serveHealth({ host: '127.0.0.1', port: 0 }, deps);
  const response = await fetch(`http://127.0.0.1:${server.port}/status`);
  const { jobs } = (await response.json()) as { jobs: readonly Job[] };
  await server.stop(0);
  assert.deepEqual(
    jobs.map(({ name, state, attempt, error }) => [name, state, attempt, error]),
    [
      ['update alpine', 'waiting', 0, null],
      ['update debian', 'failed', 5, 'no route to host'],
    ],
  );
  const text = await createMetrics().render({
    feeds: [],
    jobs: await store.jobs.findAll(),
    reading: { busy: 0, waiting: 0 },
    walks: [],
    now: store.now(),
  });
  assert.match(text, /^clair_job_failures\{job="update debian"\} 5$/m);
  assert.match(text, /^clair_job_failures\{job="update alpine"\} 0$/m);
  assert.match(text, /^clair_job_overdue_seconds\{lane="feeds"\} 90$/m);
  assert.match(text, /^clair_scan_overdue_seconds 0$/m);
});

test('reports in /metrics how long the longest overdue scan has waited', async () => {
  const clock = { now: Date.parse('2026-01-01T00:00:00Z') };
  await using store = await openSqliteStore(':memory:', { now: () => clock.now });
  const metrics = createMetrics();
  const overdue = async (): Promise<string | undefined> => {
    const nextScan = await store.scanJobs.findNextRun();
    const values = { feeds: [], jobs: [], reading: { busy: 0, waiting: 0 }, walks: [], nextScan };
    return /^clair_scan_overdue_seconds (.*)$/m.exec(
      await metrics.render({ ...values, now: store.now() }),
    )?.[1];
  };
  const request = { registry: 'registry.example', platform: null, lane: 'backfill' } as const;
  await store.scanJobs.add({ ...request, reference: 'registry.example/shop:1' });
  clock.now += 30_000;
  await store.scanJobs.add({ ...request, reference: 'registry.example/shop:2' });
  clock.now += 15_000;
  assert.equal(await overdue(), '45');
  const terms = { owner: 'a', forMs: 60_000, limit: 2, perRegistry: () => 9, takesOrders: false };
  for (const { lease } of await store.scanJobs.claim(terms)) {
    assert.equal(await overdue(), '0');
    await store.scanJobs.complete(lease, `sha256:${'0'.repeat(64)}`);
  }
  assert.equal(await overdue(), '0');
});

test('reports in /metrics no time of a check for vulnerabilities that users write', async () => {
  await using store = await openSqliteStore(':memory:');
  for (const name of [
    { source: 'api', feed: 'v1' },
    { source: 'debian', feed: 'tracker' },
  ])
    await store.advisories.apply(feedUpdate(name), stream([record('CVE-1')]));
  const feeds = await store.advisories.findFeedStates();
  const values = { feeds, jobs: [], reading: { busy: 0, waiting: 0 }, walks: [], now: new Date() };
  const text = await createMetrics().render(values);
  assert.deepEqual(text.match(/^clair_feed_checked_seconds\{.*\}/gm), [
    'clair_feed_checked_seconds{source="debian",feed="tracker"}',
  ]);
  assert.match(text, /^clair_feed_records\{source="api",feed="v1"\} 1$/m);
});

test('reports in /metrics whether the sources that the settings name are loaded', async () => {
  await using store = await openSqliteStore(':memory:');
  await store.advisories.apply(feedUpdate({ source: 'debian', feed: 'tracker' }), stream([record('CVE-1')]));
  const feeds = await store.advisories.findFeedStates();
  const values = { feeds, jobs: [], reading: { busy: 0, waiting: 0 }, walks: [], now: new Date() };
  const metrics = createMetrics();
  const text = await metrics.render({ ...values, sources: ['debian', 'ubuntu'] });
  assert.match(text, /^clair_source_loaded\{source="debian"\} 1$/m);
  assert.match(text, /^clair_source_loaded\{source="ubuntu"\} 0$/m);
  assert.doesNotMatch(await metrics.render(values), /^clair_source_loaded\{/m);
});

test('reports the findings of all images in /metrics once they are counted', async () => {
  const metrics = createMetrics();
  const values = { feeds: [], jobs: [], reading: { busy: 0, waiting: 0 }, walks: [], now: new Date() };
  assert.doesNotMatch(await metrics.render(values), /^clair_fleet_/m);
  const counted = { severity: 'High', isFixable: true, exploited: 'unknown', findings: 7 } as const;
  const totals = { at: '2026-01-01T00:00:00.000Z', images: 3, dueSets: 1, findings: [counted] };
  const text = await metrics.render({ ...values, totals });
  assert.match(text, /^clair_fleet_findings\{severity="High",fixable="yes",exploited="unknown"\} 7$/m);
  assert.match(text, /^clair_fleet_images 3$/m);
  assert.match(text, /^clair_fleet_due_sets 1$/m);
  assert.doesNotMatch(await metrics.render({ ...values, totals: { ...totals, findings: [] } }), /findings\{/);
});

test('reports content date and staleness of each feed in /status and /metrics', async (context) => {
  await using store = await openSqliteStore(':memory:', { now: () => Date.parse('2026-06-30T00:00:00Z') });
  const dated = async (source: string, feed: string, date: string): Promise<void> => {
    const update = feedUpdate({ source, feed, dates: [{ dated: date, by: 'feed' }] });
    await store.advisories.apply(update, stream([record(`${source} ${feed}`)]));
  };
  await dated('debian', 'tracker', '2026-06-29T00:00:00.000Z');
  await dated('alpine', 'v3.2/main', '2019-05-01T00:00:00.000Z');
  await dated('alpine', 'v3.22/main', '2026-06-28T00:00:00.000Z');
  await dated('ubuntu', 'cve', '2026-06-01T00:00:00.000Z');
  const metrics = createMetrics();
  const deps = {
    store,
    metrics: async () =>
      await metrics.render({
        feeds: await store.advisories.findFeedStates(),
        jobs: await store.jobs.findAll(),
        reading: { busy: 0, waiting: 0 },
        walks: [],
        now: store.now(),
      }),
    onError: (error: unknown) => assert.fail(String(error)),
    readiness: (states: readonly FeedState[]) => readinessOf([], states),
  };
  const server = await serveHealth({ host: '127.0.0.1', port: 0 }, deps);
  context.after(() => server.stop(0));
  const status = await fetch(`http://127.0.0.1:${server.port}/status`);
  const { feeds } = (await status.json()) as { feeds: (FeedState & { stale: boolean })[] };
  assert.deepEqual(
    feeds.map(({ feed, contentDate, stale }) => `${feed} ${contentDate?.slice(0, 10)} ${stale}`).sort(),
    [
      'cve 2026-06-01 true',
      'tracker 2026-06-29 false',
      'v3.2/main 2019-05-01 false',
      'v3.22/main 2026-06-28 false',
    ],
  );
  const text = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();
  const seconds = Date.parse('2026-06-01T00:00:00Z') / 1000;
  assert.ok(text.includes(`clair_feed_content_seconds{source="ubuntu",feed="cve"} ${seconds}\n`), text);
  assert.ok(text.includes('clair_feed_stale{source="ubuntu",feed="cve"} 1\n'), text);
  assert.ok(text.includes('clair_feed_stale{source="debian",feed="tracker"} 0\n'), text);
});

test('responds with 503 and the reason when a later version has migrated the database', async (context) => {
  const path = join(temporaryDirectory(context), 'clair.db');
  await using store = await openSqliteStore(path);
  const server = await serveHealth(
    { host: '127.0.0.1', port: 0 },
    {
      store,
      metrics: () => Promise.resolve(''),
      onError: () => undefined,
      readiness: (states) => readinessOf([], states),
    },
  );
  context.after(() => server.stop(0));
  await setLaterSchema(path);
  const refusal = async (path: string): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${server.port}/${path}`);
    assert.equal(response.status, 503);
    return await response.text();
  };
  const reason = `written by a later version of this program (its tables need schema ${laterSchema};`;
  for (const path of ['health', 'ready', 'readyz']) assert.ok((await refusal(path)).includes(reason), path);
  const { missing } = JSON.parse(await refusal('ready')) as Pick<Readiness, 'missing'>;
  assert.deepEqual(
    missing.map(({ part }) => part),
    ['schema'],
  );
  await setLaterSchema(path, schemaVersion);
  assert.equal((await fetch(`http://127.0.0.1:${server.port}/health`)).status, 200, 'it can use the tables');
});
