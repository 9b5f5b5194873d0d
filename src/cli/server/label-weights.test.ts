import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isErrorWith } from '../../testing/registry-harness.ts';
import { labelWeightsOf } from './label-weights.ts';

test('reads the weights of labels', () => {
  const weights = { live: { label: 'env=prod', weight: 3 }, owned: { label: 'team' } };
  assert.deepEqual(labelWeightsOf({ weights }), [
    { label: { key: 'env', value: 'prod' }, weight: 3 },
    { label: { key: 'team' }, weight: 1 },
  ]);
});

test('refuses a weight without a label, one that is too high, and too many', () => {
  const many = Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`w${i}`, { label: `l${i}` }]));
  for (const [weights, message] of [
    [{ live: { weight: 3 } }, /upgrades\.weights\.live\.label takes KEY=VALUE or KEY/],
    [{ live: { label: '=prod' } }, /label takes KEY=VALUE or KEY/],
    [{ live: { label: 'env=prod', weight: 1001 } }, /weight is at most 1000, not 1001/],
    [many, /takes at most 20 entries, not 21/],
  ] as const)
    assert.throws(() => labelWeightsOf({ weights }), isErrorWith('config-invalid', message));
});
