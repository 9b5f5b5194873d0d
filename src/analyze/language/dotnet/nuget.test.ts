import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { corpus, corpusTest } from '../../../testing/corpus.ts';
import { parseDependencyFile } from './deps-json.ts';
import { nugetLister } from './nuget.ts';

const path = 'app/Shop.deps.json';

/** Lists one file: `name version` for a package, else the problem or the kind. */
function list(content: string | Uint8Array, at = path): string[] {
  const listed = nugetLister.list(new Map([[at, Buffer.from(content as Uint8Array)]]));
  return Array.from(listed, (event) => {
    if (event.kind === 'package') return `${event.package.name} ${event.package.version}`;
    return event.kind === 'problem' ? event.problem : event.kind;
  });
}

const asset = { 'lib/net8.0/A.dll': { assemblyVersion: '1.0.0.0' } };

/** A file of these libraries: type, and the members of their target. */
function fileOf(
  libraries: Readonly<Record<string, readonly [type: string, target: object]>>,
  target = '.NETCoreApp,Version=v8.0',
): string {
  const entries = Object.entries(libraries);
  return JSON.stringify({
    runtimeTarget: { name: target, signature: '' },
    targets: { [target]: Object.fromEntries(entries.map(([key, [, members]]) => [key, members])) },
    libraries: Object.fromEntries(
      entries.map(([key, [type]]) => [key, { type, serviceable: true, sha512: '' }]),
    ),
  });
}

test('lists packages with files at run time, not those to compile with and not the application', () => {
  const content = fileOf({
    'Shop/1.0.0': ['project', { runtime: { 'Shop.dll': {} } }],
    'Newtonsoft.Json/13.0.1': ['package', { runtime: asset }],
    'SQLitePCLRaw.lib.e_sqlite3/2.1.4': [
      'package',
      { runtimeTargets: { 'runtimes/linux-x64/native/libe_sqlite3.so': {} } },
    ],
    'runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.1': [
      'runtimepack',
      { native: { 'libcoreclr.so': {} } },
    ],
    'Microsoft.NETCore.Platforms/1.1.0': ['package', { dependencies: { a: '1' } }],
    'NETStandard.Library/2.0.3': ['package', { compile: asset }],
    'System.Empty/4.3.0': ['package', { runtime: { 'lib/net8.0/_._': {} } }],
    'Humanizer.Core.de/2.14.1': ['package', { resources: { 'lib/de/Humanizer.resources.dll': {} } }],
    'Local/1.0.0': ['reference', { runtime: { 'Local.dll': {} } }],
  });
  assert.deepEqual(list(content), [
    'Newtonsoft.Json 13.0.1',
    'SQLitePCLRaw.lib.e_sqlite3 2.1.4',
    'Microsoft.NETCore.App.Runtime.linux-x64 8.0.1',
  ]);
});

test('names a shared framework as advisories do, with the version of its directory', () => {
  const content = fileOf(
    {
      'Microsoft.NETCore.App/3.1.23-servicing.22122.4': ['package', {}],
      'runtime.linux-x64.Microsoft.NETCore.App/3.1.23-servicing.22122.4': ['package', { runtime: asset }],
    },
    '.NETCoreApp,Version=v3.1/linux-x64',
  );
  const framework = 'usr/share/dotnet/shared/Microsoft.NETCore.App/3.1.23/Microsoft.NETCore.App.deps.json';
  assert.deepEqual(list(content, framework), ['Microsoft.NETCore.App.Runtime.linux-x64 3.1.23']);
  const modern = fileOf(
    { 'Microsoft.AspNetCore.App.Runtime.linux-musl-x64/8.0.1': ['package', { runtime: asset }] },
    '.NETCoreApp,Version=v8.0/linux-musl-x64',
  );
  assert.deepEqual(
    list(modern, 'opt/shared/Microsoft.AspNetCore.App/8.0.1/Microsoft.AspNetCore.App.deps.json'),
    ['Microsoft.AspNetCore.App.Runtime.linux-musl-x64 8.0.1'],
  );
});

test('states where the assemblies of a package may be, unless they are merged into one', () => {
  const codePaths = (libraries: Parameters<typeof fileOf>[0]): unknown =>
    [...nugetLister.list(new Map([[path, Buffer.from(fileOf(libraries))]]))].map(
      (event) => event.kind === 'package' && event.package.codePaths,
    );
  const one = { 'A/1.0.0': ['package', { runtime: asset }] } as const;
  assert.deepEqual(codePaths(one), [['app/A.dll', 'app/lib/net8.0/A.dll']]);
  assert.deepEqual(codePaths({ ...one, 'Costura.Fody/5.7.0': ['package', {}] }), [undefined]);
  const mixed = { runtime: asset, native: { 'runtimes/linux-x64/native/a.so': {} } };
  assert.deepEqual(codePaths({ 'A/1.0.0': ['package', mixed] }), [undefined]);
});

test('lists the packages of an application that is one program', () => {
  const content = fileOf({ 'A/1.0.0': ['package', { runtime: asset }], 'Shop/1.0.0': ['project', {}] });
  const list = (text: string) => [
    ...(nugetLister.listProgram?.('app/Shop', new Map([['dotnet-dependencies', Buffer.from(text)]])) ?? []),
  ];
  assert.deepEqual(list(content), [
    {
      kind: 'package',
      path: 'app/Shop',
      package: { type: 'nuget', name: 'A', version: '1.0.0', evidence: 'embedded-in-archive' },
    },
  ]);
  const [problem] = list('{');
  assert.ok(problem?.kind === 'problem' && problem.problem.startsWith('is not JSON'));
  assert.deepEqual([...(nugetLister.listProgram?.('app/Shop', new Map()) ?? [])], []);
});

test('reports an application without packages as read', () => {
  assert.deepEqual(list(fileOf({ 'Shop/1.0.0': ['project', {}] })), ['no-package']);
  assert.deepEqual(list('{}'), ['no-package']);
});

test('reports a file that is no dependency file, and entries without a usable name or version', () => {
  for (const content of ['', 'x', '[]', '{"libraries":{"a/1":7}}', '['.repeat(100_000), '\ufffe{}']) {
    const [problem, ...others] = list(content);
    assert.match(problem ?? '', /^(?:is |exceeds )/, content.slice(0, 20));
    assert.deepEqual(others, []);
  }
  assert.deepEqual(list(`\ufeff${fileOf({ 'A/1': ['package', { runtime: asset }] })}`), ['A 1']);
  const odd = fileOf({
    Shop: ['package', { runtime: asset }],
    'a b/1': ['package', { runtime: asset }],
    '__proto__/1': ['package', { runtime: asset }],
    'B/2': ['package', { runtime: asset }],
  });
  assert.deepEqual(list(odd), [
    'states no usable version of Shop',
    'lists an impossible name "a b"',
    '__proto__ 1',
    'B 2',
  ]);
});

interface Expected {
  readonly file: string;
  readonly parsed?: readonly (readonly [name: string, version?: string])[];
  readonly parse_error?: string;
}

/** Returns the packages of a file that have no files at run time. These are not listed. */
function compileOnly(content: Buffer): string[] {
  const {
    runtimeTarget,
    targets,
    libraries = {},
  } = JSON.parse(content.toString().replace('\ufeff', '')) as {
    runtimeTarget?: { name: string };
    targets?: Record<string, Record<string, Record<string, object>>>;
    libraries?: Record<string, object>;
  };
  const target = targets?.[runtimeTarget?.name ?? ''];
  if (target === undefined) return [];
  const isUsed = (key: string): boolean =>
    ['runtime', 'native', 'runtimeTargets'].some((member) =>
      Object.keys(target[key]?.[member] ?? {}).some((file) => !file.endsWith('/_._')),
    );
  const unused = Object.keys(libraries).filter((key) => !isUsed(key));
  return unused.map((key) => key.replace('/', ' '));
}

corpusTest('dotnet: lists what every dependency file of the corpus states', () => {
  const files = (JSON.parse(readFileSync(corpus('pkgdb/lang/expected.json'), 'utf8')) as Expected[]).filter(
    ({ file }) => file.startsWith('dotnet-deps/'),
  );
  for (const { file, parsed, parse_error: error } of files) {
    const content = readFileSync(corpus(`pkgdb/lang/${file}`));
    if (parsed === undefined || content.length === 0) {
      assert.ok(error !== undefined || content.length === 0, file);
      assert.throws(() => parseDependencyFile(content), { name: 'DependencyFileError' }, file);
      continue;
    }
    const ours = parseDependencyFile(content).packages.map(({ name, version }) => `${name} ${version}`);
    // A list of the `package` libraries lacks the run time that a self-contained application brings.
    const withoutRunTime = ours.filter((row) => !/^Microsoft\.\w+\.App\.Runtime\./.test(row));
    const stated = parsed.map(([name, version = '']) => `${name} ${version}`);
    const unused = compileOnly(content);
    assert.deepEqual(
      withoutRunTime.sort(),
      stated.filter((row) => !unused.includes(row.trim())).sort(),
      file,
    );
  }
  assert.ok(files.length >= 14);
});
