import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPattern, PatternMap } from './layer-files.ts';

test('accepts patterns of fixed places and at any depth, and no others', () => {
  const valid = ['etc/os-release', 'a/*', 'a/*.list', 'a/*/desc', '**/package.json', '**/*.gemspec'];
  const deep = ['**/node_modules/@*/*/package.json', '**/*.dist-info/METADATA', '**/a/b/c/d/ef'];
  for (const pattern of [...valid, ...deep]) assert.ok(isPattern(pattern), pattern);
  const odd = [
    '',
    '/etc',
    'a/../b',
    'a/*/*',
    '**',
    '**/',
    '**/*',
    '**/a',
    '**/*a',
    '**/a*b',
    '**/a/',
    '**//ab',
  ];
  const wrong = ['**/../ab', '**/*x*/ab', '**/a/b/c/d/e/fg', '*/package.json', 'a/**/bc', '**/**/ab'];
  for (const pattern of [...odd, ...wrong]) assert.ok(!isPattern(pattern), pattern);
});

test('finds files at any depth by their last names', () => {
  const patterns = [
    '**/node_modules/*/package.json',
    '**/node_modules/@*/*/package.json',
    '**/*.dist-info/METADATA',
    '**/specifications/*.gemspec',
    '**/pre*post/x/file',
  ];
  const map = new PatternMap(patterns.map((pattern) => [pattern, pattern] as const));
  const cases: readonly (readonly [path: string, pattern: string | undefined])[] = [
    ['node_modules/a/package.json', patterns[0]],
    ['srv/app/node_modules/a/package.json', patterns[0]],
    ['srv/node_modules/a/node_modules/b/package.json', patterns[0]],
    ['srv/node_modules/@s/b/package.json', patterns[1]],
    ['srv/node_modules/a/lib/package.json', undefined],
    ['srv/my_node_modules/a/package.json', undefined],
    ['a/package.json', undefined],
    ['package.json', undefined],
    ['lib/x-1.dist-info/METADATA', patterns[2]],
    ['x-1.dist-info/METADATA', patterns[2]],
    ['x-1.dist-info/METADATA/y', undefined],
    ['gems/specifications/rake.gemspec', patterns[3]],
    ['gems/specifications/.gemspec', undefined],
    ['gems/specifications/default/rake.gemspec', undefined],
    ['prepost/x/file', patterns[4]],
    ['prepos/x/file', undefined],
  ];
  for (const [path, pattern] of cases) {
    assert.equal(map.find(path), pattern, path);
    assert.deepEqual(map.all(path), pattern === undefined ? [] : [pattern], path);
  }
});
