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
import { apk } from './apk.ts';

const pieces = [
  '0',
  '1',
  '9',
  '10',
  '010',
  '.',
  'a',
  'z',
  '_rc',
  '_p',
  '_alpha',
  '_x',
  '~a0',
  '-r1',
  '-',
  '18446744073709551617',
];
const strings = fc.array(fc.constantFrom(...pieces), { maxLength: 7 }).map((parts) => parts.join(''));

/** What apk-package(5) calls a version. */
const grammar = /^\d+(\.\d+)*[a-z]?(_(alpha|beta|pre|rc|cvs|svn|git|hg|p)\d*)*(~[0-9a-f]+)?(-r\d+)?$/;

test('versions order as the rules say', () => {
  assert.deepEqual(disagreements(apk, testdataComparisons('apk')), []);
});

/** The table was made with apk-tools 2.14; where apk-tools 3 gives two versions no order, ours is that of 2.14. */
corpusTest('real versions order as apk orders them', () => {
  assert.deepEqual(disagreements(apk, corpusComparisons('apk')), []);
});

testLaws(apk, { versions: strings });

test('every text has a key, and every version ends with the mark of the end', () => {
  fc.assert(
    fc.property(strings, (text) => {
      const key = requireKey(apk, text);
      if (grammar.test(text)) assert.equal(key.at(-1), 0x06);
      else assert.ok(key.includes(0x05));
    }),
  );
});

test('a version too long for a key still has its order', () => {
  const long = `1${'.1'.repeat(600)}`;
  assert.deepEqual(apk.key(long), {
    unkeyable: `apk version "${long.slice(0, 60)}…": its key would be too long`,
  });
  assert.equal(orderOf(apk, long, `${long}.1`), '<');
  assert.equal(orderOf(apk, `${long}_rc1`, long), '<');
});

test('keys are the bytes of the classes', () => {
  assert.deepEqual(
    Buffer.from(requireKey(apk, '3.10.02b_p1~0f-r96')).toString('hex'),
    '83' + '8a' + '7b303200' + '62' + '0e' + '0981' + '08306600' + '07e096' + '06',
  );
});
