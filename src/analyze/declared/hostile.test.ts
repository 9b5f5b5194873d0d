import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../core/limits.ts';
import { DeclaredFileError, type DeclaredFormat, type DeclaredItem } from './declared-format.ts';
import { declaredFormats } from './formats.ts';

function formatNamed(name: string): DeclaredFormat {
  const format = declaredFormats.find((one) => one.name === name);
  assert.ok(format !== undefined, name);
  return format;
}

function read(name: string, content: string | Uint8Array): DeclaredItem[] {
  return [...formatNamed(name).read(Buffer.from(content), () => undefined)];
}

function packagesIn(items: readonly DeclaredItem[]): string[] {
  return items.flatMap((item) => (item.kind === 'package' ? [`${item.name}@${item.version}`] : []));
}

const cargoPackage = '[[package]]\nname = "b"\nversion = "1.0.0"\nsource = "registry+x"\n';

/** Content that no format accepts as a complete list of packages. */
const damaged: Readonly<Record<string, string | Uint8Array>> = {
  'NUL bytes': new Uint8Array(64 * 1024),
  'invalid UTF-8': Uint8Array.of(0x7b, 0xff, 0xc0, 0x80, 0x0a),
  'deeply nested brackets': '['.repeat(200_000),
  'deeply nested braces': `x: ${'{"a": '.repeat(100_000)}`,
  'deeply nested lists': `packages:\n${'- '.repeat(100_000)}a`,
  'deeply nested elements': '<project>'.repeat(10_000),
  'an open quote': `"${'\\"'.repeat(200_000)}`,
  'one long word': 'a'.repeat(2_000_000),
  'more bytes than the limit': new Uint8Array(limits.declaredFileBytes + 1).fill(0x20),
};

for (const [kind, content] of Object.entries(damaged))
  test(`lists no package and ends when a file has ${kind}`, () => {
    for (const { name } of declaredFormats) {
      try {
        assert.deepEqual(packagesIn(read(name, content)), [], name);
      } catch (error) {
        assert.ok(error instanceof DeclaredFileError, `${name}: ${String(error)}`);
        assert.ok(error.message.length < 1000, name);
      }
    }
  });

test('refuses a file of packages that is longer than the limit', () => {
  const line = 'a==1.0\n';
  const fits = line.padEnd(limits.declaredFileBytes);
  assert.deepEqual(packagesIn(read('pip-requirements', fits)), ['a@1.0']);
  const toml = `${cargoPackage}#`.padEnd(limits.declaredTomlBytes, 'x');
  assert.deepEqual(packagesIn(read('cargo-lock', toml)), ['b@1.0.0']);
  for (const [name, text] of [
    ['pip-requirements', `${fits} `],
    ['cargo-lock', `${toml}x`],
  ] as const)
    assert.throws(() => read(name, text), {
      name: 'DeclaredFileError',
      message: /^is longer than \d+ bytes; it was not read$/,
    });
});

test('reads a file with a byte order mark', () => {
  const mark = '\u{feff}';
  assert.deepEqual(
    packagesIn(read('npm-lock', `${mark}{"packages":{"node_modules/a":{"version":"1.0.0"}}}`)),
    ['a@1.0.0'],
  );
  assert.deepEqual(packagesIn(read('python-lock', `${mark}[[package]]\nname = "a"\nversion = "1.0"\n`)), [
    'a@1.0',
  ]);
  assert.deepEqual(packagesIn(read('pubspec-lock', `${mark}packages:\n  a:\n    version: "1.0.0"\n`)), [
    'a@1.0.0',
  ]);
  assert.deepEqual(packagesIn(read('pip-requirements', Buffer.from(`${mark}a==1.0\n`, 'utf16le'))), [
    'a@1.0',
  ]);
});

test('lists the other packages when one entry is malformed', () => {
  const npm =
    '{"packages":{"node_modules/a":{"name":{},"version":"1"},"node_modules/b":{"version":"1.0.0"}}}';
  assert.deepEqual(read('npm-lock', npm), [
    { kind: 'problem', problem: 'has a malformed entry "node_modules/a"' },
    { kind: 'package', name: 'b', version: '1.0.0', hashes: [] },
  ]);
  const cargo = `[[package]]\nname = {}\nversion = "1"\n${cargoPackage}`;
  assert.deepEqual(packagesIn(read('cargo-lock', cargo)), ['b@1.0.0']);
});

test('reports a name or version that no package can have', () => {
  const items = read(
    'npm-lock',
    '{"packages":{"node_modules/a b":{"version":"1"},"node_modules/c":{"version":"1\\u001b"}}}',
  );
  assert.deepEqual(items, [
    { kind: 'problem', problem: 'has a package with the name "a b", which is not possible' },
    { kind: 'problem', problem: 'has a package with the version "1\\u001b", which is not possible' },
  ]);
});

test('does not take properties of objects for packages', () => {
  assert.deepEqual(read('npm-lock', '{"packages":{"node_modules/__proto__":{}}}'), [
    { kind: 'unpinned', name: '__proto__', reason: 'has no version' },
  ]);
  assert.deepEqual(
    read('pnpm-lock', "lockfileVersion: '9.0'\npackages:\n  __proto__:\n    version: 1.0.0\n"),
    [],
  );
  assert.deepEqual(
    packagesIn(
      read('pipfile-lock', '{"__proto__":{"a":{"version":"==1"}},"default":{"b":{"version":"==1"}}}'),
    ),
    ['b@1'],
  );
});

test('refuses anchors and aliases of YAML, which could expand without end', () => {
  for (const text of [
    'packages: &a\n  b: *a\n',
    'a: &a [x]\npackages: *a\n',
    'packages: !!python/object x\n',
  ])
    assert.throws(() => read('pubspec-lock', text), {
      name: 'DeclaredFileError',
      message: /anchors, aliases and tags are not read/,
    });
});

test('refuses YAML with more lines than the limit', () => {
  const lines = `packages:\n${'  a:\n'.repeat(limits.declaredYamlLines)}`;
  assert.throws(() => read('pubspec-lock', lines), {
    name: 'DeclaredFileError',
    message: /more than 500000 lines/,
  });
});

test('does not let properties of a pom.xml grow without end', () => {
  const properties = Array.from({ length: 60 }, (_, i) => `<p${i}>${`\${p${i + 1}}`.repeat(9)}</p${i}>`).join(
    '',
  );
  const dependency = `<dependency><groupId>g</groupId><artifactId>a</artifactId><version>\${p0}</version></dependency>`;
  const [item] = read(
    'maven-pom',
    `<project><properties>${properties}</properties><dependencies>${dependency}</dependencies></project>`,
  );
  assert.ok(item?.kind === 'unpinned');
  assert.match(item.reason, /^has no exact version/);
});
