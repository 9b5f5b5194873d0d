import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isKey, keyAfter } from '../plugin/version-scheme.ts';
import { disagreements, requireKey, testdataComparisons, testLaws } from '../testing/version-scheme.ts';
import { bitnami } from './bitnami.ts';

test('orders versions of Bitnami by numbers, pre-release and revision', () => {
  assert.deepEqual(disagreements(bitnami, testdataComparisons('bitnami')), []);
});

test('includes every revision in an upper bound without a revision', () => {
  const includes = (bound: string, version: string): boolean => {
    const after = keyAfter(bitnami, bound);
    return isKey(after) && Buffer.compare(requireKey(bitnami, version), after) < 0;
  };
  assert.deepEqual(
    ['1.2.3', '1.2.3-0', '1.2.3-999999', '1.2.4', '1.2.4-rc.1'].map((version) => includes('1.2.3', version)),
    [true, true, true, false, false],
  );
  assert.deepEqual(
    ['1.2.3', '1.2.3-4', '1.2.3-5'].map((version) => includes('1.2.3-4', version)),
    [true, true, false],
  );
});

testLaws(bitnami, {
  versions: fc.stringMatching(/^(0|1|02|10|2023)(\.(0|1|02|10|9)){0,3}(-(0|1|12|rc|rc\.1|a-1))?$/),
  bounds: fc.stringMatching(/^(0|1|02|10|2023)(\.(0|1|02|10|9)){0,3}-(0|1|12|rc|rc\.1|a-1)$/),
});
