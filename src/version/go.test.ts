import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { corpusTest } from '../testing/corpus.ts';
import {
  corpusComparisons,
  disagreements,
  orderOf,
  requireKey,
  testdataComparisons,
  testLaws,
} from '../testing/version-scheme.ts';
import { go } from './go.ts';

const versions = fc.stringMatching(
  /^v?(0|[1-9][0-9]?)(\.(0|9|10)(\.(0|1)(-(0|1|pre|rc1)(\.0)?(\.2024010[12]120000-[a-c]{2})?)?(\+incompatible)?)?)?$/,
);

test('orders versions as golang.org/x/mod does', () => {
  assert.deepEqual(disagreements(go, testdataComparisons('go')), []);
});

corpusTest('orders real versions as golang.org/x/mod does', () => {
  assert.deepEqual(disagreements(go, corpusComparisons('go')), []);
});

testLaws(go, { versions });

test('ignores the leading v, +incompatible and omitted zeros', () => {
  fc.assert(
    fc.property(versions, (version) => {
      const bare = version.replace(/^v|\+incompatible$/g, '');
      assert.deepEqual(requireKey(go, bare), requireKey(go, version));
      const full = /^\d+\.\d+\.\d+/.test(bare) ? bare : `${bare}.0.0`.split('.').slice(0, 3).join('.');
      assert.deepEqual(requireKey(go, `v${full}+incompatible`), requireKey(go, version));
    }),
  );
});

test('has no order for a version of a dirty or local build', () => {
  assert.equal(orderOf(go, '(devel)', 'v1.0.0'), '!');
  assert.equal(orderOf(go, '', 'v1.0.0'), '!');
});
