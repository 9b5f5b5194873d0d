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

test('versions order as golang.org/x/mod orders them', () => {
  assert.deepEqual(disagreements(go, testdataComparisons('go')), []);
});

corpusTest('real versions order as golang.org/x/mod orders them', () => {
  assert.deepEqual(disagreements(go, corpusComparisons('go')), []);
});

testLaws(go, { versions });

test('the v in front, +incompatible and zeros left out say nothing', () => {
  fc.assert(
    fc.property(versions, (version) => {
      const bare = version.replace(/^v|\+incompatible$/g, '');
      assert.deepEqual(requireKey(go, bare), requireKey(go, version));
      const full = /^\d+\.\d+\.\d+/.test(bare) ? bare : `${bare}.0.0`.split('.').slice(0, 3).join('.');
      assert.deepEqual(requireKey(go, `v${full}+incompatible`), requireKey(go, version));
    }),
  );
});

test('a version of a dirty or a local build has no order', () => {
  assert.equal(orderOf(go, '(devel)', 'v1.0.0'), '!');
  assert.equal(orderOf(go, '', 'v1.0.0'), '!');
});
