import assert from 'node:assert/strict';
import { test } from 'node:test';
import { declaredFormats } from './formats.ts';

/** Returns the items of a text: `name@version`, `name: reason`, or `problem: text`. */
function read(name: string, text: string): string[] {
  const format = declaredFormats.find((one) => one.name === name);
  assert.ok(format !== undefined, name);
  return Array.from(
    format.read(Buffer.from(text), () => undefined),
    (item) => {
      if (item.kind === 'problem') return `problem: ${item.problem}`;
      return item.kind === 'package' ? `${item.name}@${item.version}` : `${item.name}: ${item.reason}`;
    },
  );
}

/** Hashes of no bytes, in hexadecimal digits and in base64. */
const [sha1, sha256] = [
  'da39a3ee5e6b4b0d3255bfef95601890afd80709',
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
];
const sha512 =
  'cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e';
const base64 = Buffer.from(sha512, 'hex').toString('base64');

test('reads the hashes of archives from lock files', () => {
  const integrity = `sha512-${base64}`;
  const texts: Readonly<Record<string, readonly [text: string, hash: string]>> = {
    'npm-lock': [
      JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0', integrity } } }),
      `sha512:${sha512}`,
    ],
    'yarn-lock': [`a@^1:\n  version "1.0.0"\n  integrity ${integrity}\n`, `sha512:${sha512}`],
    'pnpm-lock': [
      `lockfileVersion: '9.0'\npackages:\n  a@1.0.0:\n    resolution: {integrity: ${integrity}}\n`,
      `sha512:${sha512}`,
    ],
    'bun-lock': [
      JSON.stringify({ lockfileVersion: 1, packages: { a: ['a@1.0.0', '', {}, integrity] } }),
      `sha512:${sha512}`,
    ],
    'cargo-lock': [
      `[[package]]\nname = "a"\nversion = "1.0.0"\nsource = "registry+https://x"\nchecksum = "${sha256}"\n`,
      `sha256:${sha256}`,
    ],
    'nuget-lock': [
      JSON.stringify({
        dependencies: { net8: { a: { type: 'Direct', resolved: '1.0.0', contentHash: base64 } } },
      }),
      `sha512:${sha512}`,
    ],
    'composer-lock': [
      JSON.stringify({ packages: [{ name: 'a/a', version: '1.0.0', dist: { shasum: sha1 } }] }),
      `sha1:${sha1}`,
    ],
  };
  for (const [name, [text, hash]] of Object.entries(texts)) {
    const format = declaredFormats.find((one) => one.name === name);
    const items = [...(format?.read(Buffer.from(text), () => undefined) ?? [])];
    assert.deepEqual(
      items.map((item) => item.kind === 'package' && item.hashes),
      [[hash]],
      name,
    );
  }
  const old = { dependencies: { a: { version: '1.0.0', integrity: 'sha512-AAAA', dependencies: {} } } };
  assert.deepEqual(
    [
      ...(declaredFormats
        .find((one) => one.name === 'npm-lock')
        ?.read(Buffer.from(JSON.stringify(old)), () => undefined) ?? []),
    ],
    [{ kind: 'package', name: 'a', version: '1.0.0', hashes: [] }],
  );
});

test('lists packages of Rebar by their names in Hex', () => {
  const text =
    '{"1.2.0",\n[{<<"app">>,{pkg,<<"hex_app">>,<<"1.0.0">>},0},\n {<<"b">>,{git,"https://h.example/b",{ref,"x"}},1}]}.\n[\n{pkg_hash,[\n {<<"app">>, <<"00">>}]}\n].\n';
  assert.deepEqual(read('rebar-lock', text), [
    'hex_app@1.0.0',
    'b: comes from "https://h.example/b", not from a registry',
  ]);
});

test('reads comments and trailing commas of bun.lock, but none within text', () => {
  const text =
    '{ // a\n "lockfileVersion": 1, /* b, } */\n "packages": {\n "a": ["a@1.0.0", "//,}", {}],\n "b": ["b@2.0.0",],\n }, }\n';
  assert.deepEqual(read('bun-lock', text), ['a@1.0.0', 'b@2.0.0']);
});

test('resolves versions of a pom.xml from its properties, its parent and its managed dependencies', () => {
  const dependency = (artifact: string, version: string): string =>
    `<dependency><groupId>g</groupId><artifactId>${artifact}</artifactId>${version === '' ? '' : `<version>${version}</version>`}</dependency>`;
  const place = (name: string): string => `\${${name}}`;
  const text = `<?xml version="1.0" encoding="ISO-8859-1"?><project>
    <parent><groupId>p</groupId><artifactId>p</artifactId><version>3.0</version></parent>
    <properties><a.version>1.0</a.version><b.version>${place('a.version')}.1</b.version></properties>
    <dependencyManagement><dependencies>${dependency('c', '2.0')}</dependencies></dependencyManagement>
    <dependencies>${[
      dependency('a', place('a.version')),
      dependency('b', place('b.version')),
      dependency('c', ''),
      dependency('d', place('project.parent.version')),
      dependency('e', ''),
      dependency('f', '[1.0,2.0)'),
      dependency('g', '[4.0]'),
      dependency('h', place('unknown')),
    ].join('')}</dependencies></project>`;
  assert.deepEqual(read('maven-pom', text), [
    ...['g:a@1.0', 'g:b@1.0.1', 'g:c@2.0', 'g:d@3.0'],
    'g:e: has its version in another file',
    'g:f: has no exact version ("[1.0,2.0)")',
    'g:g@4.0',
    `g:h: has no exact version ("${place('unknown')}")`,
  ]);
});

test('reads exact versions of NuGet, and names those of properties and ranges', () => {
  const props =
    '<Project><ItemGroup><PackageVersion Include="A" Version="1.0.0" /><PackageVersion Include="B" Version="$(V)" /></ItemGroup></Project>';
  assert.deepEqual(read('packages-props', props), ['A@1.0.0', 'B: has no exact version ("$(V)")']);
  assert.deepEqual(read('packages-config', '<packages><package id="A" version="1.0.0" /></packages>'), [
    'A@1.0.0',
  ]);
});

test('lists the release of Go that a go.mod names, and no version of the language', () => {
  const goMod = (lines: string): string[] => read('go-mod', `module example.org/a\n${lines}\n`);
  assert.deepEqual(goMod('go 1.22.5'), ['stdlib@1.22.5']);
  assert.deepEqual(goMod('go 1.22.0\ntoolchain go1.23.6-custom'), ['stdlib@1.23.6']);
  assert.deepEqual(goMod('go 1.22'), []);
  assert.deepEqual(goMod('toolchain default'), []);
});

test('reads requirements as pip does', () => {
  const lines: Readonly<Record<string, readonly string[]>> = {
    'A.b_c[x, y] == 1.0 ; python_version < "3.8"': ['A.b_c@1.0'],
    'a===1.0+local --hash=sha256:00': ['a@1.0+local'],
    'a==1.0,>0.9': ['a@1.0'],
    'a==1.*': ['a: has no exact version ("==1.*")'],
    'a @ https://h.example/a.whl#sha256=00': [
      'a: comes from "https://h.example/a.whl#sha256=00", not from a registry',
    ],
    'a==1.0 \\': ['a@1.0'],
    'https://h.example/a.whl': ['a package: comes from "https://h.example/a.whl", not from a registry'],
    'git+https://h.example/a': ['a package: comes from "git+https://h.example/a", not from a registry'],
    '-e .': [],
    '-r requirements-dev.txt': [],
    '-c constraints.txt': [],
    '--index-url https://h.example/simple': [],
    '-r other.in': ['"other.in": is included, but was not read'],
    './wheels/a.whl': [],
    '{{ template }}': ['problem: has a line that is not a requirement: "{{ template }}"'],
  };
  for (const [line, expected] of Object.entries(lines))
    assert.deepEqual(read('pip-requirements', `${line}\n`), expected, line);
});

test('lists a pnpm package by the name and version in its key, in each version of the format', () => {
  for (const [version, key] of [
    ['5.4', '/@s/a/1.0.0_b@2.0.0'],
    ['5.4', 'registry.example.org/@s/a/1.0.0'],
    ['6.0', '/@s/a@1.0.0(b@2.0.0)(c@3.0.0)'],
    ['9.0', '@s/a@1.0.0'],
  ])
    assert.deepEqual(
      read('pnpm-lock', `lockfileVersion: '${version}'\npackages:\n  '${key}':\n    dev: true\n`),
      ['@s/a@1.0.0'],
      key,
    );
});

test('names the address of a pnpm package that is from no registry', () => {
  const address = 'https://codeload.github.com/o/a/tar.gz/0d1f';
  assert.deepEqual(read('pnpm-lock', `lockfileVersion: '9.0'\npackages:\n  a@${address}:\n    dev: true\n`), [
    `a: comes from "${address}", not from a registry`,
  ]);
});

test('names an item of a list that is no package by its number, from 1', () => {
  assert.deepEqual(read('podfile-lock', 'PODS:\n  - A (1.0)\n  - {}\n'), [
    'A@1.0',
    'problem: has a malformed entry "pod 2"',
  ]);
});
