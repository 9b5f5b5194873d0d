import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zipSync } from 'fflate';
import type { ListerEvent } from '../../../plugin/package-lister.ts';
import { npmLister } from './npm.ts';

const archivePath = 'srv/.yarn/cache/ms-npm-2.0.0-9e1101a471-0e6a22b8b7.zip';

function archive(files: Readonly<Record<string, string>>): Uint8Array {
  const entries = Object.entries(files).map(([path, text]) => [path, Buffer.from(text)] as const);
  return zipSync(Object.fromEntries(entries), { mtime: '1984-06-22' });
}

function list(path: string, content: Uint8Array): ListerEvent[] {
  const large = npmLister.listEach?.();
  return path.endsWith('.zip')
    ? [...(large?.(path, content) ?? [])]
    : [...npmLister.list(new Map([[path, content]]))];
}

/** The start of the table that Yarn writes, with the packages at these places. */
function pnpTable(...places: readonly string[]): Buffer {
  const entries = places.map((place) => `["npm:1.0.0", {"packageLocation": ${JSON.stringify(place)}}]`);
  return Buffer.from(`#!/usr/bin/env node\nconst RAW_RUNTIME_STATE =\n'[${entries.join(',\\\n')}]'`);
}

test('yarn: lists the package of a cached archive with the path of its manifest when its archive is read', () => {
  const content = archive({
    'node_modules/ms/package.json': '{"name":"ms","version":"2.0.0","license":"MIT"}',
    'node_modules/ms/lib/package.json': '{"name":"helper","version":"9.0.0"}',
    'node_modules/ms/node_modules/inner/package.json': '{"name":"inner","version":"1.0.0"}',
  });
  const common = { type: 'npm', evidence: 'embedded-in-archive' } as const;
  assert.deepEqual(list(archivePath, content), [
    {
      kind: 'package',
      path: archivePath,
      package: {
        ...common,
        name: 'ms',
        version: '2.0.0',
        licenses: ['MIT'],
        archivePath: 'node_modules/ms/package.json',
      },
    },
    {
      kind: 'package',
      path: archivePath,
      package: {
        ...common,
        name: 'inner',
        version: '1.0.0',
        archivePath: 'node_modules/ms/node_modules/inner/package.json',
      },
    },
  ]);
});

test('yarn: lists a package without the control characters in the path of its manifest', () => {
  const manifest = { 'node_modules/@s/d\n\u001b/package.json': '{"name":"@s/d","version":"1.0.0"}' };
  const [found, ...others] = list(archivePath, archive(manifest));
  assert.deepEqual(others, []);
  assert.ok(found?.kind === 'package');
  assert.match(found.package.archivePath ?? '', /^node_modules\/@s\/d\P{Cc}*\/package\.json$/u);
});

test('yarn: reports the archive when it or its manifest is damaged, and lists nothing when it has no manifest', () => {
  const kinds = (content: Uint8Array): string[] => list(archivePath, content).map(({ kind }) => kind);
  assert.deepEqual(kinds(Buffer.from('PK\x03\x04 cut')), ['problem']);
  assert.deepEqual(kinds(archive({ 'node_modules/ms/package.json': '{"name":' })), ['problem']);
  assert.deepEqual(kinds(archive({ 'node_modules/ms/index.js': '' })), []);
});

test('yarn: counts the table of packages as unread when it names an archive outside of the caches that are read', () => {
  const path = 'srv/.pnp.cjs';
  const readPlaces = [
    './.yarn/cache/ms-npm-2.0.0-9e1101a471-0e6a22b8b7.zip/node_modules/ms/',
    '../home/node/.yarn/berry/cache/a-npm-1.0.0-1-2.zip/node_modules/a/',
    './.yarn/unplugged/b-npm-1.0.0/node_modules/b/',
    './',
  ];
  assert.deepEqual(list(path, pnpTable(...readPlaces)), [{ kind: 'no-package', path }]);
  assert.deepEqual(
    list(path, pnpTable(...readPlaces, '../yarn-cache/c-npm-1.0.0-1-2.zip/node_modules/c/')),
    [],
  );
});
