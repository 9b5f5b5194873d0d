import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { limits } from '../../core/limits.ts';
import type { ListedPackage } from '../../model/package.ts';
import type { ListerEvent } from '../../plugin/package-lister.ts';
import { corpus, corpusTest } from '../../testing/corpus.ts';
import { outputOf, toolTest } from '../../testing/native-tool.ts';
import { dpkgLister } from './dpkg.ts';

const status = 'var/lib/dpkg/status';

function read(
  content: string | Uint8Array,
  path = status,
): { packages: ListedPackage[]; problems: string[] } {
  const listed = [...dpkgLister.list(new Map([[path, Buffer.from(content)]]))];
  return {
    packages: listed.flatMap((item) => (item.kind === 'package' ? [item.package] : [])),
    problems: listed.flatMap((item) => (item.kind === 'problem' ? [item.problem] : [])),
  };
}

function brief(packages: readonly ListedPackage[]): string[] {
  return packages.map(({ name, version, arch = '', source }) =>
    [name, version, arch, source?.name, source?.version].join(' '),
  );
}

interface Expected {
  readonly file: string;
  readonly list: readonly {
    readonly name: string;
    readonly version: string;
    readonly arch: string;
    readonly installed: boolean;
    readonly status: string;
    readonly source: string;
    readonly source_version: string;
  }[];
}

corpusTest('dpkg: lists the expected packages of every database of the corpus', () => {
  const databases = JSON.parse(readFileSync(corpus('pkgdb/dpkg/expected.json'), 'utf8')) as Expected[];
  for (const { file, list } of databases) {
    if (file.endsWith('.md5sums')) continue;
    // The files of unpacked and half-installed packages are present, too.
    const installed = list.filter(
      ({ installed, status, version }) =>
        (installed || /unpacked$|half-installed$/.test(status)) && version !== '',
    );
    const expected = installed.map((item) =>
      [item.name, item.version, item.arch, item.source, item.source_version].join(' '),
    );
    const { packages, problems } = read(readFileSync(corpus(`pkgdb/${file}`)));
    assert.deepEqual(brief(packages), [...new Set(expected)], file);
    const withoutVersion = list.filter((item) => item.name !== '' && item.version === '').length;
    assert.equal(
      problems.filter((problem) => problem.endsWith('has no Version field')).length,
      withoutVersion,
      file,
    );
  }
  assert.ok(databases.length > 30);
});

function owned(path: string, owner: string, files: readonly string[]): ListerEvent {
  return { kind: 'owned-files', path, owner, files };
}

test('dpkg: reads the source package with its own version, or uses the package itself', () => {
  const { packages } = read(
    'Package: gcc\nVersion: 4:14.2.0-1\nSource: gcc-defaults (1.220)\n\n' +
      'Package: libc6\nVersion: 2.41-12\nSource: glibc\n\nPackage: bash\nVersion: 5.2\n',
  );
  assert.deepEqual(
    packages.map(({ source }) => source),
    [
      { name: 'gcc-defaults', version: '1.220' },
      { name: 'glibc', version: '2.41-12' },
      { name: 'bash', version: '5.2' },
    ],
  );
});

test('dpkg: lists held packages, but not removed ones', () => {
  const entries = [
    'deinstall ok config-files',
    'purge ok not-installed',
    'hold ok installed',
    'install ok triggers-pending',
  ];
  const text = entries.map((state, index) => `Package: p${index}\nStatus: ${state}\nVersion: 1\n\n`).join('');
  const { packages, problems } = read(text);
  assert.deepEqual([packages.map(({ name }) => name), problems], [['p2', 'p3'], []]);
});

test('dpkg: lists a package during installation, since its files are present', () => {
  for (const state of ['unpacked', 'half-installed', 'half-configured', 'triggers-awaited']) {
    const { packages, problems } = read(`Package: a\nStatus: install ok ${state}\nVersion: 1\n`);
    assert.deepEqual([brief(packages), problems], [['a 1  a 1'], []], state);
  }
});

test('dpkg: reports a package of an unknown state', () => {
  const { packages, problems } = read('Package: a\nStatus: install ok packed\nVersion: 1\n');
  assert.deepEqual(
    [packages, problems],
    [[], ['package a 1 is not listed: its status is "install ok packed"']],
  );
});

test('dpkg: lists two architectures as two packages, and the same entry twice as one', () => {
  const entry = (arch: string): string => `Package: libc6\nVersion: 2.41\nArchitecture: ${arch}\n\n`;
  assert.equal(read(entry('amd64') + entry('i386') + entry('amd64')).packages.length, 2);
});

test('dpkg: reads one package per file of status.d, and ignores companion files', () => {
  const files = new Map([
    ['var/lib/dpkg/status.d/libssl1.1', Buffer.from('Package: libssl1.1\nVersion: 1.1.1')],
    ['var/lib/dpkg/status.d/libssl1.1.md5sums', Buffer.from('d41d8cd98f00b204e9800998ecf8427e  usr/lib/x\n')],
    ['var/lib/dpkg/status.d/libssl1.1.preinst', Buffer.from('#!/bin/sh\n')],
    ['etc/os-release', Buffer.from('ID=debian\n')],
  ]);
  assert.deepEqual(
    [...dpkgLister.list(files)],
    [
      {
        kind: 'package',
        path: 'var/lib/dpkg/status.d/libssl1.1',
        package: {
          type: 'deb',
          name: 'libssl1.1',
          version: '1.1.1',
          source: { name: 'libssl1.1', version: '1.1.1' },
          requires: [],
        },
      },
      owned('var/lib/dpkg/status.d/libssl1.1.md5sums', 'libssl1.1', ['usr/lib/x']),
    ],
  );
});

test('dpkg: lists diversions of three lines each', () => {
  const path = 'var/lib/dpkg/diversions';
  const content = Buffer.from('/bin/sh\n/bin/sh.distrib\ndash\n/sbin/init\n/sbin/init.real\n:\n/cut\n');
  assert.deepEqual(
    [...dpkgLister.list(new Map([[path, content]]))],
    [
      { kind: 'diversion', path, diversion: { from: 'bin/sh', to: 'bin/sh.distrib', by: 'dash' } },
      { kind: 'diversion', path, diversion: { from: 'sbin/init', to: 'sbin/init.real', by: ':' } },
    ],
  );
});

test('dpkg: owns the files of a list, but not the directories', () => {
  const list = '/.\n/usr\n/usr/lib\n/usr/lib/tool\n/usr/lib/tool/run\n/usr/lib/tool2\n';
  assert.deepEqual(ownedIn({ 'var/lib/dpkg/info/a.list': list }), [
    owned('var/lib/dpkg/info/a.list', 'a', ['usr/lib/tool/run', 'usr/lib/tool2']),
  ]);
});

test('dpkg: lists maintainer and relations without versions and architectures', () => {
  const [{ supplier, requires, provides } = {}] = read(
    [
      ...['Package: mutt', 'Version: 2.2', 'Maintainer: Mutt <mutt@example.org>'],
      'Depends: libc6 (>= 2.34), default-mta | mail-transport-agent, python3:any, libc6 (<< 3)',
      ...['Pre-Depends: dpkg (>= 1.14)', 'Provides: imap-client, mail-reader (= 2.2)', ''],
    ].join('\n'),
  ).packages;
  assert.equal(supplier, 'Mutt <mutt@example.org>');
  assert.deepEqual(requires, ['dpkg', 'libc6', 'default-mta|mail-transport-agent', 'python3']);
  assert.deepEqual(provides, ['imap-client', 'mail-reader']);
});

test('dpkg: reports no problem for a repeated Depends, and assesses the package', () => {
  const { packages, problems } = read('Package: a\nVersion: 1\nDepends: b\nDepends: c\n');
  assert.deepEqual([packages[0]?.requires, problems], [['b'], []]);
});

test('dpkg: omits the cut name of relations that are too long', () => {
  const names = Array.from({ length: 500 }, (_, i) => `library-${i}`);
  const [{ requires = [] } = {}] = read(`Package: a\nVersion: 1\nDepends: ${names.join(', ')}\n`).packages;
  assert.deepEqual(requires, names.slice(0, requires.length));
  assert.ok(requires.length > 200);
});

toolTest('dpkg-query', 'dpkg: lists the suppliers and relations that dpkg prints on this machine', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is dpkg's format
  const format = '${Package}\\t${Maintainer}\\t${Pre-Depends}, ${Depends}\\n';
  const printed = outputOf('dpkg-query', ['-W', '-f', format]).trimEnd().split('\n').sort();
  const content = readFileSync('/var/lib/dpkg/status');
  const packages = new Map(read(content).packages.map((found) => [found.name, found]));
  let compared = 0;
  for (const line of printed) {
    const [name = '', maintainer, relations = ''] = line.split('\t');
    const found = packages.get(name);
    if (found === undefined || relations.length > 3900) continue;
    const names = relations
      .split(', ')
      .flatMap((each) => each.replaceAll(/ ?\([^)]*\)|:[a-z]+/g, '').replaceAll(' | ', '|') || []);
    assert.deepEqual([name, found.supplier, found.requires], [name, maintainer, [...new Set(names)]]);
    compared++;
  }
  assert.ok(compared > 50);
});

test('dpkg: continues the list after a line of a megabyte', () => {
  const { packages } = read(
    `Package: a\nConffiles: ${'x'.repeat(1 << 20)}\nVersion: 1\n\nPackage: b\nVersion: 2\n`,
  );
  assert.equal(packages.length, 2);
});

test('dpkg: accepts Latin-1 bytes in a maintainer, and reports only the package with such a name', () => {
  const { packages, problems } = read(
    Buffer.from('Package: a\nMaintainer: J\xfcrgen\nVersion: 1\n\nPackage: b\xfc\nVersion: 1\n', 'latin1'),
  );
  assert.deepEqual(
    [brief(packages), problems],
    [['a 1  a 1'], ['entry 2 has an impossible package name "b\ufffd"']],
  );
});

test('dpkg: reports no damage of an empty status file, which Fedora ships with dpkg', () => {
  assert.deepEqual(read(''), { packages: [], problems: [] });
});

test('dpkg: reports what is wrong in a damaged file and lists the rest', () => {
  const entry = 'Package: a\nVersion: 1\n\n';
  const cases: readonly (readonly [string, number, RegExp])[] = [
    ['\0'.repeat(4096), 0, /^holds a NUL byte at offset 0/],
    [`${entry}\0\0\0${entry}`, 1, /^holds a NUL byte at offset 23/],
    [`${entry}Package: b\nVersion: 1.2`, 2, /^ends in the middle of a line/],
    [`${entry}Package: b\n`, 1, /^package b has no Version field/],
    [`${entry}Version: 1\n`, 1, /^entry 2 has no Package field/],
    [`${entry}Package: b\nVersion: 1\nVersion: 2\n`, 2, /^entry 2 has the field Version more than once/],
    [`${entry}Package: b\nVersion: 1\nSource: b c\n`, 1, /^package b has an unreadable Source field/],
    [`${entry}Package: b\nVersion: 1\nSource: b (\n`, 1, /^package b has an unreadable Source field/],
    [`${entry}Package: b\nVersion: 1\nSource: b c (1)\n`, 1, /^package b has an unreadable Source field/],
    [`${entry}Package: b\nVersion: 1\nSource: b (1 2)\n`, 1, /^package b has an unreadable Source field/],
    [`${entry}Package: b\nVersion: 1 2\n`, 1, /^package b has an impossible version "1 2"/],
    ['<html>not found</html>\n', 0, /^holds no package entry/],
  ];
  for (const [content, count, problem] of cases) {
    const { packages, problems } = read(content);
    assert.equal(packages.length, count, content.slice(0, 40));
    assert.match(problems[0] ?? '', problem);
  }
});

test('dpkg: limits the problems and packages of a hostile file', () => {
  const { problems } = read('Package: a\n\n'.repeat(1000));
  assert.equal(problems.length, limits.problemsPerFile + 1);
  assert.equal(problems.at(-1), 'has 980 more problems of the kinds above');
  const problemsOf = (count: number): string[] => read('Package: a\n\n'.repeat(count)).problems;
  assert.equal(problemsOf(limits.problemsPerFile).length, limits.problemsPerFile);
  assert.equal(problemsOf(limits.problemsPerFile + 1).at(-1), 'has 1 more problems of the kinds above');
  const many = Array.from(
    { length: limits.packagesPerFile + 5 },
    (_, index) => `Package: p${index}\nVersion: 1\n\n`,
  );
  const hostile = read(many.join(''));
  assert.equal(hostile.packages.length, limits.packagesPerFile);
  assert.match(hostile.problems[0] ?? '', /^has more than 20000 entries; the rest was not read/);
});

function ownedIn(files: Readonly<Record<string, string>>): ListerEvent[] {
  const bytes = Object.entries(files).map(([path, content]) => [path, Buffer.from(content)] as const);
  return [...dpkgLister.list(new Map(bytes))].filter((item) => 'files' in item);
}

test('dpkg: reads owners from lists of files, whether or not the status is in the same layer', () => {
  assert.deepEqual(
    ownedIn({
      'var/lib/dpkg/info/python3-six.list': '/.\n/usr\n/usr/lib/python3/dist-packages/six.egg-info\n',
      'var/lib/dpkg/info/libc-bin:amd64.list': '/usr/bin\n/usr/bin/ldd\n/usr/bin/caf\u00e9\n/etc/ld.so.conf',
      'var/lib/dpkg/info/libc6:amd64.list': '/.\n/lib\n/lib/libc.so.6\n',
    }),
    [
      owned('var/lib/dpkg/info/python3-six.list', 'python3-six', [
        'usr/lib/python3/dist-packages/six.egg-info',
      ]),
      owned('var/lib/dpkg/info/libc-bin:amd64.list', 'libc-bin', ['usr/bin/ldd', 'usr/bin/caf\u00e9']),
      owned('var/lib/dpkg/info/libc6:amd64.list', 'libc6', ['lib/libc.so.6']),
    ],
  );
});

test('dpkg: ignores a list whose name is not a package, and accepts unusual paths', () => {
  assert.deepEqual(
    ownedIn({
      'var/lib/dpkg/info/.list': '/usr/bin/x\n',
      'var/lib/dpkg/info/a b.list': '/usr/bin/x\n',
      'var/lib/dpkg/info/ok.list': '//usr//bin/./a\n/usr/bin/\n/../bin/b\n',
    }),
    [owned('var/lib/dpkg/info/ok.list', 'ok', ['usr/bin/a', 'usr/bin', 'bin/b'])],
  );
});

test('dpkg: removes control characters of a damaged entry from the report', () => {
  const { problems } = read('Package: a\u009b31m\nVersion: 1\n');
  assert.deepEqual(problems, ['entry 1 has an impossible package name "a\\u009b31m"']);
});

test('dpkg: reads owners in distroless images from checksums, by the name in the entry beside them', () => {
  const sum = 'd41d8cd98f00b204e9800998ecf8427e';
  const checksums = `${sum}  usr/bin/openssl\n${sum}  usr/share/doc/openssl/README\n`;
  const owners = (files: Record<string, string>) =>
    ownedIn(files).map((item) => (item.kind === 'owned-files' ? [item.owner, ...item.files] : []));
  assert.deepEqual(
    owners({
      'var/lib/dpkg/status.d/b3BlbnNzbA': 'Package: openssl\nVersion: 3.0.11\n',
      'var/lib/dpkg/status.d/b3BlbnNzbA.md5sums': checksums,
    }),
    [['openssl', 'usr/bin/openssl']],
  );
  assert.deepEqual(owners({ 'var/lib/dpkg/status.d/open ssl.md5sums': checksums }), []);
  assert.deepEqual(owners({ 'var/lib/dpkg/status.d/openssl.md5sums': checksums }), [
    ['openssl', 'usr/bin/openssl'],
  ]);
});

toolTest('dpkg-deb', 'dpkg: owns what dpkg -L prints for an installed package', (directory) => {
  const files = [
    'usr/bin/tool',
    'usr/share/java/a.jar',
    'usr/share/doc/tool/README',
    'usr/lib/node_modules/a/package.json',
  ];
  const tree = join(directory, 'tree');
  const root = join(directory, 'root');
  for (const file of [...files, 'DEBIAN/control']) {
    mkdirSync(join(tree, file, '..'), { recursive: true });
    writeFileSync(join(tree, file), 'x');
  }
  const fields = {
    Package: 'tool',
    Version: '1',
    Architecture: 'all',
    Maintainer: 'A <a@example.org>',
    Description: 'x',
  };
  writeFileSync(
    join(tree, 'DEBIAN/control'),
    Object.entries(fields)
      .map(([name, value]) => `${name}: ${value}\n`)
      .join(''),
  );
  outputOf('dpkg-deb', ['--build', '--root-owner-group', tree, `${directory}/tool.deb`]);
  for (const name of ['info', 'updates', 'triggers'])
    mkdirSync(join(root, 'var/lib/dpkg', name), { recursive: true });
  for (const name of ['status', 'available']) writeFileSync(join(root, 'var/lib/dpkg', name), '');
  const options = [`--root=${root}`, '--force-not-root', '--force-bad-path', '--log=/dev/null'];
  outputOf('dpkg', [...options, '-i', `${directory}/tool.deb`]);
  const printed = outputOf('dpkg', [...options, '-L', 'tool'])
    .split('\n')
    .map((line) => line.slice(1));
  const info = join(root, 'var/lib/dpkg/info');
  const lists: Record<string, string> = {};
  for (const name of readdirSync(info).filter((file) => file.endsWith('.list')))
    lists[`var/lib/dpkg/info/${name}`] = readFileSync(join(info, name), 'utf8');
  const [listed] = ownedIn(lists);
  assert.ok(listed !== undefined && 'files' in listed);
  const isCode = (file: string): boolean => files.includes(file) && !file.endsWith('README');
  assert.deepEqual([listed.owner, ...listed.files], ['tool', ...printed.filter(isCode)]);
});

test('dpkg: reports a field repeated a million times once', () => {
  const { problems } = read('Package: a\n'.repeat(1_000_000));
  assert.deepEqual(problems, [
    'package a has no Version field',
    'entry 1 has the field Package more than once; the first one counts',
  ]);
});

test('dpkg: reads a list of empty lines in linear time', () => {
  // Searching for a slash before each of them would take eight minutes.
  const list = Buffer.alloc(16 * 1024 * 1024, '\n');
  const started = process.cpuUsage();
  assert.deepEqual([...dpkgLister.list(new Map([['var/lib/dpkg/info/bash.list', list]]))], []);
  const { user, system } = process.cpuUsage(started);
  assert.ok(user + system < 30_000_000, `${(user + system) / 1e6} s of CPU`);
});
