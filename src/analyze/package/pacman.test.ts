import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { ListedPackage } from '../../model/package.ts';
import { outputOf, toolTest } from '../../testing/native-tool.ts';
import { pacmanLister } from './pacman.ts';

const local = 'var/lib/pacman/local';

/** Descriptions by directory. */
type Database = Readonly<Record<string, string | Uint8Array>>;

function read(database: Database): { packages: ListedPackage[]; problems: string[] } {
  const files = Object.entries(database).map(
    ([directory, content]) => [`${local}/${directory}/desc`, Buffer.from(content)] as const,
  );
  const listed = [...pacmanLister.list(new Map(files))];
  return {
    packages: listed.flatMap((item) => (item.kind === 'package' ? [item.package] : [])),
    problems: listed.flatMap((item) => (item.kind === 'problem' ? [item.problem] : [])),
  };
}

/** As pacman 7.0.0 wrote it when it installed such a package. */
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

test('pacman: lists a package with its architecture and source', () => {
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

test('pacman: uses the package as its source without a base, and lists no architecture without one', () => {
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

test('pacman: accepts hyphens in names, and several versions of one package', () => {
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

test('pacman: reads the line after a section name as its value, and ignores other sections', () => {
  const { packages, problems } = read(
    zlibOf(
      `%DESC%\n%ARCH%\n\n%LICENSE%\n${'x'.repeat(1 << 19)}\nARCH\n%arch%\n\n%BASE%\r\nz\r\n\r\n%ARCH%\r\nany\r\n`,
    ),
  );
  assert.deepEqual([packages[0]?.arch, packages[0]?.source?.name], ['any', 'z']);
  assert.deepEqual(problems, []);
});

/** Invalid descriptions. pacman uses the directory for each. */
const damaged: readonly (readonly [string, string, RegExp])[] = [
  ['zlib-1:1.3.1-2', '', /^has no %NAME%; uses zlib from the name of its directory\|has no %VERSION%; uses/],
  [
    'zlib-1:1.3.1-2',
    '\0'.repeat(512),
    /^holds a NUL byte at offset 0.*\|ends in the middle of a line.*\|has no/,
  ],
  ['zlib-1:1.3.1-2', '{"not": "pacman"}\n', /^has no %NAME%/],
  ['zlib-1:1.3.1-2', zlib.slice(0, -4), /^ends in the middle of a line.*\|has the %VERSION% "1:1.3.1"; uses/],
  ['zlib-1:1.3.1-2', '%NAME%\nzlib\n\n', /^has no %VERSION%; uses 1:1.3.1-2 from the name of its directory$/],
  ['zlib-1:1.3.1-2', '%NAME%\nzlib\n\n%VERSION%\n', /^has no %VERSION%/],
  ['zlib-1:1.3.1-2', zlib.replace('zlib', 'bash'), /^has the %NAME% "bash"; uses zlib from the name/],
  ['zlib-1:1.3.1-2', `${zlib}%NAME%\nbash\n\n`, /^has %NAME% more than once; the first one counts$/],
  ['zlib-1:1.3.1-2', `${zlib}%BASE%\nz lib\n\n`, /^has an impossible %BASE% "z lib"$/],
  ['zlib-1:1.3.1-2', `${zlib}%ARCH%\n\u001b[1m\n\n`, /^has an impossible %ARCH% "\\u001b\[1m"$/],
];

test('pacman: reports what is wrong in a damaged description, and lists the package', () => {
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

test('pacman: omits the fields of a description that cannot be read', () => {
  const { packages } = read(zlibOf('%BASE%\nz lib\n\n%ARCH%\nx 86\n\n'));
  assert.deepEqual(packages, [{ type: 'alpm', name: 'zlib', version: '1:1.3.1-2', requires: [] }]);
});

test('pacman: ignores other files', () => {
  const others = ['etc/os-release', 'opt/zlib-1-1/desc', `${local}/zlib-1-1/files`];
  assert.deepEqual([...pacmanLister.list(new Map(others.map((path) => [path, Buffer.from(zlib)])))], []);
});

const strayDirectories = ['zlib', 'zlib-2', '-1-1', '.tmp'];

test('pacman: reports a directory that does not name a package, and does not list it', () => {
  for (const directory of [...strayDirectories, 'z lib-1-1', 'zlib-\u00fc-1']) {
    const { packages, problems } = read({ [directory]: zlib });
    assert.deepEqual(packages, [], directory);
    assert.deepEqual(problems, [
      `is in a directory that is not named after a package and version: ${JSON.stringify(directory)}`,
    ]);
  }
});

toolTest('pacman', 'pacman: lists what pacman considers installed', (root) => {
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

test('pacman: lists the programs and libraries that a package owns, and no other files', () => {
  const files = new Map([
    [`${local}/bash-5.2.037-1/desc`, '%NAME%\nbash\n\n%VERSION%\n5.2.037-1\n\n'],
    [
      `${local}/bash-5.2.037-1/files`,
      '%FILES%\netc/\netc/bash.bashrc\nusr/\nusr/bin/\nusr/bin/bash\nusr/bin/sh\nusr/lib/bash/fdflags\nusr/share/man/man1/bash.1.gz\n\n%BACKUP%\nusr/bin/backup\tabc\n',
    ],
    [`${local}/odd/files`, '%FILES%\nusr/bin/odd\n'],
    [`${local}/empty-1-1/files`, ''],
  ]);
  const input = new Map(Array.from(files, ([path, text]) => [path, Buffer.from(text)]));
  const owned = [...pacmanLister.list(input)].filter(({ kind }) => kind === 'owned-files');
  assert.deepEqual(owned, [
    {
      kind: 'owned-files',
      path: `${local}/bash-5.2.037-1/files`,
      owner: 'bash',
      files: ['usr/bin/bash', 'usr/bin/sh', 'usr/lib/bash/fdflags'],
    },
  ]);
});
