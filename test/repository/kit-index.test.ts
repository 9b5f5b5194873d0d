import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { absolutePath, textOf } from './tree.ts';

test('src/kit/README.md lists every file and folder of the kit when one is added or removed', () => {
  const listed = textOf('src/kit/README.md').matchAll(/^\| `([^`]+)` \|/gm);
  assert.deepEqual(Array.from(listed, ([, name]) => name).sort(), entriesOf('src/kit'));
});

/** Returns the folders of a folder with a slash, and its files besides tests and documents. */
function entriesOf(folder: string): string[] {
  return readdirSync(absolutePath(folder), { withFileTypes: true })
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    .filter((name) => !/\.(?:test\.ts|md)$/.test(name))
    .sort();
}
