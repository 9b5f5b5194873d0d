import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { absolutePath, textOf } from './tree.ts';

test('src/kit/README.md lists every file and folder of the kit when one is added or removed', () => {
  const listed = textOf('src/kit/README.md').matchAll(/^\| `([^`]+)` \|/gm);
  assert.deepEqual(Array.from(listed, ([, name]) => name).sort(), entriesOf('src/kit'));
});

test('src/testing/README.md lists every helper when one is added or removed', () => {
  const rows = textOf('src/testing/README.md').match(/^\| `.*$/gm) ?? [];
  const listed = rows.flatMap((row) => row.split('|')[1]?.match(/[\w-]+\.ts/g) ?? []);
  assert.deepEqual(listed.sort(), entriesOf('src/testing'));
});

/** Returns the folders of a folder with a slash, and its files besides tests and documents. */
function entriesOf(folder: string): string[] {
  return readdirSync(absolutePath(folder), { withFileTypes: true })
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    .filter((name) => !/\.(?:test\.ts|md)$/.test(name))
    .sort();
}
