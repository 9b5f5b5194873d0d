import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { VersionRange } from '../model/version-range.ts';
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
import { pep440 } from './pep440.ts';

const versions = fc.stringMatching(
  /^(1!)?(0|1|01)(\.(0|1|10)){0,3}([-_.]?(a|b|rc|c|pre|ALPHA)[-_.]?[01]?)?(-1|[-_.]?(post|r)[-_.]?[01]?)?([-_.]?dev[-_.]?[01]?)?(\+(a|b|1|10|a1)([-_.](a|0|1)){0,2})?$/,
);

test('orders versions as packaging does', () => {
  assert.deepEqual(disagreements(pep440, testdataComparisons('pep440')), []);
});

corpusTest('orders real versions as packaging does', () => {
  assert.deepEqual(disagreements(pep440, corpusComparisons('pep440')), []);
});

testLaws(pep440, { versions, bounds: versions.filter((version) => version.includes('+')) });

test('includes local versions in a bound without a local part', () => {
  assert.ok(isAffected('2.1.0+cu118', { to: '2.1.0', toIncluded: true }));
  assert.ok(isAffected('2.1+cu118', { from: '2.1.0', to: '2.1.0', toIncluded: true }));
  assert.ok(isAffected('2.1.0+cu118', { from: '2.1.0' }));
  assert.ok(!isAffected('2.1.0+cu118', { to: '2.1.0' }));
  assert.ok(!isAffected('2.1.0+cu118', { from: '2.1.0', fromExcluded: true }));
  assert.ok(!isAffected('2.1.0.post1', { to: '2.1.0', toIncluded: true }));
  assert.ok(!isAffected('2.1.0+cu118', { to: '2.1.0+cu117', toIncluded: true }));
  assert.ok(isAffected('2.1.0+cu118', { to: '2.1.0+cu118', toIncluded: true }));
});

test('orders all local versions, and no other version, up to a bound without a local part', () => {
  const publics = versions.map((version) => version.replace(/\+.*/, ''));
  fc.assert(
    fc.property(publics, versions, (bound, version) => {
      const isIncluded = isAffected(version, { to: bound, toIncluded: true });
      assert.equal(isIncluded, orderOf(pep440, version.replace(/\+.*/, ''), bound) !== '>');
    }),
  );
});

function isAffected(version: string, { from, fromExcluded, to, toIncluded }: VersionRange): boolean {
  const key = requireKey(pep440, version);
  const lo = from === undefined ? undefined : fromExcluded ? keyAfter(pep440, from) : pep440.key(from);
  const hi = to === undefined ? undefined : toIncluded ? keyAfter(pep440, to) : pep440.key(to);
  const isAbove = lo === undefined || (isKey(lo) && Buffer.compare(lo, key) <= 0);
  return isAbove && (hi === undefined || (isKey(hi) && Buffer.compare(key, hi) < 0));
}

test('ignores case, surrounding white space, a leading v and trailing zeros of the release', () => {
  fc.assert(
    fc.property(versions, (version) => {
      const release = /^(\d+!)?\d+(\.\d+)*/;
      const spelled = version.replace(release, (match) => `${match}.0.00`).toUpperCase();
      assert.deepEqual(requireKey(pep440, ` v${spelled}\n`), requireKey(pep440, version));
    }),
  );
});

const separator = fc.constantFrom('', '.', '-', '_');
const number = fc.constantFrom('', '0', '1', '07');
const spelling = fc.record({
  pre: fc.constantFrom('', 'a', 'alpha', 'b', 'Beta', 'c', 'rc', 'RC', 'pre', 'preview'),
  post: fc.constantFrom('', 'post', 'rev', 'R'),
  dev: fc.constantFrom('', 'dev', 'DEV'),
  local: fc.constantFrom('', '+ubuntu', '+Ubuntu_1', '+01-a'),
  separators: fc.tuple(separator, separator, separator, separator, separator, separator),
  numbers: fc.tuple(number, number, number),
});

test('orders all forms of a version as equal to its normal form', () => {
  const short: Readonly<Record<string, string>> = {
    alpha: 'a',
    beta: 'b',
    c: 'rc',
    pre: 'rc',
    preview: 'rc',
  };
  fc.assert(
    fc.property(spelling, ({ pre, post, dev, local, separators, numbers }) => {
      const [s0, s1, s2, s3, s4, s5] = separators;
      const spelled = [
        pre && s0 + pre + s1 + numbers[0],
        post && s2 + post + s3 + numbers[1],
        dev && s4 + dev + s5 + numbers[2],
        local,
      ];
      const normal = [
        pre && (short[pre.toLowerCase()] ?? pre.toLowerCase()) + String(Number(numbers[0])),
        post && `.post${Number(numbers[1])}`,
        dev && `.dev${Number(numbers[2])}`,
        local.toLowerCase().replaceAll(/[-_]/g, '.').replaceAll('01', '1'),
      ];
      assert.deepEqual(
        requireKey(pep440, `1.0${spelled.join('')}`),
        requireKey(pep440, `1.0${normal.join('')}`),
      );
    }),
  );
});

test('has no key for an invalid version, and names it in the reason', () => {
  assert.deepEqual(pep440.key('0.1-bulbasaur'), {
    unkeyable: 'pep440 version "0.1-bulbasaur": PEP 440 does not allow it',
  });
});

test('encodes keys as documented', () => {
  const keys = {
    '1!2.0.3a4.post5.dev6+b.7': '81' + '828083' + '0284' + '0285' + '0186' + '6200' + '8701',
    '2.dev1': '80' + '82' + '01' + '01' + '0181' + '01',
    '2': '80' + '82' + '05' + '01' + '02' + '01',
    '1b1': '80' + '81' + '0381' + '01' + '02' + '01',
    '1rc1': '80' + '81' + '0481' + '01' + '02' + '01',
  };
  for (const [version, bytes] of Object.entries(keys))
    assert.equal(Buffer.from(requireKey(pep440, version)).toString('hex'), bytes, version);
});
