import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isKey, keyAfter } from '../plugin/version-scheme.ts';
import { corpusTest } from '../testing/corpus.ts';
import {
  corpusComparisons,
  disagreements,
  orderOf,
  requireKey,
  testdataComparisons,
  testLaws,
} from '../testing/version-scheme.ts';
import { rpm } from './rpm.ts';

const pieces = [
  '0',
  '1',
  '9',
  '10',
  '007',
  '96',
  '.',
  '_',
  '~',
  '^',
  '-',
  'a',
  'rc',
  'Z',
  'é',
  '1:',
  '18446744073709551616',
];
const versions = fc
  .array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 7 })
  .map((parts) => parts.join(''));
const withRelease = versions.filter((version) => version.includes('-'));
const withoutRelease = versions.filter((version) => !version.includes('-'));

test('orders versions as rpm does', () => {
  assert.deepEqual(disagreements(rpm, testdataComparisons('rpm')), []);
});

corpusTest('orders real versions as rpm does', () => {
  assert.deepEqual(disagreements(rpm, corpusComparisons('rpm')), []);
});

/**
 * The table has name-version-release.arch. As versions, in which the name is part of the version, they have the same
 * order.
 */
corpusTest('orders versions with a name or an architecture', () => {
  assert.deepEqual(disagreements(rpm, corpusComparisons('rpm-nevra')), []);
});

/** Returns the version without its release; `0:` is the empty version. */
function withoutItsRelease(version: string): string {
  return version.replace(/-[^-]*$/, '').replaceAll('-', '.') || '0:';
}

testLaws(rpm, { versions, bounds: withRelease });

test('orders all releases after a version without one, and only equal ones after a version with one', () => {
  assert.ok(!isAfter('1.0-7', '1.0') && !isAfter('0:1.00-7', '1.0'));
  assert.ok(isAfter('1.0.0-1', '1.0') && isAfter('1.0^-1', '1.0') && !isAfter('1.0~-1', '1.0'));
  assert.ok(isAfter('1.0-7', '1.0-6') && isAfter('1.0-7.1', '1.0-7') && !isAfter('1.0-7', '1.0-7'));
  fc.assert(
    fc.property(withoutRelease, versions, (bound, version) => {
      assert.equal(isAfter(version, bound), orderOf(rpm, withoutItsRelease(version), bound) === '>');
      assert.ok(!isAfter(`${bound}-${version}`, bound) || version.includes('-'));
    }),
  );
});

function isAfter(version: string, bound: string): boolean {
  const after = keyAfter(rpm, bound);
  assert.ok(isKey(after));
  return Buffer.compare(requireKey(rpm, version), after) >= 0;
}

test('ignores the epoch 0, leading zeros and the kind of separators', () => {
  fc.assert(
    fc.property(versions, (version) => {
      const epoch = /^\d*:/.test(version) ? '' : '0:';
      const zeros = version.replaceAll(/(?<!\d)\d/g, '00$&');
      const separators = version.replaceAll('.', '+_.').replaceAll('_', '\u{1f41a}');
      assert.deepEqual(requireKey(rpm, `${epoch}${version}`), requireKey(rpm, version));
      assert.deepEqual(requireKey(rpm, zeros), requireKey(rpm, version));
      assert.deepEqual(requireKey(rpm, separators), requireKey(rpm, version));
    }),
  );
});

test('refuses only the empty text', () => {
  assert.deepEqual(rpm.key(''), { unkeyable: 'rpm version "": it is empty' });
  assert.equal(orderOf(rpm, '', '1'), '!');
  assert.equal(orderOf(rpm, '1', ''), '!');
});

test('orders a version that is too long for a key', () => {
  const long = `1${'.1'.repeat(600)}`;
  assert.deepEqual(rpm.key(long), {
    unkeyable: `rpm version "${long.slice(0, 60)}…": its key would be too long`,
  });
  assert.equal(orderOf(rpm, long, `${long}.1`), '<');
  assert.equal(orderOf(rpm, `${long}~`, long), '<');
});

test('encodes keys as documented', () => {
  assert.deepEqual(
    Buffer.from(requireKey(rpm, '1:2.96rc~x^3-4.el8')).toString('hex'),
    '81' + '82' + 'e096' + '726300' + '01' + '7800' + '03' + '83' + '02' + '84' + '656c00' + '88' + '02',
  );
});
