import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ListedPackage } from '../../model/package.ts';
import { checkLister } from '../../plugin/contract/index.ts';
import { pacman } from './pacman.ts';

const database = 'var/lib/pacman/local';
const place = `${database}/openssl-3.3.2-1/desc`;

/** In the form of alpm-db-desc(5), version 2. */
const openssl = `%NAME%
openssl

%VERSION%
3.3.2-1

%BASE%
openssl

%DESC%
The Open Source toolkit for Secure Sockets Layer and Transport Layer Security

%URL%
https://www.openssl-library.org/

%ARCH%
x86_64

%BUILDDATE%
1725379870

%INSTALLDATE%
1725629741

%PACKAGER%
Pierre Schmitz <pierre@archlinux.org>

%SIZE%
12345678

%LICENSE%
Apache-2.0

%VALIDATION%
pgp

%REPLACES%
openssl-perl
openssl-doc

%DEPENDS%
glibc

%OPTDEPENDS%
ca-certificates
perl

%PROVIDES%
libcrypto.so=3-64
libssl.so=3-64

%XDATA%
pkgtype=split

`;

/** Written by pacman 7.0.0 for a package whose description looks like a header. */
const gccLibs = `%NAME%
gcc-libs

%VERSION%
1:14.2.1+r32-1

%BASE%
gcc

%DESC%
%NAME%

%URL%
https://gcc.gnu.org

%ARCH%
x86_64

%BUILDDATE%
1725379870

%INSTALLDATE%
1795632242

%PACKAGER%
Somebody <somebody@example.org>

%SIZE%
4

%LICENSE%
GPL-3.0-or-later

%VALIDATION%
none

%REPLACES%
gcc-libs-multilib

%PROVIDES%
libgo.so=23-64
libasan.so=8-64

%XDATA%
pkgtype=split

`;

function read(content: string | Uint8Array, path = place): { packages: ListedPackage[]; problems: string[] } {
  const listed = [...pacman.list(new Map([[path, Buffer.from(content)]]))];
  assert.ok(listed.every((item) => item.path === path));
  return {
    packages: listed.flatMap((item) => ('package' in item ? [item.package] : [])),
    problems: listed.flatMap((item) => ('problem' in item ? [item.problem] : [])),
  };
}

test('pacman: a directory of the database is a package', () => {
  const source = { name: 'openssl', version: '3.3.2-1' };
  assert.deepEqual(read(openssl), {
    packages: [{ type: 'alpm', name: 'openssl', version: '3.3.2-1', source, arch: 'x86_64' }],
    problems: [],
  });
});

test('pacman: what pacman itself wrote is read', () => {
  const version = '1:14.2.1+r32-1';
  assert.deepEqual(read(gccLibs, `${database}/gcc-libs-${version}/desc`), {
    packages: [{ type: 'alpm', name: 'gcc-libs', version, source: { name: 'gcc', version }, arch: 'x86_64' }],
    problems: [],
  });
});

test('pacman: the source of a package without a base, as in old databases, has its name', () => {
  const text = openssl.replace('%BASE%\nopenssl\n\n', '');
  assert.deepEqual(read(text).packages[0]?.source, { name: 'openssl', version: '3.3.2-1' });
  assert.deepEqual(read(text).problems, []);
});

test('pacman: the line after a header is a value, even if it looks like a header', () => {
  const text = '%DESC%\n%NAME%\n\n%NAME%\nopenssl\n\n%VERSION%\n3.3.2-1\n\n%DESC%\n\n\n%ARCH%\nany\n\n';
  assert.deepEqual(read(text).problems, []);
  assert.equal(read(text).packages[0]?.name, 'openssl');
  assert.equal(read(text).packages[0]?.arch, 'any');
});

test('pacman: damage is told, and what can be read is listed', () => {
  const cases: readonly (readonly [text: string, packages: number, problem: RegExp])[] = [
    ['', 0, /^has no package name$/],
    ['\n\n', 0, /^has no package name$/],
    ['%NAME%', 0, /^ends in the middle of a line/],
    ['%NAME%\nopenssl\n\n', 0, /^package openssl has no version$/],
    ['%NAME%\nopenssl\n\n%VERSION%\n3.3', 1, /^ends in the middle of a line/],
    ['%NAME%\nopen ssl\n\n%VERSION%\n1-1\n\n', 0, /^has an impossible package name "open ssl"$/],
    ['%NAME%\nopenssl\n\n%VERSION%\n\x1b[1m\n\n', 0, /has an impossible version "\\u001b\[1m"$/],
    [`${openssl}%NAME%\nother\n\n`, 1, /^has the section %NAME% more than once; the first stands$/],
    [openssl.replace('3.3.2-1', '3.3.1-1'), 1, /^is about openssl 3\.3\.1-1, unlike its directory$/],
    [openssl.replace('%BASE%\nopenssl', '%BASE%\na b'), 0, /^package openssl has an impossible base "a b"$/],
    [openssl.replace('glibc', 'gl\0bc'), 1, /^holds a NUL byte at offset \d+/],
  ];
  for (const [text, packages, problem] of cases) {
    const found = read(text);
    assert.equal(found.packages.length, packages, JSON.stringify(text));
    assert.match(found.problems[0] ?? '', problem);
  }
});

test('pacman: keeps the contract of a lister', () => {
  const other = `${database}/zlib-1:1.3.1-2/desc`;
  checkLister(pacman, [
    {
      files: { [place]: openssl, [other]: '%NAME%\nzlib\n\n%VERSION%\n1:1.3.1-2\n\n' },
      packages: ['openssl 3.3.2-1', 'zlib 1:1.3.1-2'],
    },
  ]);
});

test('pacman: any content is read without an error', () => {
  const parts = fc.constantFrom('%NAME%', '%VERSION%', '%BASE%', '%%', '%', '\n', 'a', '1-1', '\0', 'é');
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 30 }), (texts) => {
      read(texts.join(''));
    }),
  );
});
