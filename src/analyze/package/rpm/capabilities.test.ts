import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { ListedPackage } from '../../../model/package.ts';
import { corpus, corpusTest } from '../../../testing/corpus.ts';
import { outputOf, toolTest } from '../../../testing/native-tool.ts';
import { writeBdb, writeRpmPackage } from '../../../testing/rpm-writer.ts';
import { rpmLister } from './rpm.ts';

const path = 'var/lib/rpm/Packages';

function list(content: Uint8Array, place = path): ListedPackage[] {
  return [...rpmLister.list(new Map([[place, content]]))].flatMap((item) =>
    item.kind === 'package' ? [item.package] : [],
  );
}

const required = ({ name, requires }: ListedPackage): unknown => [name, requires];

test('rpm: resolves a capability to the packages that provide it, wherever they are in the database', () => {
  const app = writeRpmPackage('app', [
    [
      1049,
      [
        'libc.so.6()(64bit)',
        'libc.so.6(GLIBC_2.34)(64bit)',
        'setup',
        'missing',
        'rpmlib(X)',
        '(a if b)',
        'app',
      ],
    ],
  ]);
  const glibc = writeRpmPackage('glibc', [[1047, ['libc.so.6()(64bit)', 'libc.so.6(GLIBC_2.34)(64bit)']]]);
  const packages = list(writeBdb([app, glibc, writeRpmPackage('setup')]));
  assert.deepEqual(packages.map(required), [
    ['app', ['glibc', 'setup', 'missing']],
    ['glibc', []],
    ['setup', []],
  ]);
});

test('rpm: resolves a required path to the package that owns it', () => {
  const app = writeRpmPackage('app', [[1049, ['/bin/sh', '/usr/sbin/useradd', '/usr/share/x']]]);
  const owner = (name: string, directory: string, file: string): Buffer =>
    writeRpmPackage(name, [
      [1116, [0]],
      [1117, [file]],
      [1118, [directory]],
    ]);
  const packages = list(
    writeBdb([app, owner('bash', '/usr/bin/', 'sh'), owner('shadow', '/usr/sbin/', 'useradd')]),
  );
  assert.deepEqual(packages.map(required)[0], ['app', ['bash', 'shadow', '/usr/share/x']]);
});

test('rpm: lists a package whose requirements have no end, without them', () => {
  const damaged = writeRpmPackage('a', [[1049, ['libc.so.6']]]);
  damaged[damaged.length - 1] = 0x78;
  assert.deepEqual(list(writeBdb([damaged])).map(required), [['a', undefined]]);
});

test('rpm: uses the packager as supplier of a package without a vendor', () => {
  const packages = list(writeBdb([writeRpmPackage('a', [[1015, 'Example <x@example.org>']])]));
  assert.equal(packages[0]?.supplier, 'Example <x@example.org>');
});

corpusTest('rpm: reads a licence and the dependencies of every package of a real database', () => {
  const content = readFileSync(corpus('pkgdb/rpmdb/almalinux-9.0-beta-aarch64-micro/rpmdb.sqlite'));
  const packages = list(content, 'var/lib/rpm/rpmdb.sqlite');
  assert.ok(packages.every(({ licence, requires }) => licence !== undefined && requires !== undefined));
  const bash = packages.find(({ name }) => name === 'bash');
  assert.deepEqual(bash?.requires?.toSorted(), ['filesystem', 'glibc', 'ncurses-libs']);
});

toolTest('rpm', 'rpm: resolves requirements to the packages that rpm names', () => {
  const directory = corpus('pkgdb/rpmdb/almalinux-9.0-beta-aarch64-micro');
  const ask = (...args: string[]): string[] =>
    outputOf('rpm', ['--dbpath', directory, '-q', ...args])
      .trim()
      .split('\n');
  const packages = list(readFileSync(`${directory}/rpmdb.sqlite`), 'var/lib/rpm/rpmdb.sqlite');
  for (const { name, requires = [] } of packages) {
    const names = ask('--qf', '[%{REQUIRENAME}\\n]', name).filter(
      (each) => each !== '' && !/^(?:rpmlib\(|\()/.test(each),
    );
    const met = new Set<string>();
    for (const requirement of new Set(names))
      for (const line of providersOf(directory, requirement)) met.add(line);
    met.delete(name);
    const installed = requires.filter((each) => packages.some((found) => found.name === each));
    assert.deepEqual([name, installed.toSorted()], [name, [...met].sort()]);
  }
});

/** Returns an empty list if rpm says that no package provides it. */
function providersOf(directory: string, requirement: string): string[] {
  try {
    const args = ['--dbpath', directory, '-q', '--qf', '%{NAME}\\n', '--whatprovides', requirement];
    return outputOf('rpm', args).trim().split('\n');
  } catch {
    return [];
  }
}
