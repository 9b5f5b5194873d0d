import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ListerEvent } from '../../plugin/package-lister.ts';
import { declaredListers } from './declared-lister.ts';

function list(files: Readonly<Record<string, string>>): ListerEvent[] {
  const contents = new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]));
  return declaredListers.flatMap((lister) => [...lister.list(contents)]);
}

const cargoLock = '[[package]]\nname = "a"\nversion = "1.0.0"\nsource = "registry+x"\n';

test('lists packages as declared, with the type of their registry', () => {
  assert.deepEqual(list({ 'src/Cargo.lock': cargoLock }), [
    {
      kind: 'package',
      path: 'src/Cargo.lock',
      package: { type: 'cargo', name: 'a', version: '1.0.0', evidence: 'declared' },
    },
  ]);
});

test('ignores lock files in directories of dependencies', () => {
  for (const directory of ['node_modules/x', 'a/vendor/b', '.venv/lib', 'lib/site-packages'])
    assert.deepEqual(list({ [`${directory}/Cargo.lock`]: cargoLock }), []);
});

test('reads go.sum beside a go.mod of the same directory only', () => {
  const goMod = 'module example.org/a\n\ngo 1.16\n\nrequire example.org/b v1.0.0\n';
  const goSum = 'example.org/c v1.0.0 h1:x=\nexample.org/c v1.1.0 h1:x=\nexample.org/d v1.0.0/go.mod h1:x=\n';
  const names = (files: Readonly<Record<string, string>>): string[] =>
    list(files).flatMap((event) =>
      event.kind === 'package' ? [`${event.package.name} ${event.package.version}`] : [],
    );
  assert.deepEqual(names({ 'go.mod': goMod, 'go.sum': goSum }), [
    'example.org/b v1.0.0',
    'example.org/c v1.1.0',
  ]);
  assert.deepEqual(names({ 'go.mod': goMod, 'other/go.sum': goSum }), ['example.org/b v1.0.0']);
});

test('marks a requirement without an exact version as one that lacks it', () => {
  assert.deepEqual(list({ 'requirements.txt': 'flask>=2 # web\n' }), [
    {
      kind: 'problem',
      path: 'requirements.txt',
      problem: 'flask has no exact version (">=2")',
      lacks: 'version',
    },
  ]);
});

test('says that a file was read when it states no package', () => {
  assert.deepEqual(list({ 'a/composer.lock': '{"packages":[]}' }), [
    { kind: 'no-package', path: 'a/composer.lock' },
  ]);
});

test('reports a file that cannot be read, and lists the others', () => {
  const events = list({ 'a/Cargo.lock': '[[', 'b/Cargo.lock': cargoLock });
  assert.deepEqual(
    events.map(({ kind, path }) => `${kind} ${path}`),
    ['problem a/Cargo.lock', 'package b/Cargo.lock'],
  );
});
