import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { limits } from '../../../core/limits.ts';
import { builtIn } from '../../../extensions.ts';
import type { V4UpdateDiff, V4UpdateOperation } from '../../../report/clair4/types.ts';
import { affectedRow, feedUpdate, record, stream } from '../../../testing/store-content.ts';
import { startV4Server, type V4TestServer } from '../../../testing/v4-server.ts';

const internal = '/matcher/api/v1/internal';
const nil = '00000000-0000-0000-0000-000000000000';

type Operations = Readonly<Record<string, readonly V4UpdateOperation[]>>;

interface UpdatedServer extends V4TestServer {
  readonly operations: (query?: string) => Promise<Operations>;
  readonly diff: (cur: string, prev?: string) => Promise<V4UpdateDiff>;
}

/** Starts a server on a database with two updates of one feed, and one of ratings. */
async function startUpdated(t: TestContext): Promise<UpdatedServer> {
  const server = await startV4Server(t, {}, { extensions: builtIn });
  const fixed = affectedRow('openssl', { fix: { state: 'fixed', version: '3.0.1' } });
  const cleared = affectedRow('zlib', { fix: { state: 'not-affected' } });
  const language = affectedRow('flask', { namespace: { name: 'pypi', versionScheme: 'pep440' } });
  const states = [
    [record('CVE-1')],
    [record('CVE-1'), record('CVE-2', { severity: 'Defcon1', affected: [fixed, cleared, language] })],
  ];
  for (const [i, records] of states.entries())
    await server.store.advisories.apply(feedUpdate({ fingerprint: String(i) }), stream(records));
  const rating = { kind: 'enrichment' as const, id: 'CVE-1' };
  await server.store.enrichments.apply(feedUpdate({ source: 'nvd', feed: '2026' }), stream([rating]));
  const json = async (path: string): Promise<unknown> => await (await server.request(internal + path)).json();
  return {
    ...server,
    operations: async (query = '') => (await json(`/update_operation${query}`)) as Operations,
    diff: async (cur, prev = nil) => (await json(`/update_diff?cur=${cur}&prev=${prev}`)) as V4UpdateDiff,
  };
}

test('lists the updates of advisories by feed, the newest first, and those of ratings on request', async (t) => {
  const { operations, request } = await startUpdated(t);
  const { 'debian/tracker': tracker = [], ...others } = await operations();
  assert.deepEqual(others, {});
  assert.deepEqual(
    tracker.map(({ updater, fingerprint, kind }) => [updater, fingerprint, kind]),
    [
      ['debian/tracker', '1', 'vulnerability'],
      ['debian/tracker', '0', 'vulnerability'],
    ],
  );
  assert.deepEqual((await operations('?latest=true'))['debian/tracker'], tracker.slice(0, 1));
  assert.deepEqual(Object.keys(await operations('?kind=enrichment')), ['nvd/2026']);
  const { headers } = await request(`${internal}/update_operation`);
  const validator = { headers: { 'If-None-Match': headers.get('etag') ?? '' } };
  assert.equal((await request(`${internal}/update_operation`, validator)).status, 304);
  assert.equal((await request(`${internal}/update_operation?kind=enrichment`, validator)).status, 200);
});

test('returns the vulnerabilities that an update added and removed, for each affected package', async (t) => {
  const { operations, diff } = await startUpdated(t);
  const [{ ref: cur } = assert.fail(), { ref: prev } = assert.fail()] =
    (await operations())['debian/tracker'] ?? [];
  const { added, removed, ...ends } = await diff(cur, prev);
  assert.deepEqual([ends.cur.ref, ends.prev.ref, removed], [cur, prev, []]);
  assert.deepEqual(
    added.map((one) => [one.name, one.package.name, one.package.kind, one.fixed_in_version]),
    [
      ['CVE-2', 'openssl', 'source', '3.0.1'],
      ['CVE-2', 'flask', 'binary', '5'],
    ],
  );
  const [{ distribution, normalized_severity: severity, updater } = assert.fail(), python] = added;
  assert.deepEqual([distribution.did, distribution.version_id], ['debian', '12']);
  assert.deepEqual([severity, updater, python?.repository.name], ['Critical', 'debian/tracker', 'pypi']);
  assert.deepEqual((await diff(prev, cur)).removed, added);
  assert.equal((await diff(cur)).added.length, 3);
});

test('refuses updates that cannot be compared, and differences that are too large', async (t) => {
  const { operations, request, store } = await startUpdated(t);
  const [{ ref: cur } = assert.fail()] = (await operations())['debian/tracker'] ?? [];
  const [{ ref: rating } = assert.fail()] = (await operations('?kind=enrichment'))['nvd/2026'] ?? [];
  const statusOf = async (query: string) => (await request(`${internal}/update_diff?${query}`)).status;
  assert.equal(await statusOf(`cur=${cur}&prev=${rating}`), 400);
  assert.equal(await statusOf(`cur=11111111-1111-1111-1111-111111111111`), 404);
  assert.equal(await statusOf(`cur=${nil}`), 404);
  const many = Array.from({ length: limits.updateDiffRecords + 1 }, (_, i) => record(`CVE-1-${i}`));
  await store.advisories.apply(feedUpdate({ feed: 'large' }), stream(many));
  const [{ ref: large } = assert.fail()] = (await operations())['debian/large'] ?? [];
  assert.equal(await statusOf(`cur=${large}`), 422);
});

test('deletes a replaced update, and keeps the one whose advisories are in use', async (t) => {
  const { operations, request } = await startUpdated(t);
  const [{ ref: current } = assert.fail(), { ref: replaced } = assert.fail()] =
    (await operations())['debian/tracker'] ?? [];
  const remove = async (ref: string) =>
    (await request(`${internal}/update_operation/${ref}`, { method: 'DELETE' })).status;
  assert.deepEqual([await remove(replaced), await remove(replaced), await remove(current)], [200, 200, 400]);
  const left = (await operations())['debian/tracker']?.map(({ ref }) => ref);
  assert.deepEqual(left, [current]);
});
