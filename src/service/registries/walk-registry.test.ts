import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { limits } from '../../core/limits.ts';
import { distributionListing } from '../../image/registry/listing/distribution-listing.ts';
import { openSqliteStore } from '../../store/sql/sqlite-store.ts';
import type { Store } from '../../store/store.ts';
import { serveHttp } from '../../testing/http-server.ts';
import { watchJobs } from './keep-watched.ts';
import { type WalkResult, walkRegistry } from './walk-registry.ts';
import type { WatchedRegistry } from './watched-registry.ts';

const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;

/** Answers a request after `/v2/`; undefined for 404. */
type Answer = (
  path: string,
  request: IncomingMessage,
) => { readonly status?: number; readonly headers?: object; readonly body?: unknown } | undefined;

interface Scene {
  readonly store: Store;
  readonly watched: WatchedRegistry;
  readonly requests: string[];
  /** Walks once, as the first walk or a later one. */
  readonly walk: (isFirst?: boolean, changes?: Partial<WatchedRegistry>) => Promise<WalkResult>;
  readonly jobs: () => Promise<string[]>;
  answer: Answer;
}

/** A registry that answers as a test wants, and an empty store. */
async function openScene(t: TestContext, answer: Answer): Promise<Scene> {
  const requests: string[] = [];
  const store = await openSqliteStore(':memory:', {});
  t.after(() => store[Symbol.asyncDispose]());
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const path = (request.url ?? '').replace('/v2/', '');
    requests.push(`${request.method} ${path}`);
    const { status = 200, headers = {}, body } = scene.answer(path, request) ?? { status: 404 };
    response.writeHead(status, { ...headers });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  };
  const registry = (await serveHttp(t, handle)).replace('http://', '');
  const watched: WatchedRegistry = {
    name: 'test',
    registry,
    repositories: [],
    exclude: [],
    tags: [],
    excludeTags: [],
    platforms: [],
    intervalMs: 3_600_000,
    keep: 0,
    requests: 4,
    secret: '',
  };
  const listing = distributionListing(registry, { env: { HOME: '/nowhere' }, sleep: async () => undefined });
  const scene: Scene = {
    store,
    watched,
    requests,
    answer,
    walk: (isFirst = true, changes = {}) =>
      walkRegistry({
        store,
        listing,
        isFirst,
        onScans: () => undefined,
        signal: AbortSignal.timeout(60_000),
        watched: { ...watched, ...changes },
      }),
    async jobs() {
      const claimed = await store.scanJobs.claim({
        limit: 99,
        owner: 'a',
        forMs: 60_000,
        perRegistry: () => 99,
        takesOrders: false,
      });
      return claimed.map(({ reference, lane }) => `${lane} ${reference.replace(`${registry}/`, '')}`).sort();
    },
  };
  return scene;
}

/** A registry with these tags of each repository, each with its digest. */
function content(repositories: Readonly<Record<string, Readonly<Record<string, string>>>>): Answer {
  return (path) => {
    if (path.startsWith('_catalog')) return { body: { repositories: Object.keys(repositories) } };
    const [, name = '', tag] = /^(.+?)\/(?:tags\/list|manifests\/(.+))/.exec(path) ?? [];
    const tags = repositories[name];
    if (tag === undefined) return tags && { body: { name, tags: Object.keys(tags) } };
    const found = tags?.[tag];
    return found === undefined ? undefined : { headers: { 'docker-content-digest': found } };
  };
}

test('adds a scan for each new digest, and ends the names of tags that are gone', async (t) => {
  const scene = await openScene(
    t,
    content({
      'shop/web': { '1': digest('a'), '2': digest('b'), [`sha256-${'c'.repeat(64)}.sig`]: digest('c') },
      'shop/cache': { '1': digest('d') },
    }),
  );
  const { walk, jobs, store, watched } = scene;
  const changes = { exclude: ['*/cache'] };
  const first = await walk(true, changes);
  assert.deepEqual(first, {
    repositories: 1,
    tags: 2,
    added: 2,
    gone: 0,
    errors: 0,
    error: null,
    failure: undefined,
  });
  assert.deepEqual(await jobs(), ['backfill shop/web:1', 'backfill shop/web:2']);
  assert.deepEqual(await walk(false, changes), { ...first, added: 0 });
  scene.answer = content({ 'shop/web': { '2': digest('e') } });
  const { added, gone } = await walk(false, changes);
  assert.deepEqual({ added, gone, jobs: await jobs() }, { added: 1, gone: 1, jobs: ['push shop/web:2'] });
  scene.answer = content({});
  assert.equal((await walk(false, changes)).gone, 1);
  assert.deepEqual(await store.watches.pageRepositories(watched.name, '', 9), []);
});

test('asks for a known tag with a condition, and follows the pages of lists', async (t) => {
  const base = content({ a: { '1': digest('a') }, b: { '1': digest('b') } });
  const scene = await openScene(t, (path, request) => {
    if (path === '_catalog?n=1000')
      return { body: { repositories: ['a'] }, headers: { link: '</v2/_catalog?last=a&n=1000>; rel="next"' } };
    if (path.startsWith('_catalog')) return { body: { repositories: ['b'] } };
    if (request.headers['if-none-match'] === `"${digest('a')}"`) return { status: 304 };
    return base(path, request);
  });
  assert.equal((await scene.walk()).added, 2);
  assert.equal((await scene.walk(false)).added, 0);
  assert.ok(scene.requests.includes('GET _catalog?last=a&n=1000'));
  assert.equal(scene.requests.filter((one) => one === 'HEAD a/manifests/1').length, 2);
});

test('watches the newest tags only, numbers by their value', async (t) => {
  const tags = { '1.9': digest('a'), '1.10': digest('b'), '1.2': digest('c') };
  const { walk, jobs } = await openScene(t, content({ a: tags }));
  await walk(true, { keep: 2 });
  assert.deepEqual(await jobs(), ['backfill a:1.10', 'backfill a:1.9']);
});

test('scans the platforms that an index has', async (t) => {
  const type = 'application/vnd.oci.image.index.v1+json';
  const platforms = ['amd64', 'arm64'].map((architecture) => ({
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    size: 1,
    digest: digest('f'),
    platform: { os: 'linux', architecture },
  }));
  const base = content({ a: { '1': digest('a') } });
  const scene = await openScene(t, (path, request) => {
    if (path.startsWith('a/manifests/sha256'))
      return {
        headers: { 'content-type': type },
        body: { schemaVersion: 2, mediaType: type, manifests: platforms },
      };
    const answer = base(path, request);
    return answer && { ...answer, headers: { ...answer.headers, 'content-type': type } };
  });
  // The digest of the answer differs, which is refused.
  const { errors, error } = await scene.walk(true, { platforms: ['linux/arm64'] });
  assert.deepEqual([errors, /returned another manifest/.test(error ?? '')], [1, true]);
});

test('names the limit or the fault of a registry that lies, and goes on', async (t) => {
  const good = content({ good: { '1': digest('a') }, bad: {} });
  const link = (target: string) => ({ headers: { link: `<${target}>; rel="next"` } });
  const cases: readonly (readonly [Answer, RegExp])[] = [
    [() => ({ body: { tags: ['1'] }, ...link('/v2/bad/tags/list?n=1000') }), /leads back to an earlier page/],
    [
      () => ({ body: { tags: [] }, ...link('http://evil.example/v2/good/tags/list') }),
      /leads to another list/,
    ],
    [() => ({ body: { tags: 7 } }), /malformed at tags/],
    [() => ({ headers: { 'content-type': 'text/html' }, body: 'x' }), /malformed/],
    [() => ({ status: 403 }), /403 from the list of tags/],
  ];
  for (const [lie, message] of cases) {
    const scene = await openScene(t, (path, request) =>
      path.startsWith('bad/tags') ? lie(path, request) : good(path, request),
    );
    const { added, errors, error, failure } = await scene.walk();
    assert.deepEqual(
      { added, errors, failure },
      { added: 1, errors: 1, failure: undefined },
      String(message),
    );
    assert.match(error ?? '', message);
  }
});

test('reads no more than the limit of a million tags', async (t) => {
  const page = (from: number): string[] => Array.from({ length: 1000 }, (_, i) => `v${from + i}`);
  const scene = await openScene(t, (path) => {
    if (path.startsWith('_catalog')) return { body: { repositories: ['a'] } };
    const from = Number(/last=v(\d+)/.exec(path)?.[1] ?? -1) + 1;
    const next = `</v2/a/tags/list?last=v${from + 999}>; rel="next"`;
    return { body: { tags: page(from) }, headers: from < 999_000 ? { link: next } : {} };
  });
  const { errors, error, added } = await scene.walk();
  assert.deepEqual([errors, added], [1, 0]);
  assert.match(error ?? '', /more than 100000 watched tags/);
  assert.ok(scene.requests.length < limits.watchedTags / 1000 + 5);
});

test('does not read a manifest without an end', async (t) => {
  const scene = await openScene(t, (path, request) => {
    if (path.startsWith('a/manifests'))
      return {
        headers: { 'content-type': 'text/plain' },
        body: request.method === 'HEAD' ? undefined : 'x'.repeat(limits.manifestBytes),
      };
    return content({ a: { '1': '' } })(path, request);
  });
  const { error, errors } = await scene.walk();
  assert.deepEqual([errors, /more than 8388608 bytes/.test(error ?? '')], [1, true]);
});

test('leaves a registry alone that asks to wait, and walks again after that time', async (t) => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  const base = content({ a: { '1': digest('a'), '2': digest('b') } });
  const scene = await openScene(t, (path, request) =>
    path.startsWith('a/manifests')
      ? { status: 429, headers: { 'retry-after': '7200' } }
      : base(path, request),
  );
  const { store, watched } = scene;
  const failures: string[] = [];
  const [job = assert.fail()] = watchJobs([watched], {
    store,
    now: () => new Date(now),
    onScans: () => undefined,
    onError: () => undefined,
    openListing: () => distributionListing(watched.registry, { env: { HOME: '/nowhere' } }),
    onWalk: (_, failure) => failures.push(failure?.message ?? ''),
  });
  let next = new Date(0);
  const run = async (): Promise<void> => {
    await job.run({ table: 'job', name: '', owner: '', number: 1 }, AbortSignal.timeout(60_000), (time) => {
      next = time;
    });
  };
  await run();
  assert.equal(next.toISOString(), '2026-01-01T02:00:00.000Z');
  assert.match(failures.join(), /429 .*retry after 7200 s/);
  const sent = scene.requests.length;
  await run();
  assert.equal(scene.requests.length, sent);
  const [walk] = await store.watches.findWalks();
  assert.deepEqual([walk?.completedAt, walk?.nextAt], [null, '2026-01-01T02:00:00.000Z']);
});

test('ends a walk after some failures in a row, as when credentials are revoked', async (t) => {
  const tags = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`v${i}`, digest('a')]));
  const base = content({ a: tags });
  let heads = 0;
  const scene = await openScene(t, (path, request) => {
    if (path.startsWith('a/manifests') && ++heads > 10) return { status: 401 };
    return base(path, request);
  });
  const { added, failure, errors } = await scene.walk();
  assert.deepEqual([added, /401 from the manifest endpoint/.test(failure?.message ?? '')], [10, true]);
  assert.ok(errors < 2 * limits.walkFailures + 4, String(errors));
  assert.ok(heads < 25);
});
