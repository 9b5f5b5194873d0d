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

/** A version according to apk-package(5). */
const grammar = /^\d+(\.\d+)*[a-z]?(_(alpha|beta|pre|rc|cvs|svn|git|hg|p)\d*)*(~[0-9a-f]+)?(-r\d+)?$/;

test('orders versions by the documented rules', () => {
  assert.deepEqual(disagreements(apk, testdataComparisons('apk')), []);
});

/**
 * The table was made with apk-tools 2.14. If apk-tools 3 calls two versions equal, the scheme uses the order of 2.14.
 */
corpusTest('orders real versions as apk does', () => {
  assert.deepEqual(disagreements(apk, corpusComparisons('apk')), []);
});

testLaws(apk, { versions: strings });

test('has a key for every text, and ends every version with the end mark', () => {
  fc.assert(
    fc.property(strings, (text) => {
      const key = requireKey(apk, text);
      if (grammar.test(text)) assert.equal(key.at(-1), 0x06);
      else assert.ok(key.includes(0x05));
    }),
  );
});

test('orders a version that is too long for a key', () => {
  const long = `1${'.1'.repeat(600)}`;
  assert.deepEqual(apk.key(long), {
    unkeyable: `apk version "${long.slice(0, 60)}…": its key would be too long`,
  });
  assert.equal(orderOf(apk, long, `${long}.1`), '<');
  assert.equal(orderOf(apk, `${long}_rc1`, long), '<');
});

test('encodes keys as documented', () => {
  assert.deepEqual(
    Buffer.from(requireKey(apk, '3.10.02b_p1~0f-r96')).toString('hex'),
    '83' + '8a' + '7b303200' + '62' + '0e' + '0981' + '08306600' + '07e096' + '06',
  );
});
