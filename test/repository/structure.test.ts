import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { exportedTwice, shortFiles } from '../../tools/quality/language.ts';
import { productSources, shortFileLines } from '../../tools/quality/sources.ts';
import { absolutePath, textOf } from './tree.ts';

const shortFilesMax = 42;

const sources = productSources();

test('no name is exported by two files', () => {
  assert.deepEqual(exportedTwice(sources), []);
});

test('few files are so short that they could be part of another', () => {
  // A migration never changes again, and none belongs to another.
  const short = shortFiles(sources, shortFileLines).filter((file) => !file.includes('/migrations/'));
  assert.ok(short.length <= shortFilesMax, `${short.length} files:\n${short.join('\n')}`);
});

test('every path that ARCHITECTURE.md names exists', () => {
  const paths = Array.from(
    textOf('ARCHITECTURE.md').matchAll(/`([a-z][\w./-]*(?:\.ts|\/))`/g),
    ([, path = '']) => path,
  );
  const missing = paths.filter((path) => ![path, `src/${path}`].some((one) => existsSync(absolutePath(one))));
  assert.deepEqual(missing, []);
  assert.ok(paths.length > 50);
});

test('every benchmark of bench/main.ts is a file', () => {
  const names = Array.from(
    textOf('bench/main.ts').matchAll(/^ {2}\w+: '([\w-]+)',$/gm),
    ([, name = '']) => name,
  );
  assert.ok(names.length > 10);
  assert.deepEqual(
    names.filter((name) => !existsSync(absolutePath(`bench/${name}.ts`))),
    [],
  );
});
