import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { corpusTest } from '../testing/corpus.ts';
import {
  corpusComparisons,
  disagreements,
  orderOf,
  testdataComparisons,
  testLaws,
} from '../testing/version-scheme.ts';
import { gentoo } from './gentoo.ts';

const versions = fc.stringMatching(
  /^(0|1|01|10)(\.(0|1|00|01|010|10|9)){0,3}[ab]?(_(alpha|beta|pre|rc|p)(0|1|10)?){0,2}(-r(0|1|01|10))?$/,
);

test('orders versions as the Package Manager Specification does', () => {
  assert.deepEqual(disagreements(gentoo, testdataComparisons('gentoo')), []);
});

corpusTest('orders versions as the table of Gentoo does', () => {
  assert.deepEqual(disagreements(gentoo, corpusComparisons('gentoo')), []);
});

testLaws(gentoo, { versions });

test('orders versions of Gentoo as a comparison rule by rule does', () => {
  fc.assert(
    fc.property(versions, versions, (a, b) => {
      assert.equal(orderOf(gentoo, a, b), '<=>'[Math.sign(compareByRules(a, b)) + 1], `${a} ${b}`);
    }),
    { numRuns: 5000 },
  );
});

/** Compares two versions as the algorithms of section 3.3 say, without keys. */
function compareByRules(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  return (
    compareNumberParts(left.numbers, right.numbers) ||
    compareTexts(left.letter, right.letter) ||
    compareSuffixes(left.suffixes, right.suffixes) ||
    left.revision - right.revision
  );
}

interface Parts {
  readonly numbers: readonly string[];
  readonly letter: string;
  readonly suffixes: readonly (readonly [word: string, number: number])[];
  readonly revision: number;
}

function partsOf(version: string): Parts {
  const [rest = '', revision = '0'] = version.split('-r');
  const [core = '', ...suffixes] = rest.split('_');
  const letter = /[a-z]$/.exec(core)?.[0] ?? '';
  return {
    numbers: core.replace(/[a-z]$/, '').split('.'),
    letter,
    suffixes: suffixes.map(
      (text) => [text.replace(/\d*$/, ''), Number(text.replace(/^[a-z]+/, ''))] as const,
    ),
    revision: Number(revision),
  };
}

function compareNumberParts(a: readonly string[], b: readonly string[]): number {
  const first = Number(a[0]) - Number(b[0]);
  if (first !== 0) return first;
  for (let i = 1; i < Math.min(a.length, b.length); i++) {
    const order = compareComponents(a[i] ?? '', b[i] ?? '');
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareComponents(a: string, b: string): number {
  if (!a.startsWith('0') && !b.startsWith('0')) return Number(a) - Number(b);
  return compareTexts(a.replace(/0+$/, ''), b.replace(/0+$/, ''));
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

const words = ['alpha', 'beta', 'pre', 'rc', '', 'p'];

function compareSuffixes(a: Parts['suffixes'], b: Parts['suffixes']): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [leftWord, leftNumber] = a[i] ?? ['', 0];
    const [rightWord, rightNumber] = b[i] ?? ['', 0];
    const order = words.indexOf(leftWord) - words.indexOf(rightWord) || leftNumber - rightNumber;
    if (order !== 0) return order;
  }
  return 0;
}
