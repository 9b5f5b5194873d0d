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
import { maven } from './maven.ts';

const pieces = [
  '0',
  '1',
  '10',
  '01',
  '.',
  '.',
  '-',
  'alpha',
  'a',
  'rc',
  'SNAPSHOT',
  'ga',
  'sp',
  'x',
  'z',
  '0000000000',
  '1000000000',
  '_',
];
const texts = fc.array(fc.constantFrom(...pieces), { maxLength: 7 }).map((parts) => parts.join(''));
const versions = texts.filter((version) => isKey(maven.key(version)));

test('orders versions as Maven does', () => {
  assert.deepEqual(disagreements(maven, testdataComparisons('maven')), []);
});

corpusTest('orders real versions as Maven does, and has keys for most', () => {
  const comparisons = corpusComparisons('maven');
  assert.deepEqual(disagreements(maven, comparisons), []);
  const all = new Set(comparisons.flatMap(({ a, b }) => [a, b]));
  const keyed = [...all].filter((version) => isKey(maven.key(version)));
  assert.ok(keyed.length / all.size > 0.98, `${keyed.length} of ${all.size} versions have keys`);
});

testLaws(maven, { versions });

test('orders any two texts, and inverts the order when they are swapped', () => {
  fc.assert(
    fc.property(texts, texts, (a, b) => {
      assert.equal(orderOf(maven, a, a), '=');
      assert.equal(maven.compare(a, b), 0 - (maven.compare(b, a) ?? Number.NaN));
    }),
  );
});

test('ignores case, leading zeros and null items at the end', () => {
  fc.assert(
    fc.property(versions, (version) => {
      assert.deepEqual(requireKey(maven, version.toUpperCase()), requireKey(maven, version));
      const numeric = version.replaceAll(/(?<!\d)[1-9]\d*/g, '0$&');
      assert.deepEqual(requireKey(maven, numeric), requireKey(maven, version));
      if (!/\d$/.test(version)) return;
      assert.deepEqual(requireKey(maven, `${version}.0-ga`), requireKey(maven, version));
    }),
  );
});

test('has no key for versions that may be in a cycle, and states the reason', () => {
  assert.deepEqual(maven.key('1.0.alpha.1'), {
    unkeyable: 'maven version "1.0.alpha.1": the word "alpha" after a dot has no total order',
  });
  assert.deepEqual(maven.key('0.0-alpha'), {
    unkeyable: 'maven version "0.0-alpha": it begins with a pre-release, which has no total order',
  });
  assert.deepEqual(maven.key('1.0-é'), {
    unkeyable: 'maven version "1.0-é": it is not printable ASCII',
  });
});

test('orders a version that is too long for a key, however deeply its lists are nested', () => {
  const long = '1-'.repeat(490);
  assert.ok('unkeyable' in maven.key(`${long}1`));
  assert.equal(orderOf(maven, `${long}1`, `${long}2`), '<');
  assert.equal(orderOf(maven, `${long}alpha`, '1'), '>');
});

test('has no order for a version of thousands of hyphens, which would take minutes', () => {
  const long = '-'.repeat(64 * 1024);
  assert.ok('unkeyable' in maven.key(long));
  assert.equal(maven.compare(long, '1'), undefined);
});

test('encodes keys as documented', () => {
  const keys = {
    '': '09' + '02',
    '1-alpha.2': '8101' + '0482' + '02',
    '1-beta': '8101' + '05' + '02',
    '1-milestone': '8101' + '06' + '02',
    '1-rc': '8101' + '07' + '02',
    '1-snapshot': '8101' + '08' + '02',
    '1-ga-3': '8103' + '0d' + '83' + '02',
    '1-ga.3': '8103' + '0a83' + '02',
    '1-sp': '8103' + '0b' + '02',
    '1.2-x': '818203' + '0c7800' + '02',
    '0000000000.1': 'e80000000000' + '81' + '02',
    '0000000000000000000.1': 'f100000000000000000000' + '81' + '02',
  };
  for (const [version, bytes] of Object.entries(keys))
    assert.equal(Buffer.from(requireKey(maven, version)).toString('hex'), bytes, version);
});
