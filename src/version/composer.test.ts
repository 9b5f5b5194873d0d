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
import { composer } from './composer.ts';

const versions = fc.stringMatching(
  /^(v?(0|1|10|01)(\.(0|1|00|10)){0,3}([-_.]?(beta|b|rc|RC|a|alpha|pl|p|stable)([-.]?[0-9](\.[0-9])?)?)?([-.]?dev)?|[01](\.[01x*]){1,3}-dev|2024-0[12]-01(-beta)?|1\.0r[12])$/,
);

test('orders versions as Composer does', () => {
  assert.deepEqual(disagreements(composer, testdataComparisons('composer')), []);
});

// Two tables compare the raw texts. Composer normalises versions first. If that makes a difference, the tables do not
// describe Composer: a leading v puts a text below all digits, and more digits put it above fewer.

corpusTest('orders real versions as Composer does', () => {
  const wrong = disagreements(composer, corpusComparisons('composer'));
  const otherwise = wrong.filter((row) => !/(^| )v\d/.test(row) && !/ [~^]\d/.test(row));
  assert.deepEqual(otherwise, ['1.0.0beta > 1']);
  assert.equal(wrong.length, 99);
});

corpusTest('orders real versions as PHP does if they are in the normal form of Composer', () => {
  assert.deepEqual(disagreements(composer, corpusComparisons('composer-php')), [
    'v3.4 < v3.4.0-alpha',
    'v4-beta4 < v4.0-alpha',
    'v1.9.0-BETA.1 < v1.9.0-ALPHA.2',
    'v1.9.0-ALPHA.2 = v1.9.0-BETA.2',
    '5.1.0-stable < 5.1.0-beta2',
    '3.0.0b1 < 3.0.0b1.post1',
    '3.2.0rc1 < 3.2.0rc1.post1',
    'v4.4 < v4.4.0-beta',
    'v6.5 < v6.5.0-beta-0',
    'v6.6 < v6.6.0-beta',
    '1.0.0 > 1.0',
    '1.2.3.# = 1.2.3',
    '1.2.3.# = 1.2.3.#',
    '1.2.3.#.1 > 1.2.3',
    '1.2.3.#.beta < 1.2.3',
  ]);
});

testLaws(composer, { versions });

test('ignores a leading v, white space, an alias, a stability flag and the build', () => {
  fc.assert(
    fc.property(versions, (version) => {
      const [refused] = version.match(/^1\.0r/) ?? [];
      if (refused !== undefined) return;
      const bare = version.replace(/^v/, '');
      for (const spelled of [bare, ` ${bare}\n`, `${version}@beta`, `${version} as 9.9`, `v${bare}+sha.1`]) {
        assert.deepEqual(requireKey(composer, spelled), requireKey(composer, version), spelled);
      }
    }),
  );
});

test('reads omitted numbers as zero', () => {
  assert.equal(orderOf(composer, '1-beta2', '1.0.0.0-beta2'), '=');
  assert.equal(orderOf(composer, '1.0.0.0.0', '1.0.0.0'), '>');
});

test('has no key for a branch without a number, and names it in the reason', () => {
  assert.deepEqual(composer.key('dev-main'), {
    unkeyable: 'composer version "dev-main": a branch without a number has no order',
  });
  assert.deepEqual(composer.key('~1.2'), {
    unkeyable: 'composer version "~1.2": Composer cannot parse it',
  });
});

test('encodes keys as documented', () => {
  const numbers = '81828080';
  const ends = {
    '-dev': '02',
    '-alpha3': '0383',
    '-beta': '04',
    '-RC4': '0584',
    '-p5': 'fe85',
    '.0.0x': '01',
  };
  for (const [end, bytes] of Object.entries(ends))
    assert.equal(Buffer.from(requireKey(composer, `1.2${end}`)).toString('hex'), `${numbers}${bytes}06`, end);
});
