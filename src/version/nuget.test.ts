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
import { nuget } from './nuget.ts';

const versions = fc.stringMatching(
  /^(0|1|10|01)(\.(0|1|00|10)){0,4}(-(0|1|10|-1|-2|a|B|a1|2147483648|-)(\.(0|1|-1|b|A|2147483647)){0,2})?(\+(0|a))?$/,
);

test('orders versions as NuGet does', () => {
  assert.deepEqual(disagreements(nuget, testdataComparisons('nuget')), []);
});

corpusTest('orders versions as the table does', () => {
  assert.deepEqual(disagreements(nuget, corpusComparisons('nuget')), []);
});

testLaws(nuget, { versions });

test('orders versions as a comparison part by part does', () => {
  fc.assert(
    fc.property(versions, versions, (a, b) => {
      assert.equal(orderOf(nuget, a, b), '<=>'[Math.sign(compareByParts(a, b)) + 1]);
    }),
    { numRuns: 2000 },
  );
});

/**
 * Implements the order that NuGet.Versioning documents, without keys: numbers, then labels. A label is a number if it
 * fits a C# int.
 */
function compareByParts(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  for (let index = 0; index < 5; index++) {
    const order = (left.numbers[index] ?? 0) - (right.numbers[index] ?? 0);
    if (order !== 0) return order;
  }
  if (left.labels === undefined || right.labels === undefined) {
    return Number(left.labels === undefined) - Number(right.labels === undefined);
  }
  for (let index = 0; index < Math.max(left.labels.length, right.labels.length); index++) {
    const [l, r] = [left.labels[index], right.labels[index]];
    const order = l === undefined ? -1 : r === undefined ? 1 : compareLabels(l, r);
    if (order !== 0) return order;
  }
  return 0;
}

function partsOf(version: string): {
  readonly numbers: readonly number[];
  readonly labels?: readonly string[];
} {
  const [core = '', ...labels] = (version.split('+')[0] ?? '').split(/-(.*)/).filter((part) => part !== '');
  const numbers = core.split('.').map(Number);
  return labels[0] === undefined ? { numbers } : { numbers, labels: labels[0].split('.') };
}

function compareLabels(a: string, b: string): number {
  const [left, right] = [intOf(a), intOf(b)];
  if (left !== undefined && right !== undefined) return left - right;
  if (left !== undefined || right !== undefined) return left === undefined ? 1 : -1;
  return a.toUpperCase() === b.toUpperCase() ? 0 : a.toUpperCase() < b.toUpperCase() ? -1 : 1;
}

function intOf(label: string): number | undefined {
  const value = Number(label);
  return /^-?\d+$/.test(label) && Math.abs(value + 0.5) < 2 ** 31 ? value : undefined;
}

test('ignores case, zeros and the build', () => {
  fc.assert(
    fc.property(versions, (version) => {
      const [core = '', prerelease = ''] = version.replace(/\+.*/, '').split(/(?=-)(.*)/);
      assert.deepEqual(
        requireKey(nuget, ` ${core}.00.0${prerelease.toUpperCase()}+sha `),
        requireKey(nuget, version),
      );
    }),
  );
});

test('has no key for an invalid version, and names it in the reason', () => {
  assert.deepEqual(nuget.key('1.0-01'), {
    unkeyable: 'nuget version "1.0-01": it is not major[.minor[.patch[.revision]]][-pre-release][+build]',
  });
});

test('encodes keys as documented', () => {
  assert.equal(
    Buffer.from(requireKey(nuget, '1.2-a.-5.0.7')).toString('hex'),
    '8182' + '4100' + '027ffffffb' + '0380' + '0387' + '01',
  );
  assert.equal(Buffer.from(requireKey(nuget, '1.0')).toString('hex'), '817f');
});
