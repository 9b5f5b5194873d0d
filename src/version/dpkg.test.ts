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
import { dpkg } from './dpkg.ts';

const pieces = [
  '0',
  '1',
  '9',
  '10',
  '007',
  '96',
  '.',
  '+',
  '~',
  '-',
  'a',
  'rc',
  'Z',
  '_',
  'é',
  '1:',
  '18446744073709551616',
];
const strings = fc.array(fc.constantFrom(...pieces), { maxLength: 7 }).map((parts) => parts.join(''));
const versions = strings.filter((version) => isKey(dpkg.key(version)));

test('orders versions as dpkg does', () => {
  assert.deepEqual(disagreements(dpkg, testdataComparisons('dpkg')), []);
});

corpusTest('orders real versions as dpkg does', () => {
  assert.deepEqual(disagreements(dpkg, corpusComparisons('dpkg')), []);
});

testLaws(dpkg, { versions });

test('orders invalid characters by their codes', () => {
  // The order of dpkg, lib/dpkg/version.c: letters before all other characters, which are in ASCII order.
  const rising = [
    '1',
    '1a',
    '1\u0001',
    '1\u001f',
    '1!',
    '1"',
    '1/',
    '1:1/',
    '1:1:',
    '1:1@',
    '1:1[',
    '1:1{',
    '1:1\u007f',
  ];
  for (const [i, version] of rising.entries())
    for (const higher of rising.slice(i + 1)) assert.equal(orderOf(dpkg, version, higher), '<');
});

test('ignores the epoch 0, the revision 0 and leading zeros', () => {
  fc.assert(
    fc.property(versions, (version) => {
      const epoch = version.includes(':') ? '' : '0:';
      const revision = version.includes('-') ? '' : '-0';
      const zeros = version.replaceAll(/(?<!\d)\d/g, '00$&');
      assert.deepEqual(requireKey(dpkg, `${epoch}${version}${revision}`), requireKey(dpkg, version));
      assert.deepEqual(requireKey(dpkg, zeros), requireKey(dpkg, version));
    }),
  );
});

test('ignores white space around a version, and refuses it inside', () => {
  assert.equal(orderOf(dpkg, ' \t1.0-1\n', '1.0-1'), '=');
  assert.equal(orderOf(dpkg, '1.0 -1', '1.0-1'), '!');
  assert.equal(orderOf(dpkg, ' \n', '1'), '!');
  assert.equal(orderOf(dpkg, '', '1'), '!');
});

test('accepts carriage returns and a sign before the epoch, as C does', () => {
  for (const strange of ['\v', '\f', '\r', '\v\f\r'])
    assert.equal(orderOf(dpkg, `${strange}+1:1`, '1:1'), '=');
  assert.equal(orderOf(dpkg, '\u000e1:1', '1:1'), '!');
  assert.equal(orderOf(dpkg, '\r1', '1'), '>');
});

test('has no key for an invalid version, and names it in the reason', () => {
  assert.deepEqual(dpkg.key('1:'), { unkeyable: 'dpkg version "1:": there is no upstream version' });
  assert.deepEqual(keyAfter(dpkg, '1.0-'), {
    unkeyable: 'dpkg version "1.0-": nothing follows the last "-"',
  });
  assert.deepEqual(dpkg.key('b:1'), { unkeyable: 'dpkg version "b:1": the epoch is not a number' });
});

test('orders a version that is too long for a key', () => {
  const long = `1${'.1'.repeat(500)}`;
  assert.deepEqual(dpkg.key(long), {
    unkeyable: `dpkg version "${long.slice(0, 60)}…": its key would be too long`,
  });
  assert.equal(orderOf(dpkg, long, `${long}.1`), '<');
  assert.equal(orderOf(dpkg, `${long}~`, long), '<');
  assert.equal(orderOf(dpkg, '9'.repeat(100_000), `1${'0'.repeat(100_000)}`), '<');
});

test('encodes keys as documented', () => {
  assert.deepEqual(
    Buffer.from(requireKey(dpkg, '1:2.10~aA!é-96')).toString('hex'),
    '03' + '04c3' + '0c' + '01' + '9a' + '80' + 'b6' + 'b4c3b4a9' + '02' + '02' + '6296' + '02',
  );
});
