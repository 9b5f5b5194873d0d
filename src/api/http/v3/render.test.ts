import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AncestryPackage } from '../../../service/ingest/ancestry-view.ts';
import { renderAncestry } from './render.ts';

/** Returns a package of a lister, in a namespace with the version scheme dpkg. */
function item(name: string, isOfDistribution: boolean): AncestryPackage {
  const namespace = { name: 'acme', versionScheme: 'dpkg' };
  const listed = { type: 'acme', name, version: '1', purl: '', foundBy: 'acme-lister' };
  return {
    package: {
      ...listed,
      location: { path: 'etc/acme', layer: null },
      lookup: { namespace, name, version: '1' },
    },
    isOfDistribution,
    vulnerabilities: [],
  };
}

test('names the detector of the distribution only for packages of the distribution', () => {
  const packages = [item('own', true), item('foreign', false)];
  const view = { name: 'shop', detector: 'os-release', layers: [{ hash: 'a', packages }] };
  const [layer] = renderAncestry(view, [])?.layers ?? [];
  assert.deepEqual(
    layer?.detected_features?.map(({ name, namespace }) => [name, namespace?.detector?.name]),
    [
      ['own', 'os-release'],
      ['foreign', undefined],
    ],
  );
});
