import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutExcluded } from './exclude.ts';
import type { SquashedImage, SquashedPackage } from './squash.ts';

function packageAt(path: string, name: string): SquashedPackage {
  return { package: { type: 'npm', name, version: '1' }, path, lister: 'npm', layer: 1, repositories: [] };
}

const image: SquashedImage = {
  files: new Map([['etc/os-release', new Uint8Array()]]),
  packages: [
    packageAt('app/vendor/a/package.json', 'a'),
    packageAt('app/vendored/b/package.json', 'b'),
    packageAt('app/vendor/a/package.json', 'c'),
  ],
  owners: new Map(),
  evidence: {
    found: [
      { kind: 'pypi', path: 'app/vendor/c.dist-info/METADATA' },
      { kind: 'pypi', path: 'app/d.dist-info/METADATA' },
    ],
    cut: [],
  },
  npmLinks: new Map(),
  problems: [{ extension: 'dpkg', path: 'var/lib/dpkg/status', message: 'it is cut', layer: 0 }],
  unresolvedLinks: [],
};

const left = (...patterns: string[]): string[] =>
  withoutExcluded(image, patterns).squashed.packages.map(({ package: { name } }) => name);

test('omits files at or below an excluded path only', () => {
  assert.deepEqual(left(), ['a', 'b', 'c']);
  assert.deepEqual(left('app/vendor'), ['b']);
  assert.deepEqual(left('/app/vendor/'), ['b']);
  assert.deepEqual(left('app/vendor/**'), ['b']);
  assert.deepEqual(left('**/vendor*'), []);
  assert.deepEqual(left('vendor'), ['a', 'b', 'c']);
});

test('omits evidence below an excluded path and names it', () => {
  const { squashed, excluded } = withoutExcluded(image, ['app/vendor/*.dist-info']);
  assert.deepEqual(
    squashed.evidence.found.map(({ path }) => path),
    ['app/d.dist-info/METADATA'],
  );
  assert.deepEqual(excluded, [
    {
      extension: 'pypi',
      path: 'app/vendor/c.dist-info/METADATA',
      layer: 0,
      pattern: 'app/vendor/*.dist-info',
    },
  ]);
});

test('names each omitted database, release file and unreadable file once, with the pattern', () => {
  const { squashed, excluded } = withoutExcluded(image, ['**/vendor', 'etc', 'var']);
  assert.deepEqual([squashed.files.size, squashed.problems.length], [0, 0]);
  assert.deepEqual(excluded, [
    { extension: 'namespace', path: 'etc/os-release', layer: 0, pattern: 'etc' },
    { extension: 'npm', path: 'app/vendor/a/package.json', layer: 1, pattern: '**/vendor' },
    { extension: 'dpkg', path: 'var/lib/dpkg/status', layer: 0, pattern: 'var' },
    { extension: 'pypi', path: 'app/vendor/c.dist-info/METADATA', layer: 0, pattern: '**/vendor' },
  ]);
});
