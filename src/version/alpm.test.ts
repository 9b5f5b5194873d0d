import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isKey } from '../plugin/version-scheme.ts';
import { corpusTest } from '../testing/corpus.ts';
import {
  corpusComparisons,
  disagreements,
  orderOf,
  requireKey,
  testdataComparisons,
  testLaws,
} from '../testing/version-scheme.ts';
import { alpm } from './alpm.ts';

const pieces = ['0', '1', '10', '007', '96', '.', '_', '..', '-', 'a', 'rc', 'Z', 'é', '1:'];
const texts = fc.array(fc.constantFrom(...pieces), { maxLength: 7 }).map((parts) => parts.join(''));
const releases = fc.constantFrom('1', '2', '1.1', '10', 'a', '');
const versions = fc
  .tuple(texts, releases)
  .map(([text, release]) => `${text}-${release}`)
  .filter((version) => isKey(alpm.key(version)));

test('orders versions as libalpm does', () => {
  assert.deepEqual(disagreements(alpm, testdataComparisons('alpm')), []);
});

corpusTest('orders the versions in the specification of version ranges as it says', () => {
  assert.deepEqual(disagreements(alpm, corpusComparisons('alpm')), []);
});

testLaws(alpm, { versions });

test('has a key only for versions with a release and without a trailing separator', () => {
  const isInLine = /^([0-9]*:)?(.*[0-9A-Za-z])?-([^-]*[0-9A-Za-z])?$/;
  fc.assert(
    fc.property(texts, (text) => {
      assert.equal(isKey(alpm.key(text)), isInLine.test(text));
    }),
  );
});

test('states why a version has no key', () => {
  assert.deepEqual(alpm.key('1.0'), {
    unkeyable: 'alpm version "1.0": without a release it has no total order',
  });
  for (const version of ['1.0.-1', '1.0-1.', '-1-1.', '.-1']) {
    assert.deepEqual(alpm.key(version), {
      unkeyable: `alpm version "${version}": a trailing separator has no total order`,
    });
  }
});

test('orders any two texts, and inverts the order when they are swapped', () => {
  fc.assert(
    fc.property(texts, texts, (a, b) => {
      assert.equal(alpm.compare(a, a), 0);
      assert.equal(Math.sign(alpm.compare(a, b) ?? NaN), 0 - Math.sign(alpm.compare(b, a) ?? NaN));
    }),
  );
});

test('orders a version that is too long for a key', () => {
  const long = `1${'.1'.repeat(600)}`;
  const key = alpm.key(`${long}-1`);
  assert.match(
    'unkeyable' in key ? key.unkeyable : '',
    /^alpm version "1\.1.*…": its key would be too long$/,
  );
  assert.equal(orderOf(alpm, `${long}-1`, `${long}.1-1`), '<');
  assert.equal(orderOf(alpm, `${long}rc-1`, `${long}-1`), '<');
});

test('encodes keys as documented', () => {
  assert.deepEqual(
    Buffer.from(requireKey(alpm, '1:2.096rc..x3-4')).toString('hex'),
    '81' + '05' + '81' + '6396' + '01726300' + '8181' + '017800' + '06' + '02' + '07' + '02',
  );
});

test('splits a version into epoch, version and release', () => {
  assert.deepEqual(
    ['1:2.0rc1-3', '2'].map((version) => alpm.segments?.(version)),
    [
      [['1'], ['2', '.', '0', 'rc', '1'], ['3']],
      [['0'], ['2'], []],
    ],
  );
});
