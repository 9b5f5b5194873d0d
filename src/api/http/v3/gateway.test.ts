import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { ClairError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import { builtIn } from '../../../extensions.ts';
import { SingleFlight } from '../../../kit/async/single-flight.ts';
import type { IngestAncestryDeps } from '../../../service/ingest/ingest-ancestry.ts';
import type { Store } from '../../../store/store.ts';
import { apiServerDefaults, startApiServer } from '../../../testing/api-server.ts';
import {
  affectedRow,
  ancestry,
  feedUpdate,
  image,
  installed,
  record,
  stream,
} from '../../../testing/store-content.ts';
import { storeEngines } from '../../../testing/store-engines.ts';
import { accessByTokens } from '../access.ts';
import { ListLimiter } from '../list-limiter.ts';
import { pageTokens, paginationKey } from '../v1/page-token.ts';
import { v3Router } from './gateway.ts';
import { v3Methods } from './methods.ts';
import type { GetAncestryResponse, PagedVulnerableAncestries } from './types.ts';

const [engine = assert.fail()] = storeEngines;

interface Change {
  readonly read?: IngestAncestryDeps['read'];
  readonly tokens?: readonly string[];
  readonly timeoutMs?: number;
  readonly onError?: (error: unknown) => void;
}

interface RunningServer {
  readonly store: Store;
  readonly request: (
    path: string,
    init?: RequestInit,
  ) => Promise<{ readonly status: number; readonly body: string }>;
}

async function startServer(t: TestContext, change: Change = {}): Promise<RunningServer> {
  const store = await engine.create(t)();
  const read = change.read ?? (() => assert.fail('nothing is to be read'));
  const deps = {
    extensions: builtIn,
    store,
    ingest: { extensions: builtIn, store, read, ignoredListers: new Set<string>() },
    feeds: builtIn.sources
      .filter(({ name }) => name === 'debian')
      .flatMap((source) => source.feeds.map((feed) => ({ source, feed }))),
    pendingIngests: new SingleFlight<unknown>(),
    listLimiter: new ListLimiter(),
    tokens: pageTokens(paginationKey(''), () => new Date()),
    onIngested: () => undefined,
    metrics: async () => 'a 1\n',
  };
  const server = await startApiServer(t, {
    routers: () => [v3Router(deps, v3Methods(deps))],
    access: accessByTokens(change.tokens ?? []),
    timeoutMs: change.timeoutMs ?? apiServerDefaults.timeoutMs,
    onError: change.onError ?? apiServerDefaults.onError,
  });
  return {
    store,
    async request(path, init) {
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`, init);
      // The client accepts compression.
      const isJson = response.headers.get('content-type') === 'application/json';
      if (isJson) assert.equal(response.headers.get('content-encoding'), null);
      return { status: response.status, body: await response.text() };
    },
  };
}

function post(body: object): RequestInit {
  return { method: 'POST', body: JSON.stringify(body) };
}

const layers = [{ hash: 'h0', path: '/a' }];

test('reports the cause when the database fails and the status is 503', async (t) => {
  const failure = new ClairError('store-unusable', 'the database is away');
  const errors: unknown[] = [];
  const read = () => Promise.reject(failure);
  const { request } = await startServer(t, { read, onError: (error) => errors.push(error) });
  const { status } = await request('/ancestry', post({ ancestry_name: 'a', format: 'Docker', layers }));
  assert.equal(status, 503);
  assert.deepEqual(errors, [failure]);
});

test('accepts names with characters that paths do not allow', async (t) => {
  const { store, request } = await startServer(t);
  const name = 'registry.test/shop:1 ü';
  await store.ancestries.save(ancestry(name, await store.images.save(image([installed('openssl')]))));
  const { status, body } = await request(`/ancestry/${encodeURIComponent(name)}`);
  assert.equal(status, 200);
  assert.equal((JSON.parse(body) as GetAncestryResponse).ancestry?.name, name);
  assert.equal((await request('/ancestry/registry.test/shop')).body, 'Not Found\n');
  assert.equal((await request('/metrics')).body, 'a 1\n');
});

test('refuses names that a database cannot store', async (t) => {
  const { request } = await startServer(t);
  const long = 'x'.repeat(limits.ancestryNameCharacters + 1);
  for (const refused of [
    { ancestry_name: long, format: 'Docker' },
    { ancestry_name: 'a\0b', format: 'Docker' },
    { ancestry_name: 'a', format: 'Docker', layers: [{ hash: long, path: '/a' }] },
  ]) {
    const { status, body } = await request('/ancestry', post(refused));
    assert.equal(status, 400);
    assert.match(body, /should be of at most 500 characters, none of them NUL","code":3\}$/);
  }
  assert.equal((await request(`/ancestry/${long}`)).status, 404);
});

test('refuses missing and insufficient tokens in the format of this API', async (t) => {
  const token = `read:${createHash('sha256').update('reader').digest('hex')}`;
  const { request } = await startServer(t, { tokens: [token] });
  assert.deepEqual(await request('/status'), {
    status: 401,
    body: '{"error":"a valid token is required","code":16}',
  });
  const headers = { Authorization: 'Bearer reader' };
  assert.equal((await request('/status', { headers })).status, 200);
  assert.deepEqual(await request('/ancestry', { ...post({ format: 'Docker', layers }), headers }), {
    status: 403,
    body: '{"error":"this token does not allow it: scan is required","code":7}',
  });
});

test('reads an ancestry once when it is posted twice concurrently, and reports a timeout', async (t) => {
  const reads: string[] = [];
  const read: IngestAncestryDeps['read'] = async ({ path }, { signal }) => {
    reads.push(path);
    return await new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    });
  };
  const { request } = await startServer(t, { read, timeoutMs: 200 });
  const body = { ancestry_name: 'shop', format: 'Docker', layers };
  const responses = await Promise.all([request('/ancestry', post(body)), request('/ancestry', post(body))]);
  const timedOut = {
    status: 504,
    body: '{"error":"Clair failed to respond within the configured timeout window.","code":4}',
  };
  assert.deepEqual(responses, [timedOut, timedOut]);
  assert.deepEqual(reads, ['/a']);
});

test('validates a request for a notification in the order of Clair', async (t) => {
  const { request } = await startServer(t);
  const errorOf = async (path: string): Promise<unknown> =>
    (JSON.parse((await request(path)).body) as { readonly error: string }).error;
  const noName = 'notification name should not be empty';
  const noLimit = 'notification page limit should not be empty or less than 1';
  const unknown = "requested notification 'x' is not found";
  assert.equal(await errorOf('/notifications/?limit=0&old_vulnerability_page=bad'), noName);
  assert.equal(await errorOf('/notifications/x?old_vulnerability_page=bad'), noLimit);
  assert.equal(await errorOf('/notifications/x?limit=1&old_vulnerability_page=bad'), unknown);
  assert.equal(await errorOf('/notifications/x?limit='), 'strconv.ParseInt: parsing "": invalid syntax');
});

interface Page {
  readonly deleted?: string;
  readonly old: Required<PagedVulnerableAncestries>;
  readonly new: Required<PagedVulnerableAncestries>;
}

test('pages through both sides of a notification, and marks it as read once', async (t) => {
  const { store, request } = await startServer(t);
  const versions = [record('A'), record('A', { severity: 'High', affected: [affectedRow('openssl')] })];
  for (const version of versions) await store.advisories.apply(feedUpdate(), stream([version]));
  const number = await store.images.save(image([installed('openssl')]));
  for (const name of ['one', 'two', 'three']) await store.ancestries.save(ancestry(name, number));
  await store.notifications.createFromEvents(9);
  const due = await store.notifications.findDue(9);
  const path = `/notifications/${due.find(({ old }) => old !== null)?.name}`;
  const page = async (query: string): Promise<Page> =>
    (JSON.parse((await request(`${path}?${query}`)).body) as { readonly notification: Page }).notification;
  const first = await page('limit=2');
  const severities = [first.old, first.new].map(({ vulnerability }) => vulnerability.severity);
  assert.deepEqual(severities, ['Medium', 'High']);
  assert.deepEqual(first.old.ancestries, [
    { index: 1, name: 'one' },
    { index: 2, name: 'two' },
  ]);
  const second = await page(`limit=2&newVulnerabilityPage=${encodeURIComponent(first.new.next_page)}`);
  assert.deepEqual(second.new.ancestries, [{ index: 3, name: 'three' }]);
  assert.ok(!('next_page' in second.new));
  assert.deepEqual(second.old.ancestries, first.old.ancestries, 'the other side starts again');
  assert.deepEqual(
    (await page('limit=0x2')).new.ancestries,
    first.new.ancestries,
    'as grpc-gateway reads numbers',
  );
  const read = { method: 'DELETE' };
  assert.deepEqual(await request(path, read), { status: 200, body: '{}' });
  assert.equal((await request(path, read)).status, 404);
  assert.ok('deleted' in (await page('limit=1')));
});

test('states the time of the last check of the enabled feeds only', async (t) => {
  const { store, request } = await startServer(t);
  await store.advisories.apply(feedUpdate({ source: 'alpine', feed: 'v3.20/main' }), stream([record('A')]));
  assert.equal((await request('/status')).body.includes('last_update_time'), false);
  const fetchedAt = '2026-02-03T04:05:06.000Z';
  await store.advisories.apply(feedUpdate({ fetchedAt }), stream([record('B')]));
  assert.partialDeepStrictEqual(JSON.parse((await request('/status')).body) as object, {
    status: { last_update_time: fetchedAt },
  });
});
