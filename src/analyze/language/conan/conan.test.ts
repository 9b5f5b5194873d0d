import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkLister } from '../../../plugin/contract/index.ts';
import { conanCache } from '../../../testing/conan-cache.ts';
import { conanLister } from './conan.ts';

const cache = 'root/.conan2/p';
const information = '[settings]\narch=x86_64\n';

/** The files that `conan create` of Conan 2.34 leaves: two packages, and a recipe without one. */
const files = {
  [`${cache}/cache.sqlite3`]: conanCache(
    [
      ['zlib/1.3.1', 'b/zlibda00419ee546d'],
      ['acme/2.0@acme/stable', 'acme51284067b8c'],
    ],
    ['zlib/1.3.1', 'acme/2.0@acme/stable', 'only-a-recipe/3.0'],
  ),
  [`${cache}/b/zlibda00419ee546d/p/conaninfo.txt`]: information,
  [`${cache}/b/zlibda00419ee546d/b/conaninfo.txt`]: information,
};

test('lists the packages of the cache of Conan 2, and no recipes', () => {
  checkLister(conanLister, [{ files, packages: ['zlib 1.3.1', 'acme 2.0'] }]);
});

test('finds a package at its own file, and at the database if an earlier layer has the file', () => {
  const contents = new Map(Object.entries(files).map(([path, content]) => [path, Buffer.from(content)]));
  const events = [...conanLister.list(contents)].map((event) =>
    event.kind === 'package' ? `${event.package.name} ${event.path}` : `${event.kind} ${event.path}`,
  );
  assert.deepEqual(events, [
    `no-package ${cache}/b/zlibda00419ee546d/b/conaninfo.txt`,
    `zlib ${cache}/b/zlibda00419ee546d/p/conaninfo.txt`,
    `acme ${cache}/cache.sqlite3`,
  ]);
});

test('reports a database that cannot be read, and a row without a reference', () => {
  const path = `${cache}/cache.sqlite3`;
  const kindsOf = (content: Record<string, Uint8Array>): string[] =>
    [...conanLister.list(new Map(Object.entries(content)))].map(({ kind }) => kind);
  assert.deepEqual(kindsOf({ [path]: Buffer.from('no database') }), ['problem']);
  assert.deepEqual(kindsOf({ [path]: conanCache([['zlib', 'zlib1']]) }), ['problem']);
  assert.deepEqual(kindsOf({ [`${path}-wal`]: Buffer.from('log') }), ['problem']);
  const withEmptyLog = { [path]: conanCache([['zlib/1.3', 'zlib1']]), [`${path}-wal`]: Buffer.alloc(0) };
  assert.ok(!kindsOf(withEmptyLog).includes('read-with'));
  assert.deepEqual(kindsOf({ [`${cache}/zlib1/p/conaninfo.txt`]: Buffer.from(information) }), []);
});
