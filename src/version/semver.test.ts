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
import { semver } from './semver.ts';

const versions = fc.stringMatching(
  /^v?(0|[1-9][0-9]?)\.(0|9|10)\.(0|1)(-(0|1|10|a|A|-|a1|0a)(\.(0|1|10|a|A|-|a1|0a)){0,2})?(\+(0|a|01)(\.b)?)?$/,
);

test('orders versions as SemVer does', () => {
  assert.deepEqual(disagreements(semver, testdataComparisons('semver')), []);
});

corpusTest('orders semantic versions as the tables do', () => {
  assert.deepEqual(disagreements(semver, corpusComparisons('semver')), []);
});

testLaws(semver, { versions });

test('ignores the leading v and the build', () => {
  fc.assert(
    fc.property(versions, (version) => {
      const bare = version.replace(/^v|\+.*/g, '');
      assert.deepEqual(requireKey(semver, bare), requireKey(semver, version));
      assert.deepEqual(requireKey(semver, `v${bare}+sha.5114f85`), requireKey(semver, version));
    }),
  );
});

test('has no key for an invalid version, and names it in the reason', () => {
  assert.deepEqual(semver.key('1.0'), {
    unkeyable: 'semver version "1.0": it is not major.minor.patch[-pre-release][+build]',
  });
});

test('orders a version that is too long for a key', () => {
  const long = `1.0.0-${'a.'.repeat(500)}`;
  assert.ok('unkeyable' in semver.key(`${long}1`));
  assert.equal(orderOf(semver, `${long}1`, `${long}2`), '<');
});

test('encodes keys as documented', () => {
  assert.equal(
    Buffer.from(requireKey(semver, '1.2.96-rc.1')).toString('hex'),
    '8182e096' + '726300' + '0381' + '01',
  );
  assert.equal(Buffer.from(requireKey(semver, '1.0.0+build')).toString('hex'), '8180807f');
});
