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

test('versions order as SemVer orders them', () => {
  assert.deepEqual(disagreements(semver, testdataComparisons('semver')), []);
});

corpusTest('semantic versions of the tables order as there', () => {
  assert.deepEqual(disagreements(semver, corpusComparisons('semver')), []);
});

testLaws(semver, { versions });

test('the v in front and the build say nothing', () => {
  fc.assert(
    fc.property(versions, (version) => {
      const bare = version.replace(/^v|\+.*/g, '');
      assert.deepEqual(requireKey(semver, bare), requireKey(semver, version));
      assert.deepEqual(requireKey(semver, `v${bare}+sha.5114f85`), requireKey(semver, version));
    }),
  );
});

test('an invalid version has no key, and the reason names it', () => {
  assert.deepEqual(semver.key('1.0'), {
    unkeyable: 'semver version "1.0": it is not major.minor.patch[-pre-release][+build]',
  });
});

test('a version too long for a key still has its order', () => {
  const long = `1.0.0-${'a.'.repeat(500)}`;
  assert.ok('unkeyable' in semver.key(`${long}1`));
  assert.equal(orderOf(semver, `${long}1`, `${long}2`), '<');
});

test('keys are the bytes of the classes', () => {
  assert.equal(
    Buffer.from(requireKey(semver, '1.2.96-rc.1')).toString('hex'),
    '8182e096' + '726300' + '0381' + '01',
  );
  assert.equal(Buffer.from(requireKey(semver, '1.0.0+build')).toString('hex'), '8180807f');
});
