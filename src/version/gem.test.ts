import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { corpus, corpusTest } from '../testing/corpus.ts';
import {
  disagreements,
  orderOf,
  requireKey,
  testdataComparisons,
  testLaws,
} from '../testing/version-scheme.ts';
import { gem } from './gem.ts';

const versions = fc
  .tuple(
    fc.constantFrom('0', '1', '00', ''),
    fc.array(fc.constantFrom('.0', '.0', '.00', '.1', '.10', '.a', '.b', '.a1', '.1a', '.0a', '.rc', '.A'), {
      maxLength: 6,
    }),
    fc.constantFrom('', '', '', '-a', '-1', '-0.1'),
  )
  .map(
    ([first, rest, end]) =>
      (first === '' && rest.length + end.length > 0 ? '0' : first) + rest.join('') + end,
  );

test('orders versions as RubyGems does', () => {
  assert.deepEqual(disagreements(gem, testdataComparisons('gem')), []);
});

corpusTest('orders real versions as RubyGems does', () => {
  // One version of the table contains a newline, so its row has two lines.
  const table = readFileSync(corpus('versions/gem.tsv'), 'utf8').replace('\t1.0\n\t', '\t1.0\t');
  const rows = table.split('\n').filter((row) => row !== '' && !row.startsWith('#'));
  const wrong = rows.filter((row) => {
    const [a = '', order, b = ''] = row.split('\t');
    return orderOf(gem, a, b) !== order;
  });
  assert.deepEqual(wrong, []);
  assert.equal(rows.length, 3631);
});

testLaws(gem, { versions });

test('ignores trailing zeros, surrounding white space and equivalent forms', () => {
  fc.assert(
    fc.property(versions, (version) => {
      assert.deepEqual(requireKey(gem, `${version || '0'}.0.00`), requireKey(gem, version));
      assert.deepEqual(requireKey(gem, ` ${version}\n`), requireKey(gem, version));
      if (!version.includes('-')) return;
      assert.deepEqual(requireKey(gem, version.replace('-', '.pre.')), requireKey(gem, version));
    }),
  );
});

test('orders by the count of zeros before a text or a number', () => {
  const counts = fc.integer({ min: 0, max: 200 });
  fc.assert(
    fc.property(counts, counts, (few, many) => {
      const [a, b] = [`1.0.a${'.0'.repeat(few)}`, `1.0.a${'.0'.repeat(many)}`];
      const order = few < many ? '<' : few > many ? '>' : '=';
      assert.equal(orderOf(gem, `${a}.0.b`, `${b}.0.b`), order);
      assert.equal(orderOf(gem, `${b}.1`, `${a}.1`), order);
      assert.equal(orderOf(gem, `${a}.0.b`, `${b}.1`), '<');
      assert.equal(orderOf(gem, `${a}.0.b`, '1.0.a'), '<');
      assert.equal(orderOf(gem, '1.0.a', `${b}.1`), '<');
    }),
  );
});

test('reads an empty text as version 0', () => {
  assert.equal(orderOf(gem, '', '0'), '=');
});

test('has no key for a malformed version, and names it in the reason', () => {
  assert.deepEqual(gem.key('1beta'), { unkeyable: 'gem version "1beta": RubyGems calls it malformed' });
});

test('orders a version that is too long for a key', () => {
  const long = `1${'.1'.repeat(2000)}`;
  assert.ok('unkeyable' in gem.key(long));
  assert.equal(orderOf(gem, long, `${long}.1`), '<');
});

test('encodes keys as documented', () => {
  const keys = {
    '1.0.2.a.0.b.0.3': '81' + '7f82' + '106100' + '106200' + '7f83' + '60',
    [`1.0.a.b${'.0'.repeat(40)}.c${'.0'.repeat(25)}.7`]:
      '81' + '106100' + '106200' + '30186300' + '677f87' + '60',
  };
  for (const [version, bytes] of Object.entries(keys))
    assert.equal(Buffer.from(requireKey(gem, version)).toString('hex'), bytes, version);
});
