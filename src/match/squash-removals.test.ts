import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LayerIndex } from '../model/layer-index.ts';
import { emptyLayer } from '../testing/empty-layer.ts';
import { squash } from './squash.ts';

const database = 'var/lib/dpkg/status';

/** A layer that lists a package. */
const base: LayerIndex = {
  ...emptyLayer,
  nodes: [{ path: database, kind: 'file' }],
  packages: [{ path: database, lister: 'dpkg', packages: [{ type: 'deb', name: 'bash', version: '1' }] }],
};

/** The layer that introduced the package, with another layer between two of these. */
function introducedBy(marks: Partial<LayerIndex>): number | undefined {
  const { packages } = squash([base, { ...emptyLayer, ...marks }, base], { patterns: [database], links: [] });
  return packages[0]?.layer;
}

test('attributes a package to the layer that adds it again after its database was removed', () => {
  const removals: readonly Partial<LayerIndex>[] = [
    { whiteouts: [database] },
    { whiteouts: ['var'] },
    { opaques: ['var/lib'] },
    { opaques: [''] },
    { nodes: [{ path: 'var/lib', kind: 'file' }] },
    { nodes: [{ path: database, kind: 'symbolic-link', target: '/none' }] },
  ];
  for (const marks of removals) assert.equal(introducedBy(marks), 2, JSON.stringify(marks));
});

test('attributes a package to the lowest layer when its database stays', () => {
  const others: readonly Partial<LayerIndex>[] = [
    { whiteouts: ['var/li'] },
    { opaques: [database, 'etc'] },
    { nodes: [{ path: 'var/lib', kind: 'directory' }] },
  ];
  for (const marks of others) assert.equal(introducedBy(marks), 0, JSON.stringify(marks));
});
