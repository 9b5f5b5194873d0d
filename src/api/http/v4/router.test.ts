import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { limits } from '../../../core/limits.ts';
import { builtIn } from '../../../extensions.ts';
import { manifestName, parseDigest } from '../../../model/digest.ts';
import type { V4IndexReport } from '../../../report/clair4/types.ts';
import { viewAncestry } from '../../../service/ingest/ancestry-view.ts';
import { tar } from '../../../testing/tar-writer.ts';
import { indexReportProblems } from '../../../testing/v4-report-schemas.ts';
import {
  alpineLayer,
  alpineLayerBytes,
  postOf,
  startV4Server,
  v4Manifest,
} from '../../../testing/v4-server.ts';
import type { ApiRequest } from '../route.ts';
import { deleteIndexReport, type IndexerDeps } from './indexer.ts';

test('indexes a manifest, and returns the stored report without reading a layer again', async (t) => {
  const { request, reads } = await startV4Server(t, { '/alpine': alpineLayerBytes }, { extensions: builtIn });
  const first = await request('/indexer/api/v1/index_report', postOf([alpineLayer]));
  assert.equal(first.status, 201);
  assert.equal(first.headers.get('content-type'), 'application/vnd.clair.index_report.v1+json');
  const text = await first.text();
  const report = JSON.parse(text) as V4IndexReport;
  assert.deepEqual(indexReportProblems(report), []);
  assert.deepEqual([report.state, report.success, report.err], ['IndexFinished', true, '']);
  assert.deepEqual(
    Object.entries(report.packages).map(([id, { name, source }]) => [
      ...[name, source?.name, source?.kind],
      report.environments[id]?.[0]?.introduced_in === alpineLayer.hash,
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
  const again = await request('/indexer/api/v1/index_report', postOf([expired]));
  assert.deepEqual([again.status, await again.text()], [201, text]);
  const stored = await request(`/indexer/api/v1/index_report/${v4Manifest}`);
  assert.deepEqual([stored.status, await stored.text()], [200, text]);
  assert.equal(reads.length, 1);
});

test('answers 412 and 304 only for a known manifest', async (t) => {
  const { request } = await startV4Server(t, { '/alpine': alpineLayerBytes }, { extensions: builtIn });
  const state = await request('/indexer/api/v1/index_state');
  const etag = state.headers.get('etag') ?? '';
  assert.equal(etag, `"${((await state.json()) as { readonly state: string }).state}"`);
  const validator = { 'If-None-Match': etag };
  const statusOf = async (path: string, init: RequestInit) =>
    (await request(`/indexer/api/v1${path}`, init)).status;
  const path = `/index_report/${v4Manifest}`;
  assert.equal(await statusOf('/index_state', { headers: validator }), 304);
  assert.equal(await statusOf(path, { headers: validator }), 404);
  assert.equal(await statusOf('/index_report', postOf([alpineLayer], validator)), 201);
  assert.equal(await statusOf('/index_report', postOf([alpineLayer], validator)), 412);
  assert.equal(await statusOf(path, { headers: validator }), 304);
});

test('answers no 412 and no 304 for a manifest that an earlier version has read', async (t) => {
  const { request, store, reads } = await startV4Server(
    t,
    { '/alpine': alpineLayerBytes },
    { extensions: builtIn },
  );
  const path = `/indexer/api/v1/index_report/${v4Manifest}`;
  const first = await request('/indexer/api/v1/index_report', postOf([alpineLayer]));
  const validator = { 'If-None-Match': first.headers.get('etag') ?? '' };
  const name = manifestName(parseDigest(v4Manifest) ?? assert.fail());
  const found = (await store.ancestries.find(name)) ?? assert.fail();
  await store.ancestries.remove(name);
  await store.ancestries.save({ name, hashes: found.hashes, image: found.image, engineVersion: 1 });
  const stale = await request(path, { headers: validator });
  assert.deepEqual([stale.status, stale.headers.get('etag')], [200, null]);
  const again = await request('/indexer/api/v1/index_report', postOf([alpineLayer], validator));
  assert.deepEqual([again.status, again.headers.get('etag')], [201, validator['If-None-Match']]);
  assert.equal((await store.ancestries.find(name))?.engineVersion, found.engineVersion);
  assert.equal((await request(path, { headers: validator })).status, 304);
  assert.equal(reads.length, 1, 'the layer itself was read by this version');
});

test('keeps the state when extensions change their order, and changes it with a version', async (t) => {
  const stateOf = async (extensions: typeof builtIn): Promise<unknown> =>
    await (await (await startV4Server(t, {}, { extensions })).request('/indexer/api/v1/index_state')).json();
  const state = await stateOf(builtIn);
  const { listers } = builtIn;
  assert.deepEqual(await stateOf({ ...builtIn, listers: listers.toReversed() }), state);
  const raised = listers.map((lister, i) => (i === 0 ? { ...lister, version: lister.version + 1 } : lister));
  assert.notDeepEqual(await stateOf({ ...builtIn, listers: raised }), state);
});

test('does not share manifests with the ancestries of the v3 API', async (t) => {
  const { request, store } = await startV4Server(t, { '/alpine': alpineLayerBytes }, { extensions: builtIn });
  await request('/indexer/api/v1/index_report', postOf([alpineLayer]));
  assert.equal(await viewAncestry(v4Manifest, { store, extensions: builtIn }), undefined);
});

test('answers 400 only for what stays wrong', async (t) => {
  const other = { ...alpineLayer, hash: `sha256:${'b'.repeat(64)}` };
  const cut = alpineLayerBytes.subarray(0, 200);
  const { request } = await startV4Server(
    t,
    { '/alpine': alpineLayerBytes, '/cut': cut },
    { extensions: builtIn },
  );
  const statusOf = async (layers: unknown) =>
    (await request('/indexer/api/v1/index_report', postOf(layers))).status;
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

/** A manifest of npm that is no JSON, as some published packages have it in their tests. */
const brokenManifest = { path: 'app/node_modules/broken/package.json', content: '{"name": "broken"' };

test('indexes a manifest with an unreadable file of a language, and names the file with the report', async (t) => {
  const layer = tar([
    { path: 'etc/os-release', content: 'ID=alpine\nVERSION_ID=3.20.3\n' },
    { path: 'lib/apk/db/installed', content: 'P:libssl3\nV:3.3.0-r1\nA:x86_64\n\n' },
    { path: 'app/node_modules/good/package.json', content: '{"name":"good","version":"1.0.0"}' },
    brokenManifest,
  ]);
  const { request } = await startV4Server(t, { '/layer': layer }, { extensions: builtIn });
  const layers = [{ hash: `sha256:${hash('sha256', layer)}`, uri: 'https://quay.test/layer' }];
  const posted = await request('/indexer/api/v1/index_report', postOf(layers));
  const text = await posted.text();
  assert.equal(posted.status, 201, text);
  const report = JSON.parse(text) as V4IndexReport;
  assert.deepEqual(indexReportProblems(report), []);
  assert.deepEqual(
    Object.values(report.packages).map(({ name }) => name),
    ['libssl3', 'good'],
  );
  assert.match(report.err, /^parts that cannot be read \(1\): app\/node_modules\/broken\/package\.json: /);
  const stored = await request(`/indexer/api/v1/index_report/${v4Manifest}`);
  assert.equal(await stored.text(), text);
});

test('refuses a manifest whose package database is unreadable, or of which nothing else was read', async (t) => {
  const release = { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID=12\n' };
  const database = { path: 'var/lib/dpkg/updates/0000', content: 'Package: a\nVersion: 1\n\n' };
  const contents = {
    '/database': tar([
      release,
      database,
      { path: 'usr/lib/node_modules/a/package.json', content: '{"name":"a","version":"1.0.0"}' },
    ]),
    '/only': tar([brokenManifest]),
  };
  const { request } = await startV4Server(t, contents, { extensions: builtIn });
  for (const [path, bytes] of Object.entries(contents)) {
    const layers = [{ hash: `sha256:${hash('sha256', bytes)}`, uri: `https://quay.test${path}` }];
    const posted = await request('/indexer/api/v1/index_report', postOf(layers));
    assert.equal(posted.status, 422, path);
  }
});

test('takes a manifest of a MiB, and answers 413 beyond the limit', async (t) => {
  const { request } = await startV4Server(t, { '/alpine': alpineLayerBytes }, { extensions: builtIn });
  const post = async (characters: number) => {
    const uri = `${alpineLayer.uri}&token=${'x'.repeat(characters)}`;
    return await request('/indexer/api/v1/index_report', postOf([{ ...alpineLayer, uri }]));
  };
  assert.equal((await post(limits.requestBodyBytes)).status, 201);
  const refused = await post(limits.manifestBodyBytes);
  assert.deepEqual(
    [refused.status, await refused.json()],
    [413, { code: 'internal-error', message: `the body has more than ${limits.manifestBodyBytes} bytes` }],
  );
});

test('requires the digest of the stored layer, not that of the uncompressed one', async (t) => {
  const plain = tar([{ path: 'a', content: 'a' }]);
  const zipped = gzipSync(plain);
  const { request } = await startV4Server(t, { '/layer': zipped }, { extensions: builtIn });
  const uri = 'https://quay.test/layer';
  const diffId = `sha256:${hash('sha256', plain)}`;
  const refused = await request('/indexer/api/v1/index_report', postOf([{ hash: diffId, uri }]));
  assert.equal(refused.status, 400);
  const digest = `sha512:${hash('sha512', zipped)}`;
  assert.equal((await request('/indexer/api/v1/index_report', postOf([{ hash: digest, uri }]))).status, 201);
});

test('forgets manifests, and names those that were known', async (t) => {
  const { request } = await startV4Server(t, { '/alpine': alpineLayerBytes }, { extensions: builtIn });
  await request('/indexer/api/v1/index_report', postOf([alpineLayer]));
  const unknown = `sha256:${'c'.repeat(64)}`;
  const body = JSON.stringify([v4Manifest, unknown, v4Manifest]);
  const deleted = await request('/indexer/api/v1/index_report', { method: 'DELETE', body });
  assert.deepEqual([deleted.status, await deleted.json()], [200, [v4Manifest]]);
  assert.equal((await request(`/indexer/api/v1/index_report/${v4Manifest}`)).status, 404);
  assert.equal((await request(`/indexer/api/v1/index_report/${unknown}`, { method: 'DELETE' })).status, 204);
});

test('deletes nothing if no manifest is known, which is no change', async (t) => {
  const { store } = await startV4Server(t, {}, { extensions: builtIn });
  const deps = { ingest: { store } } as unknown as IndexerDeps;
  const request = { params: { digest: v4Manifest }, addLogDetails: () => undefined } as unknown as ApiRequest;
  assert.deepEqual(await deleteIndexReport(request, deps), { status: 204, isUnchanged: true });
});

test('negotiates the media type', async (t) => {
  const { request } = await startV4Server(t, {}, { extensions: builtIn });
  const typeFor = async (Accept: string) => {
    const response = await request('/indexer/api/v1/index_state', { headers: { Accept } });
    return [response.status, response.headers.get('content-type')];
  };
  const own = 'application/vnd.clair.index_state.v1+json';
  assert.deepEqual(await typeFor('*/*'), [200, own]);
  assert.deepEqual(await typeFor('application/json'), [200, 'application/json']);
  assert.deepEqual(await typeFor(`application/json;q=0.5, ${own}`), [200, own]);
  assert.deepEqual(await typeFor('text/html, application/*;q=0.1'), [200, own]);
  assert.deepEqual(await typeFor('nonsense'), [415, 'application/json']);
});

test('answers 415 to a malformed Accept, and 400 to an empty one, on every route that negotiates', async (t) => {
  const { request } = await startV4Server(t, { '/alpine': alpineLayerBytes }, { extensions: builtIn });
  await request('/indexer/api/v1/index_report', postOf([alpineLayer]));
  const id = '11111111-1111-1111-1111-111111111111';
  for (const [path, init] of [
    ['/indexer/api/v1/index_state', {}],
    [`/indexer/api/v1/index_report/${v4Manifest}`, {}],
    ['/indexer/api/v1/internal/affected_manifest/', { method: 'POST', body: '{"vulnerabilities":[]}' }],
    [`/notifier/api/v1/notification/${id}`, {}],
  ] as const)
    for (const [Accept, expected] of [
      ['nonsense', 415],
      ['text/html', 415],
      ['', 400],
    ] as const) {
      const { status } = await request(path, { ...init, headers: { Accept } });
      assert.equal(status, expected, `${path} ${Accept}`);
    }
});

test('answers 500 while a URL has expired, and reads only the missing layers when they are posted again', async (t) => {
  const upper = gzipSync(tar([{ path: 'etc/motd', content: 'hello' }]));
  const { request, reads } = await startV4Server(
    t,
    { '/alpine': alpineLayerBytes, '/upper': upper },
    { extensions: builtIn },
  );
  const layer = { hash: `sha256:${hash('sha256', upper)}`, uri: 'https://quay.test/upper' };
  const expired = { ...layer, uri: 'https://quay.test/expired' };
  const path = '/indexer/api/v1/index_report';
  assert.equal((await request(path, postOf([alpineLayer, expired]))).status, 500);
  assert.equal((await request(`${path}/${v4Manifest}`)).status, 404);
  reads.length = 0;
  assert.equal((await request(path, postOf([alpineLayer, layer]))).status, 201);
  assert.deepEqual(reads, [`${layer.uri} {}`]);
});

// containerd and Docker unpack both as layers without files.
test('indexes a layer without bytes, and a block of zeros, as empty only under its digest', async (t) => {
  const nothing = new Uint8Array();
  const zeros = new Uint8Array(512);
  const { request } = await startV4Server(
    t,
    { '/nothing': nothing, '/zeros': zeros },
    { extensions: builtIn },
  );
  const statusOf = async (path: string, content: Uint8Array) => {
    const layer = { hash: `sha256:${hash('sha256', content)}`, uri: `https://quay.test${path}` };
    return (await request('/indexer/api/v1/index_report', postOf([layer]))).status;
  };
  assert.equal(await statusOf('/nothing', zeros), 400);
  assert.equal(await statusOf('/zeros', nothing), 400);
  assert.equal(await statusOf('/nothing', nothing), 201);
  assert.equal(await statusOf('/zeros', zeros), 201);
});
