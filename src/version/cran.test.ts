import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { disagreements, testdataComparisons, testLaws } from '../testing/version-scheme.ts';
import { cran } from './cran.ts';

test('orders versions of R packages as R does', () => {
  assert.deepEqual(disagreements(cran, testdataComparisons('cran')), []);
});

testLaws(cran, { versions: fc.stringMatching(/^(0|1|02|10|2023)([.-](0|1|02|10|9)){0,4}$/) });
