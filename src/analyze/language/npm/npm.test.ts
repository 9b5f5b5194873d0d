import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkLister } from '../../../plugin/contract/index.ts';
import type { ListerEvent } from '../../../plugin/package-lister.ts';
import { npmLister } from './npm.ts';

const manifest = (name: string, version: string, more: object = {}): string =>
  JSON.stringify({ name, version, ...more });

function list(files: Readonly<Record<string, string | Uint8Array>>): ListerEvent[] {
  const contents = Object.entries(files).map(([path, content]) => [path, Buffer.from(content)] as const);
  return [...npmLister.list(new Map(contents))];
}

test('npm: passes the contract check with scopes, aliases, byte order marks and damaged manifests', () => {
  checkLister(npmLister, [
    {
      files: {
        'app/node_modules/alias/package.json': manifest('JSONStream', '1.3.5'),
        'app/node_modules/@babel/core/package.json': `\uFEFF${manifest('@babel/core', ' 7.20.0 ')}`,
        'node_modules/.pnpm/ms@2.0.0/node_modules/ms/package.json': manifest('ms', 'v2.0.0'),
        'app/node_modules/broken/package.json': '{"name":"broken"',
        'app/node_modules/object/package.json': '{"name":{},"version":"1.0.0"}',
        'app/node_modules/spaced/package.json': manifest('a b', '1.0.0'),
        'app/node_modules/wide/package.json': Buffer.from(`\uFEFF${manifest('wide', '1.0.0')}`, 'utf16le'),
      },
      packages: ['@babel/core 7.20.0', 'JSONStream 1.3.5', 'ms v2.0.0'],
      problems: 4,
    },
  ]);
});

test('npm: lists no package when the manifest has no version, or is of an editor', () => {
  assert.deepEqual(
    list({
      'app/node_modules/left/package.json': '{"name":"left"}',
      'app/node_modules/stub/package.json': '{"type":"module"}',
      'app/node_modules/ext/package.json': manifest('ext', '1.0.0', { engines: { vscode: '^1.80.0' } }),
    }),
    [],
  );
});

test('npm: counts local packages and test data as read when they are no packages of the registry', () => {
  const paths = [
    'srv/node_modules/shared/package.json',
    'srv/node_modules/local/package.json',
    'srv/node_modules/resolve/test/node_modules/m/package.json',
    'srv/node_modules/@s/kit/fixtures/x/node_modules/m/package.json',
  ] as const;
  assert.deepEqual(
    list({
      [paths[0]]: manifest('shared', 'workspace:^1.0.0'),
      [paths[1]]: manifest('local', 'file:../local'),
      [paths[2]]: manifest('m', '1.0.0'),
      [paths[3]]: '{',
    }),
    paths.map((path) => ({ kind: 'no-package', path })),
  );
});

test('npm: lists packages whose names are those of directories with test data', () => {
  const names = list({
    'srv/test/node_modules/a/package.json': manifest('a', '1.0.0'),
    'srv/node_modules/test/node_modules/b/package.json': manifest('b', '1.0.0'),
    'srv/node_modules/@x/fixtures/node_modules/c/package.json': manifest('c', '1.0.0'),
  }).flatMap((event) => (event.kind === 'package' ? [event.package.name] : []));
  assert.deepEqual(names, ['a', 'b', 'c']);
});

test('npm: names the package manager that contains a package', () => {
  const within = 'usr/lib/node_modules/npm/node_modules';
  const events = list({
    'usr/lib/node_modules/npm/package.json': manifest('npm', '8.19.2'),
    [`${within}/tar/node_modules/ms/package.json`]: manifest('ms', '2.0.0', { license: 'MIT' }),
    'usr/lib/node_modules/corepack/node_modules/a/package.json': manifest('a', '1.0.0'),
  });
  assert.deepEqual(
    events.flatMap((event) => (event.kind === 'package' ? [event.package] : [])),
    [
      { type: 'npm', name: 'npm', version: '8.19.2', requires: [], evidence: 'installed' },
      {
        type: 'npm',
        name: 'ms',
        version: '2.0.0',
        licenses: ['MIT'],
        requires: [],
        evidence: 'vendored',
        parent: { name: 'npm', version: '8.19.2' },
      },
      { type: 'npm', name: 'a', version: '1.0.0', requires: [], evidence: 'vendored' },
    ],
  );
});

test('npm: states the names that a package loads, and not those that it needs for development', () => {
  const [event] = list({
    'app/node_modules/a/package.json': manifest('a', '1.0.0', {
      dependencies: { b: '^1.0.0', 'alias-of-c': 'npm:c@1', 'a b': '1' },
      optionalDependencies: { d: {}, b: '^1.0.0' },
      peerDependencies: { '@s/e': '*' },
      devDependencies: { f: '1.0.0' },
    }),
  });
  assert.ok(event?.kind === 'package');
  assert.deepEqual(event.package.requires, ['b', 'alias-of-c', 'd', '@s/e']);
});

test('npm: lists a package whose dependencies have another form', () => {
  const [event] = list({
    'app/node_modules/a/package.json': manifest('a', '1.0.0', { dependencies: ['b'], peerDependencies: 7 }),
  });
  assert.ok(event?.kind === 'package');
  assert.deepEqual(event.package.requires, []);
});

test('npm: lists packages in the cache of Deno, and those in the cache of Yarn 1 as dormant', () => {
  const events = list({
    'deno-dir/npm/registry.npmjs.org/chalk/5.3.0/package.json': manifest('chalk', '5.3.0'),
    'deno-dir/npm/registry.npmjs.org/@babel/core/7.20.0/package.json': manifest('@babel/core', '7.20.0'),
    'root/.cache/yarn/v6/npm-ms-2.0.0-5608aeadfc00be6c2901df5f9861788de0d597c8-integrity/node_modules/ms/package.json':
      manifest('ms', '2.0.0'),
  });
  assert.deepEqual(
    events.flatMap((event) =>
      event.kind === 'package' ? [[event.package.name, event.package.version, event.package.evidence]] : [],
    ),
    [
      ['chalk', '5.3.0', 'installed'],
      ['@babel/core', '7.20.0', 'installed'],
      ['ms', '2.0.0', 'dormant'],
    ],
  );
});
