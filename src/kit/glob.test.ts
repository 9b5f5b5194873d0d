import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { globMatches } from './glob.ts';

test('an asterisk matches anything, and no other character is special', () => {
  for (const [pattern, text] of [
    ['CVE-2024-1', 'CVE-2024-1'],
    ['CVE-2024-*', 'CVE-2024-1'],
    ['*', ''],
    ['*', 'a'],
    ['a*c', 'abbc'],
    ['a**c', 'ac'],
    ['', ''],
    ['lib*.so.?', 'libx.so.?'],
    ['*ab', 'aab'],
  ] as const)
    assert.equal(globMatches(pattern, text), true, `${pattern} ${text}`);
  for (const [pattern, text] of [
    ['CVE-2024-1', 'CVE-2024-10'],
    ['CVE-2024-1', 'XCVE-2024-1'],
    ['a*c', 'abcd'],
    ['lib.so', 'libxso'],
    ['a?c', 'abc'],
    ['', 'a'],
    ['a', ''],
  ] as const)
    assert.equal(globMatches(pattern, text), false, `${pattern} ${text}`);
});

test('with a separator, one asterisk matches within a part, and two match across parts', () => {
  assert.equal(globMatches('usr/*/status', 'usr/lib/status', '/'), true);
  assert.equal(globMatches('usr/*/status', 'usr/lib/dpkg/status', '/'), false);
  assert.equal(globMatches('usr/**/status', 'usr/lib/dpkg/status', '/'), true);
  assert.equal(globMatches('**.jar', 'opt/app/x.jar', '/'), true);
  assert.equal(globMatches('*.jar', 'opt/app/x.jar', '/'), false);
});

test('matches the same as a regular expression', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', '*', '/', '.'), maxLength: 12 });
  fc.assert(
    fc.property(word, word, (pattern, text) => {
      const source = pattern.replaceAll(/[.*+?^${}()|[\]\\/]/g, (mark) =>
        mark === '*' ? '.*' : `\\${mark}`,
      );
      assert.equal(globMatches(pattern, text), new RegExp(`^${source}$`, 's').test(text));
    }),
  );
});

test('takes bounded time for a pattern of asterisks on a long text', () => {
  assert.equal(globMatches('*a'.repeat(500), `${'a'.repeat(4000)}b`), false);
});
