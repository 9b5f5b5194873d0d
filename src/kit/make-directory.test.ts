import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../testing/store-engines.ts';
import { makeDirectory } from './make-directory.ts';

test('creates missing parents, with the mode, and accepts a directory that exists', (t) => {
  const root = temporaryDirectory(t);
  const path = join(root, 'a', 'b', 'c');
  makeDirectory(path, 0o700);
  makeDirectory(path);
  for (const at of [path, join(root, 'a')]) assert.equal(statSync(at).mode & 0o777, 0o700);
});

test('fails when a parent is a file', (t) => {
  const file = join(temporaryDirectory(t), 'file');
  writeFileSync(file, '');
  assert.throws(() => {
    makeDirectory(join(file, 'a', 'b'));
  }, /ENOTDIR|EEXIST/);
});

test('fails at once when the file system answers that nothing exists', {
  skip: process.platform !== 'linux',
}, () => {
  assert.throws(() => {
    makeDirectory('/proc/no-such-process/a/b');
  }, /ENOENT/);
});
