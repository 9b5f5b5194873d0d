import assert from 'node:assert/strict';
import { globSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { makeDatabase } from '../../examples/make-database.ts';
import { exampleFiles } from '../../examples/make-example.ts';
import type { Catalogue } from '../../src/advisory-db/documents.ts';
import { findDatabase } from '../../src/advisory-db/layout.ts';
import { temporaryDirectory } from '../../src/testing/shard-files.ts';

const folder = resolve(import.meta.dirname, '../../examples');

test('the example files equal the output of their script', () => {
  for (const [path, content] of exampleFiles()) {
    assert.ok(Buffer.from(content).equals(readFileSync(resolve(folder, path))), `${path}: npm run example`);
  }
});

/** Returns the content of a database. The bytes of its files depend on the versions of SQLite and zstd. */
function contentOf({ shards, ...catalogue }: Catalogue): object {
  const contents = Object.entries(shards).map(([name, { content, feeds, records }]) => [
    name,
    { content, feeds, records },
  ]);
  return { ...catalogue, shards: Object.fromEntries(contents) as object };
}

test('the example database has the content that its script makes, and is small', async (t) => {
  const directory = resolve(folder, 'database-layout');
  const { catalogue } = findDatabase(directory) ?? assert.fail('npm run example');
  assert.deepEqual(
    contentOf(catalogue),
    contentOf(await makeDatabase(temporaryDirectory(t))),
    'npm run example',
  );
  const files = globSync('**/*', { cwd: directory }).map((path) => statSync(join(directory, path)));
  const bytes = files.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
  assert.ok(bytes <= 200_000, `${bytes} bytes`);
});
