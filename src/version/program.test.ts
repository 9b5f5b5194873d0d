import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { disagreements, testdataComparisons, testLaws } from '../testing/version-scheme.ts';
import { program } from './program.ts';

test('orders versions of programs as their projects released them', () => {
  assert.deepEqual(disagreements(program, testdataComparisons('program')), []);
});

testLaws(program, {
  versions: fc.stringMatching(
    /^(0|1|02|16)(\.(0|1|02|10|99)){0,3}(a|z|za|zk)?(-dev|rc|-rc\.2|RC1|beta3|_alpha1|-?p1|-S2|-preview1)?$/,
  ),
});
