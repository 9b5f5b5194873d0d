import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isKey } from '../plugin/version-scheme.ts';
import { corpusTest } from '../testing/corpus.ts';
import {
  corpusComparisons,
  disagreements,
  keyOf,
  orderOf,
  testdataComparisons,
  testLaws,
} from '../testing/version-scheme.ts';
import { alpm } from './alpm.ts';

const pieces = [
  '0',
  '1',
  '9',
  '10',
  '007',
  '96',
  '.',
  '_',
  '+',
  '-',
  'a',
  'rc',
  'Z',
  'é',
  '1:',
  '18446744073709551616',
];
const texts = fc.array(fc.constantFrom(...pieces), { maxLength: 8 }).map((parts) => parts.join(''));
const versions = texts
  .map((text) => (text.includes('-') ? text : `${text}-1`))
  .filter((text) => isKey(alpm.key(text)));

test('versions order as pacman orders them', () => {
  assert.deepEqual(disagreements(alpm, testdataComparisons('alpm')), []);
});

corpusTest('versions of the tables of vers-spec order as they say', () => {
  assert.deepEqual(disagreements(alpm, corpusComparisons('alpm')), []);
});

testLaws(alpm, { versions });

test('every text has an order, the opposite when turned round', () => {
  fc.assert(
    fc.property(texts, texts, (a, b) => {
      assert.equal(orderOf(alpm, a, a), '=');
      assert.equal(alpm.compare(a, b), 0 - (alpm.compare(b, a) ?? Number.NaN));
    }),
  );
});

test('what goes round in a circle has no key', () => {
  const circle = ['1.1-1', '1..a-1', '1.-1', '1.1-1'];
  for (const [index, version] of circle.slice(1).entries())
    assert.equal(orderOf(alpm, circle[index] ?? '', version), '<', version);
  assert.deepEqual(alpm.key('1.-1'), {
    unkeyable: 'alpm version "1.-1": a separator at the end has no place in a line',
  });
});

test('a version without a release has no key, and as a bound speaks of all releases', () => {
  const unkeyable = 'alpm version "1.0": it has no release, and equals all releases';
  assert.deepEqual(alpm.key('1.0'), { unkeyable });
  assert.deepEqual(alpm.after('1.0'), { unkeyable });
  for (const release of ['1', '2', '10.1']) assert.equal(orderOf(alpm, `1.0-${release}`, '1.0'), '=');
});

test('a version too long for a key still has its order', () => {
  const long = `1${'.1'.repeat(600)}`;
  assert.deepEqual(alpm.key(`${long}-1`), {
    unkeyable: `alpm version "${long.slice(0, 77)}…": its key would be too long`,
  });
  assert.equal(orderOf(alpm, `${long}-1`, `${long}.1-1`), '<');
});

test('keys are the bytes of the classes', () => {
  assert.deepEqual(
    Buffer.from(keyOf(alpm, '1:2.96rc..x-4')).toString('hex'),
    '7d' + '7e' + 'fa' + 'dc96' + '726300' + 'fafa' + '7800' + '7b' + '80' + '7b',
  );
});

test('the pieces of a version are epoch, version and release', () => {
  assert.deepEqual(
    ['1:2.0rc1-3', '2'].map((version) => alpm.segments?.(version)),
    [
      [['1'], ['2', '.', '0', 'rc', '1'], ['3']],
      [['0'], ['2'], []],
    ],
  );
});
