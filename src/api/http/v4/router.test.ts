import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ClairError } from '../../../core/errors.ts';
import { builtIn } from '../../../extensions.ts';
import { claimsOf } from '../../../image/posted/layer-source.ts';
import { SingleFlight } from '../../../kit/async/single-flight.ts';
import { analyzeStream } from '../../../service/images/analyze-layers.ts';
import { viewAncestry } from '../../../service/ingest/ancestry-view.ts';
import type { IngestAncestryDeps } from '../../../service/ingest/ingest-ancestry.ts';
import type { Store } from '../../../store/store.ts';
import { startApiServer } from '../../../testing/api-server.ts';
import { storeEngines } from '../../../testing/store-engines.ts';
import { tar } from '../../../testing/tar-writer.ts';
import { indexReportProblems } from '../../../testing/v4-report-schemas.ts';
import { v4Router } from './router.ts';
import type { V4IndexReport } from './types.ts';

const [engine = assert.fail()] = storeEngines;
const base = '/indexer/api/v1';
const digestOfManifest = `sha256:${'a'.repeat(64)}`;

interface RunningServer {
  readonly store: Store;
  /** The URLs that were read, with the headers. */
  readonly reads: string[];
  readonly request: (path: string, init?: RequestInit) => Promise<Response>;
}

/** Starts a server that reads layers on this thread, from memory, by the paths of their URLs. */
async function startServer(
  t: TestContext,
  contents: Readonly<Record<string, Uint8Array>>,
  extensions: IngestAncestryDeps['extensions'] = builtIn,
): Promise<RunningServer> {
  const store = await engine.create(t)();
  const reads: string[] = [];
  const read: IngestAncestryDeps['read'] = async (source, { links }) => {
    reads.push(`${source.path} ${JSON.stringify(source.headers)}`);
    const content = contents[new URL(source.path).pathname];
    if (content === undefined) throw new ClairError('layer-not-found', 'gone');
    async function* bytes() {
      yield Buffer.from(content ?? '');
    }
    const stream = { name: source.path, claims: claimsOf(source), bytes: bytes() };
    return await analyzeStream(stream, builtIn, { verify: true, links });
  };
  const deps = {
    ingest: { extensions, store, read, ignoredListers: new Set<string>() },
    pendingIngests: new SingleFlight<unknown>(),
    onIngested: () => undefined,
  };
  const { port } = await startApiServer(t, { routers: () => [v4Router(deps)], onError: () => undefined });
  return {
    store,
    reads,
    request: (path, init) => fetch(`http://127.0.0.1:${port}${base}${path}`, init),
  };
}

const alpine = gzipSync(
  tar([
    { path: 'etc/os-release', content: 'ID=alpine\nVERSION_ID=3.20.3\nPRETTY_NAME="Alpine Linux v3.20"\n' },
    { path: 'lib/apk/db/installed', content: 'P:libssl3\nV:3.3.0-r1\nA:x86_64\no:openssl\n\n' },
    {
      path: 'usr/lib/python3.12/site-packages/flask-1.0.dist-info/METADATA',
      content: 'Metadata-Version: 2.1\nName: flask\nVersion: 1.0\n\n',
    },
  ]),
);
const alpineDigest = `sha256:${hash('sha256', alpine)}`;
const alpineLayer = {
  hash: alpineDigest,
  uri: 'https://quay.test/alpine?sig=a%2Fb',
  headers: { Authorization: ['Bearer x'], Accept: ['a', 'b'] },
};

function post(layers: unknown, headers: Readonly<Record<string, string>> = {}): RequestInit {
  return { method: 'POST', headers, body: JSON.stringify({ hash: digestOfManifest, layers }) };
}

test('indexes a manifest, and returns the stored report without reading a layer again', async (t) => {
  const { request, reads } = await startServer(t, { '/alpine': alpine });
  const first = await request('/index_report', post([alpineLayer]));
  assert.equal(first.status, 201);
  assert.equal(first.headers.get('content-type'), 'application/vnd.clair.index_report.v1+json');
  const text = await first.text();
  const report = JSON.parse(text) as V4IndexReport;
  assert.deepEqual(indexReportProblems(report), []);
  assert.deepEqual([report.state, report.success, report.err], ['IndexFinished', true, '']);
  assert.deepEqual(
    Object.entries(report.packages).map(([id, { name, source }]) => [
      ...[name, source?.name, source?.kind],
      report.environments[id]?.[0]?.introduced_in === alpineDigest,
      report.distributions[report.environments[id]?.[0]?.distribution_id ?? '']?.did,
      report.environments[id]?.[0]?.repository_ids.map((one) => report.repository[one]?.uri),
    ]),
    [
      ['libssl3', 'openssl', 'source', true, 'alpine', []],
      ['flask', '', undefined, true, undefined, ['https://pypi.org/simple']],
    ],
  );
  assert.deepEqual(reads, [
    'https://quay.test/alpine?sig=a%2Fb {"Authorization":"Bearer x","Accept":"a, b"}',
  ]);
  const expired = { ...alpineLayer, uri: 'https://quay.test/expired' };
  const again = await request('/index_report', post([expired]));
  assert.deepEqual([again.status, await again.text()], [201, text]);
  const stored = await request(`/index_report/${digestOfManifest}`);
  assert.deepEqual([stored.status, await stored.text()], [200, text]);
  assert.equal(reads.length, 1);
});

test('answers 412 and 304 only for a known manifest', async (t) => {
  const { request } = await startServer(t, { '/alpine': alpine });
  const state = await request('/index_state');
  const etag = state.headers.get('etag') ?? '';
  assert.equal(etag, `"${((await state.json()) as { readonly state: string }).state}"`);
  const validator = { 'If-None-Match': etag };
  const statusOf = async (path: string, init: RequestInit) => (await request(path, init)).status;
  const path = `/index_report/${digestOfManifest}`;
  assert.equal(await statusOf('/index_state', { headers: validator }), 304);
  assert.equal(await statusOf(path, { headers: validator }), 404);
  assert.equal(await statusOf('/index_report', post([alpineLayer], validator)), 201);
  assert.equal(await statusOf('/index_report', post([alpineLayer], validator)), 412);
  assert.equal(await statusOf(path, { headers: validator }), 304);
});

test('keeps the state when extensions change their order, and changes it with a version', async (t) => {
  const stateOf = async (extensions: IngestAncestryDeps['extensions']): Promise<unknown> =>
    await (await (await startServer(t, {}, extensions)).request('/index_state')).json();
  const state = await stateOf(builtIn);
  const { listers } = builtIn;
  assert.deepEqual(await stateOf({ ...builtIn, listers: listers.toReversed() }), state);
  const raised = listers.map((lister, i) => (i === 0 ? { ...lister, version: lister.version + 1 } : lister));
  assert.notDeepEqual(await stateOf({ ...builtIn, listers: raised }), state);
});

test('does not share manifests with the ancestries of the v3 API', async (t) => {
  const { request, store } = await startServer(t, { '/alpine': alpine });
  await request('/index_report', post([alpineLayer]));
  assert.equal(await viewAncestry(digestOfManifest, { store, extensions: builtIn }), undefined);
});

test('answers 400 only for what stays wrong', async (t) => {
  const other = { ...alpineLayer, hash: `sha256:${'b'.repeat(64)}` };
  const cut = alpine.subarray(0, 200);
  const { request } = await startServer(t, { '/alpine': alpine, '/cut': cut });
  const statusOf = async (layers: unknown) => (await request('/index_report', post(layers))).status;
  assert.equal(await statusOf([{ ...alpineLayer, uri: 'https://quay.test/gone' }]), 500);
  assert.equal(await statusOf([other]), 400);
  const cutLayer = { hash: `sha256:${hash('sha256', cut)}`, uri: 'https://quay.test/cut' };
  assert.equal(await statusOf([cutLayer]), 400);
  for (const uri of ['', 'file:///etc/passwd', '/etc/passwd', 'quay.test/alpine'])
    assert.equal(await statusOf([{ ...alpineLayer, uri }]), 400, uri);
  for (const layers of [[], null, [null], {}, [{ ...alpineLayer, hash: null }]])
    assert.equal(await statusOf(layers), 400);
  assert.equal(await statusOf([alpineLayer]), 201);
});

test('requires the digest of the stored layer, not that of the uncompressed one', async (t) => {
  const plain = tar([{ path: 'a', content: 'a' }]);
  const zipped = gzipSync(plain);
  const { request } = await startServer(t, { '/layer': zipped });
  const uri = 'https://quay.test/layer';
  const diffId = `sha256:${hash('sha256', plain)}`;
  const refused = await request('/index_report', post([{ hash: diffId, uri }]));
  assert.equal(refused.status, 400);
  const digest = `sha512:${hash('sha512', zipped)}`;
  assert.equal((await request('/index_report', post([{ hash: digest, uri }]))).status, 201);
});

test('forgets manifests, and names those that were known', async (t) => {
  const { request } = await startServer(t, { '/alpine': alpine });
  await request('/index_report', post([alpineLayer]));
  const unknown = `sha256:${'c'.repeat(64)}`;
  const body = JSON.stringify([digestOfManifest, unknown, digestOfManifest]);
  const deleted = await request('/index_report', { method: 'DELETE', body });
  assert.deepEqual([deleted.status, await deleted.json()], [200, [digestOfManifest]]);
  assert.equal((await request(`/index_report/${digestOfManifest}`)).status, 404);
  assert.equal((await request(`/index_report/${unknown}`, { method: 'DELETE' })).status, 204);
});

test('negotiates the media type', async (t) => {
  const { request } = await startServer(t, {});
  const typeFor = async (Accept: string) => {
    const response = await request('/index_state', { headers: { Accept } });
    return [response.status, response.headers.get('content-type')];
  };
  const own = 'application/vnd.clair.index_state.v1+json';
  assert.deepEqual(await typeFor('*/*'), [200, own]);
  assert.deepEqual(await typeFor('application/json'), [200, 'application/json']);
  assert.deepEqual(await typeFor(`application/json;q=0.5, ${own}`), [200, own]);
  assert.deepEqual(await typeFor('text/html, application/*;q=0.1'), [200, own]);
  assert.deepEqual(await typeFor('nonsense'), [415, 'application/json']);
});
