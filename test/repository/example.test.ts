import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { exampleFiles } from '../../examples/make-example.ts';

const folder = resolve(import.meta.dirname, '../../examples');

test('the example files equal the output of their script', () => {
  for (const [path, content] of exampleFiles()) {
    assert.ok(Buffer.from(content).equals(readFileSync(resolve(folder, path))), `${path}: npm run example`);
  }
});
