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
import { npm } from './npm.ts';
import { semver } from './semver.ts';

const versions = fc.stringMatching(
  /^(|v|=|= v)(0|[1-9][0-9]?)\.(0|9|010)\.(0|1)(-?(a|A|-|a1|b)(\.(0|1|010|a|A|-|a1)){0,2})?(\+(0|a|01)(\.b)?)?$/,
);

test('versions order as node-semver orders them', () => {
  assert.deepEqual(disagreements(npm, testdataComparisons('npm')), []);
});

corpusTest('real versions order as node-semver orders them', () => {
  assert.deepEqual(disagreements(npm, corpusComparisons('npm')), []);
});

testLaws(npm, { versions });

test('what SemVer allows npm orders as SemVer does', () => {
  const strict = fc.stringMatching(/^[0-9]\.[0-9]\.[0-9](-(0|[1-9]|a|A|-|1a)(\.(0|[1-9]|a|A|-|1a)){0,2})?$/);
  fc.assert(
    fc.property(strict, strict, (a, b) => {
      assert.equal(orderOf(npm, a, b), orderOf(semver, a, b));
      assert.deepEqual(requireKey(npm, a), requireKey(semver, a));
    }),
  );
});

test('white space, v and = in front say nothing', () => {
  assert.equal(orderOf(npm, ' = v 1.2.3-0 ', '1.2.3-0'), '=');
  assert.equal(orderOf(npm, '1.2.3 beta', '1.2.3'), '!');
});

test('a version of more than 256 characters is invalid, as in node-semver', () => {
  const start = '1.0.0-';
  assert.equal(orderOf(npm, start + 'a'.repeat(250), start + 'a'.repeat(250)), '=');
  assert.equal(orderOf(npm, start + 'a'.repeat(251), '1.0.0'), '!');
});

test('numbers of a pre-release compare exactly, where node-semver rounds', () => {
  assert.equal(orderOf(npm, '1.0.0-9007199254740992', '1.0.0-9007199254740993'), '<');
});
