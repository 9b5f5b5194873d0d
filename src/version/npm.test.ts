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

test('orders versions as node-semver does', () => {
  assert.deepEqual(disagreements(npm, testdataComparisons('npm')), []);
});

corpusTest('orders real versions as node-semver does', () => {
  assert.deepEqual(disagreements(npm, corpusComparisons('npm')), []);
});

testLaws(npm, { versions });

test('orders valid SemVer versions as SemVer does', () => {
  const strict = fc.stringMatching(/^[0-9]\.[0-9]\.[0-9](-(0|[1-9]|a|A|-|1a)(\.(0|[1-9]|a|A|-|1a)){0,2})?$/);
  fc.assert(
    fc.property(strict, strict, (a, b) => {
      assert.equal(orderOf(npm, a, b), orderOf(semver, a, b));
      assert.deepEqual(requireKey(npm, a), requireKey(semver, a));
    }),
  );
});

test('ignores white space, v and = at the start', () => {
  assert.equal(orderOf(npm, ' = v 1.2.3-0 ', '1.2.3-0'), '=');
  assert.equal(orderOf(npm, '1.2.3 beta', '1.2.3'), '!');
});

test('refuses a version of more than 256 characters, as node-semver does', () => {
  const start = '1.0.0-';
  assert.equal(orderOf(npm, start + 'a'.repeat(250), start + 'a'.repeat(250)), '=');
  assert.equal(orderOf(npm, start + 'a'.repeat(251), '1.0.0'), '!');
});

test('compares numbers of a pre-release exactly, where node-semver rounds', () => {
  assert.equal(orderOf(npm, '1.0.0-9007199254740992', '1.0.0-9007199254740993'), '<');
});
