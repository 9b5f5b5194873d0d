import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { builtIn } from '../../../extensions.ts';
import type { V4AffectedManifests } from '../../../report/clair4/types.ts';
import {
  alpineLayer,
  alpineLayerBytes,
  postOf,
  startV4Server,
  v4Manifest,
} from '../../../testing/v4-server.ts';

const alpine = { did: 'alpine', version_id: '3.20' };
const openssl = { name: 'openssl', kind: 'source' };
const posted = {
  id: '1',
  name: 'CVE-1',
  package: openssl,
  distribution: alpine,
  fixed_in_version: '3.3.2-r0',
};

/** Indexes a manifest with openssl 3.3.0-r1 and flask 1.0; returns a function that posts vulnerabilities. */
async function startIndexed(t: TestContext) {
  const { request } = await startV4Server(t, { '/alpine': alpineLayerBytes }, { extensions: builtIn });
  await request('/indexer/api/v1/index_report', postOf([alpineLayer]));
  return async (...vulnerabilities: readonly object[]): Promise<V4AffectedManifests> => {
    const init = { method: 'POST', body: JSON.stringify({ vulnerabilities }) };
    const response = await request('/indexer/api/v1/internal/affected_manifest/', init);
    assert.equal(response.status, 200);
    return (await response.json()) as V4AffectedManifests;
  };
}

test('returns the manifests with a package below the fixed version', async (t) => {
  const post = await startIndexed(t);
  const other = { ...posted, id: '2', fixed_in_version: '3.3.0-r1' };
  const { vulnerabilities, vulnerable_manifests: manifests } = await post(posted, other);
  assert.deepEqual(manifests, { [v4Manifest]: ['1'] });
  assert.deepEqual(Object.keys(vulnerabilities), ['1', '2']);
});

test('takes every version for affected without a fix, also without a repository', async (t) => {
  const post = await startIndexed(t);
  const { fixed_in_version: _, ...unfixed } = posted;
  const zero = { ...posted, id: '2', fixed_in_version: '0', repository: null };
  assert.deepEqual((await post(unfixed, zero)).vulnerable_manifests, { [v4Manifest]: ['1', '2'] });
});

test('compares the versions of language packages, also those that Clair encodes', async (t) => {
  const post = await startIndexed(t);
  const flask = { ...posted, package: { name: 'flask' }, distribution: {}, repository: { name: 'pypi' } };
  const ranges = ['1.0', '1.0.1', 'fixed=2.0&introduced=0.9', 'fixed=2.0&introduced=1.1'];
  const asked = ranges.map((fixed, i) => ({ ...flask, id: String(i), fixed_in_version: fixed }));
  assert.deepEqual((await post(...asked)).vulnerable_manifests, { [v4Manifest]: ['1', '2'] });
});

test('finds no manifest of another or an unknown distribution', async (t) => {
  const post = await startIndexed(t);
  const of = (distribution: object) => post({ ...posted, distribution });
  for (const distribution of [{ did: 'alpine', version_id: '3.19' }, { did: 'debian', version: '12' }, {}])
    assert.deepEqual((await of(distribution)).vulnerable_manifests, {});
});
