import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { exportsOf, hasMembers } from '../../fuzz/exports.ts';
import { builtIn } from '../../src/extensions.ts';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { filesLike } from './tree.ts';

test('every lister has a seed file and words for the fuzzer', () => {
  const files = filesLike('fuzz/analyze/lister/*.ts').map(({ path }) => basename(path, '.ts'));
  assert.deepEqual(files.toSorted(), builtIn.listers.map(({ name }) => name).toSorted());
});

test('finds the exports of a directory, and reports a file without a usable one', async (t) => {
  const isUsable = (value: unknown): value is { readonly a: number } => hasMembers(value, ['a']);
  const found = (files: Readonly<Record<string, string>>): Promise<ReadonlyMap<string, { a: number }>> =>
    exportsOf({ directory: directoryOf(t, files), name: 'subject', isUsable });
  const usable = 'export const subject = { a: 7 };';
  const both = await found({ 'x.ts': usable, 'a b#.ts': usable });
  assert.deepEqual([...both.keys()], ['a b#', 'x']);
  for (const other of ['', 'export const other = { a: 7 };', 'export const subject = { b: 7 };'])
    await assert.rejects(found({ 'x.ts': usable, 'y.ts': other }), {
      message: /\/y\.ts has no valid export subject$/,
    });
});

function directoryOf(t: TestContext, files: Readonly<Record<string, string>>): URL {
  const directory = join(temporaryDirectory(t), 'extensions');
  mkdirSync(directory);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
  return pathToFileURL(`${directory}/`);
}
