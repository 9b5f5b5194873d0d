import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LayerNode } from '../model/layer-index.ts';
import { RemovedPaths } from './removed-paths.ts';

function removed(layer: { whiteouts?: string[]; opaques?: string[]; nodes?: LayerNode[] }): RemovedPaths {
  return new RemovedPaths({ whiteouts: [], opaques: [], nodes: [], ...layer });
}

test('hides what a whiteout names and all below it', () => {
  const paths = removed({ whiteouts: ['var/lib/dpkg'] });
  assert.deepEqual(
    ['var/lib/dpkg', 'var/lib/dpkg/status', 'var/lib/dpkg-x', 'var/lib', 'var'].map((path) =>
      paths.has(path),
    ),
    [true, true, false, false, false],
  );
});

test('hides what is below an opaque directory, and not the directory', () => {
  const paths = removed({ opaques: ['var/lib'] });
  assert.deepEqual([paths.has('var/lib'), paths.has('var/lib/dpkg/status')], [false, true]);
  assert.ok(removed({ opaques: [''] }).has('etc'));
});

test('hides what is below a file or link, and nothing below a directory', () => {
  const paths = removed({
    nodes: [
      { path: 'var', kind: 'directory' },
      { path: 'var/lib', kind: 'symbolic-link', target: 'x' },
      { path: 'etc', kind: 'file' },
    ],
  });
  assert.deepEqual(
    ['var/lib/dpkg/status', 'var/cache', 'etc/os-release'].map((path) => paths.has(path)),
    [true, false, true],
  );
});

test('looks a path up at the cost of its parts when a layer removes many', () => {
  const count = 100_000;
  const paths = removed({ whiteouts: Array.from({ length: count }, (_, i) => `usr/share/doc/p${i}`) });
  // One by one these would be ten thousand million comparisons.
  for (let i = 0; i < count; i++) assert.equal(paths.has(`var/lib/dpkg/status.d/p${i}`), false);
});
