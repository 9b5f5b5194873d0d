import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathGlobMatches } from './path-glob.ts';

test('two asterisks match any number of folders, one matches a part of a name', () => {
  for (const [pattern, path, isMatch] of [
    ['app/package.json', 'app/package.json', true],
    ['app/*.json', 'app/package.json', true],
    ['app/*.json', 'app/lib/package.json', false],
    ['*', 'app/a', false],
    ['**', 'app/a', true],
    ['**/test/**', 'test/a', true],
    ['**/test/**', 'app/x/test/y/z', true],
    ['**/test/**', 'app/latest/y', false],
    ['app/**/a', 'app/a', true],
    ['app/**/a', 'app/b/c/a', true],
    ['app/**/b/**/a', 'app/b/a', true],
    ['app/**', 'apple/a', false],
    ['a**b', 'a/b', false],
    ['a**b', 'axb', true],
    ['/usr/**', '/usr/lib/x', true],
    ['/usr/**', 'usr/lib/x', false],
    ['a/b', 'a', false],
    ['x/**', 'a', false],
    ['x/**/**', 'x/a', true],
  ] as const)
    assert.equal(pathGlobMatches(pattern, path), isMatch, `${pattern} ${path}`);
});

test('takes bounded time for a hostile pattern', () => {
  const begin = performance.now();
  assert.equal(pathGlobMatches('**/a/'.repeat(200), `${'a/'.repeat(2000)}b`), false);
  assert.ok(performance.now() - begin < 2000);
});
