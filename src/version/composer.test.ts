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

test('versions order as Composer orders them', () => {
  assert.deepEqual(disagreements(composer, testdataComparisons('composer')), []);
});

// Two tables compare the texts as they are. Composer brings versions into one spelling before; where that makes a difference
// the tables do not speak of Composer: a v in front puts a text below all digits, more digits put it above fewer.

corpusTest('real versions order as Composer orders them', () => {
  const wrong = disagreements(composer, corpusComparisons('composer'));
  const otherwise = wrong.filter((row) => !/(^| )v\d/.test(row) && !/ [~^]\d/.test(row));
  assert.deepEqual(otherwise, ['1.0.0beta > 1']);
  assert.equal(wrong.length, 99);
});

corpusTest('real versions order as PHP orders them where their spelling is the one of Composer', () => {
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

test('a v, white space, an alias, a stability flag and the build say nothing', () => {
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

test('numbers left out are zero', () => {
  assert.equal(orderOf(composer, '1-beta2', '1.0.0.0-beta2'), '=');
  assert.equal(orderOf(composer, '1.0.0.0.0', '1.0.0.0'), '>');
});

test('a branch without a number has no key, and the reason names it', () => {
  assert.deepEqual(composer.key('dev-main'), {
    unkeyable: 'composer version "dev-main": a branch without a number has no order',
  });
  assert.deepEqual(composer.key('~1.2'), {
    unkeyable: 'composer version "~1.2": Composer does not know what it is',
  });
});

test('keys are the bytes of the classes', () => {
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
