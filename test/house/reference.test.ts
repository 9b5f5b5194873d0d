import assert from 'node:assert/strict';
import { test } from 'node:test';
import { referencePages } from '../../tools/reference.ts';
import { textOf } from './tree.ts';

test('the reference tells every command, option, setting and metric there is: npm run reference', async () => {
  for (const [path, text] of await referencePages())
    if (path.endsWith('.json')) assert.deepEqual(JSON.parse(textOf(path)), JSON.parse(text), path);
    else assert.equal(textOf(path), text, path);
});
