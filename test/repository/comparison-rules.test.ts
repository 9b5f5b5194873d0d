import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findingRules } from '../../src/match/peer-comparison/finding-rules.ts';
import { textOf } from './tree.ts';

test('the page about comparisons has every rule with its sentence, in their order', () => {
  const rows = Array.from(
    textOf('docs/compare.md').matchAll(/^\| `((?:peer|clair)\/[\w-]+)` \| (.+) \|$/gm),
    ([, id, sentence]) => [id, sentence],
  );
  assert.deepEqual(
    rows,
    findingRules.map(({ id, sentence }) => [id, sentence]),
  );
});
