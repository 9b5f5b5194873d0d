import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { ListedPackage } from '../../model/package.ts';
import { outputOf, toolTest } from '../../testing/native-tool.ts';
import { pacman } from './pacman.ts';

const local = 'var/lib/pacman/local';

/** Descriptions by the directories they lie in. */
type Database = Readonly<Record<string, string | Uint8Array>>;

function read(database: Database): { packages: ListedPackage[]; problems: string[] } {
  const files = Object.entries(database).map(
    ([directory, content]) => [`${local}/${directory}/desc`, Buffer.from(content)] as const,
  );
  const listed = [...pacman.list(new Map(files))];
  return {
    packages: listed.flatMap((item) => ('package' in item ? [item.package] : [])),
    problems: listed.flatMap((item) => ('problem' in item ? [item.problem] : [])),
  };
}

/** As pacman 7.0.0 wrote it when it installed a package of this content. */
const libelf = `%NAME%
libelf

%VERSION%
0.191-4

%BASE%
elfutils

%DESC%
Handle ELF object files and DWARF debugging information (library)${' '}

%URL%
https://sourceware.org/elfutils/

%ARCH%
x86_64

%BUILDDATE%
1715760000

%INSTALLDATE%
1795641310

%PACKAGER%
Ünal Example <unal@example.org>

%SIZE%
1234

%LICENSE%
LGPL-3.0-or-later OR GPL-2.0-or-later
GPL-3.0-or-later

%VALIDATION%
none

%DEPENDS%
glibc

%OPTDEPENDS%
curl: for debuginfod

%PROVIDES%
libelf.so=1-64

%XDATA%
pkgtype=split

`;

const zlib = '%NAME%\nzlib\n\n%VERSION%\n1:1.3.1-2\n\n';
const zlibOf = (rest: string): Database => ({ 'zlib-1:1.3.1-2': zlib + rest });

test('pacman: a package is listed with its architecture and what it was built from', () => {
  assert.deepEqual(read({ 'libelf-0.191-4': libelf }), {
    packages: [
      {
        type: 'alpm',
        name: 'libelf',
        version: '0.191-4',
        arch: 'x86_64',
        source: { name: 'elfutils', version: '0.191-4' },
        supplier: 'Ünal Example <unal@example.org>',
        licenses: ['LGPL-3.0-or-later OR GPL-2.0-or-later', 'GPL-3.0-or-later'],
        requires: ['glibc'],
        provides: ['libelf.so'],
      },
    ],
    problems: [],
  });
});

test('pacman: a package without a base is built from its own, and one without an architecture has none', () => {
  assert.deepEqual(read(zlibOf('')), {
    packages: [
      {
        type: 'alpm',
        name: 'zlib',
        version: '1:1.3.1-2',
        source: { name: 'zlib', version: '1:1.3.1-2' },
        requires: [],
      },
    ],
    problems: [],
  });
});

test('pacman: names may hold hyphens, and several versions of one may be there', () => {
  const entry = (version: string): string => `%NAME%\nlib32-gcc-libs\n\n%VERSION%\n${version}\n\n`;
  const { packages, problems } = read({
    'lib32-gcc-libs-14.2.1+r32-1': entry('14.2.1+r32-1'),
    'lib32-gcc-libs-14.2.1+r32-2': entry('14.2.1+r32-2'),
  });
  assert.deepEqual(
    packages.map(({ name, version }) => `${name} ${version}`),
    ['lib32-gcc-libs 14.2.1+r32-1', 'lib32-gcc-libs 14.2.1+r32-2'],
  );
  assert.deepEqual(problems, []);
});

test('pacman: the line after the name of a section is its value, and other sections are read over', () => {
  const { packages, problems } = read(
    zlibOf(
      `%DESC%\n%ARCH%\n\n%LICENSE%\n${'x'.repeat(1 << 19)}\nARCH\n%arch%\n\n%BASE%\r\nz\r\n\r\n%ARCH%\r\nany\r\n`,
    ),
  );
  assert.deepEqual([packages[0]?.arch, packages[0]?.source?.name], ['any', 'z']);
  assert.deepEqual(problems, []);
});

/** Descriptions with something wrong; pacman goes by the directory for each. */
const damaged: readonly (readonly [string, string, RegExp])[] = [
  ['zlib-1:1.3.1-2', '', /^has no %NAME%; its directory says zlib, which stands\|has no %VERSION%; its/],
  [
    'zlib-1:1.3.1-2',
    '\0'.repeat(512),
    /^holds a NUL byte at offset 0.*\|ends in the middle of a line.*\|has no/,
  ],
  ['zlib-1:1.3.1-2', '{"not": "pacman"}\n', /^has no %NAME%/],
  ['zlib-1:1.3.1-2', zlib.slice(0, -4), /^ends in the middle of a line.*\|has the %VERSION% "1:1.3.1"; its/],
  ['zlib-1:1.3.1-2', '%NAME%\nzlib\n\n', /^has no %VERSION%; its directory says 1:1.3.1-2, which stands$/],
  ['zlib-1:1.3.1-2', '%NAME%\nzlib\n\n%VERSION%\n', /^has no %VERSION%/],
  ['zlib-1:1.3.1-2', zlib.replace('zlib', 'bash'), /^has the %NAME% "bash"; its directory says zlib/],
  ['zlib-1:1.3.1-2', `${zlib}%NAME%\nbash\n\n`, /^has %NAME% more than once; the first stands$/],
  ['zlib-1:1.3.1-2', `${zlib}%BASE%\nz lib\n\n`, /^has an impossible %BASE% "z lib"$/],
  ['zlib-1:1.3.1-2', `${zlib}%ARCH%\n\u001b[1m\n\n`, /^has an impossible %ARCH% "\\u001b\[1m"$/],
];

test('pacman: a damaged description says what is wrong, and the package is listed all the same', () => {
  for (const [directory, content, problem] of damaged) {
    const { packages, problems } = read({ [directory]: content });
    assert.deepEqual(
      packages.map(({ name, version }) => `${name} ${version}`),
      ['zlib 1:1.3.1-2'],
      content.slice(0, 60),
    );
    assert.match(problems.join('|'), problem);
  }
});

test('pacman: what cannot be read of a description is left out of the package', () => {
  const { packages } = read(zlibOf('%BASE%\nz lib\n\n%ARCH%\nx 86\n\n'));
  assert.deepEqual(packages, [{ type: 'alpm', name: 'zlib', version: '1:1.3.1-2', requires: [] }]);
});

test('pacman: other files are none of its own', () => {
  const others = ['etc/os-release', 'opt/zlib-1-1/desc', `${local}/zlib-1-1/files`];
  assert.deepEqual([...pacman.list(new Map(others.map((path) => [path, Buffer.from(zlib)])))], []);
});

const strayDirectories = ['zlib', 'zlib-2', '-1-1', '.tmp'];

test('pacman: a directory that is named as no package is told and not listed', () => {
  for (const directory of [...strayDirectories, 'z lib-1-1', 'zlib-\u00fc-1']) {
    const { packages, problems } = read({ [directory]: zlib });
    assert.deepEqual(packages, [], directory);
    assert.deepEqual(problems, [
      `lies in a directory that names no package and version: ${JSON.stringify(directory)}`,
    ]);
  }
});

toolTest('pacman', 'pacman: what is listed is what pacman holds to be installed', (root) => {
  const databases: Database[] = [
    { 'libelf-0.191-4': libelf, ...zlibOf('%ARCH%\nany\n\n') },
    ...damaged.map(([directory, content]) => ({ [directory]: content })),
    { 'zlib--1': zlib },
    { 'zlib-1-': zlib },
    ...strayDirectories.map((directory) => ({ [directory]: zlib, 'libelf-0.191-4': libelf })),
  ];
  for (const [index, database] of databases.entries()) {
    const place = join(root, String(index));
    mkdirSync(join(place, 'sync'), { recursive: true });
    for (const [path, content] of Object.entries({ ALPM_DB_VERSION: '9\n', ...descriptions(database) })) {
      mkdirSync(dirname(join(place, 'local', path)), { recursive: true });
      writeFileSync(join(place, 'local', path), content);
    }
    assert.deepEqual(
      read(database).packages.map(({ name, version }) => `${name} ${version}`),
      outputOf('pacman', ['--query', '--dbpath', place]).trim().split('\n'),
    );
  }
});

function descriptions(database: Database): Database {
  return Object.fromEntries(
    Object.entries(database).map(([directory, content]) => [`${directory}/desc`, content]),
  );
}
