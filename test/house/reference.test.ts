import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../../src/config/config.ts';
import { referencePages } from '../../tools/reference.ts';
import { filesLike, textOf } from './tree.ts';

test('the reference tells every command, option, setting and metric there is: npm run reference', async () => {
  for (const [path, text] of await referencePages())
    if (path.endsWith('.json')) assert.deepEqual(JSON.parse(textOf(path)), JSON.parse(text), path);
    else assert.equal(textOf(path), text, path);
});

test('configuration files in documents can be used', () => {
  let files = 0;
  for (const { path, text } of filesLike('*.md', 'docs/**/*.md'))
    for (const [, content = ''] of text.matchAll(/^```yaml.*\n([\s\S]*?)^```$/gm)) {
      if (!content.startsWith('clair:')) continue;
      files++;
      readConfig({ file: { name: path, text: content }, env: {} });
    }
  assert.ok(files >= 2);
});
