import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { limits } from '../../core/limits.ts';
import type { ListedPackage } from '../../model/package.ts';
import { corpus, corpusTest } from '../../testing/corpus.ts';
import { untar } from '../../testing/untar.ts';
import { apkLister } from './apk.ts';

function read(
  content: string | Uint8Array,
  path = 'lib/apk/db/installed',
): { packages: ListedPackage[]; problems: string[] } {
  const listed = [...apkLister.list(new Map([[path, Buffer.from(content)]]))];
  return {
    packages: listed.flatMap((item) => (item.kind === 'package' ? [item.package] : [])),
    problems: listed.flatMap((item) => (item.kind === 'problem' ? [item.problem] : [])),
  };
}

interface Expected {
  readonly file: string;
  readonly list: readonly {
    readonly name: string;
    readonly version: string;
    readonly arch: string;
    readonly origin: string;
  }[];
}

corpusTest('apk: lists the expected packages of every database of the corpus', () => {
  const databases = JSON.parse(readFileSync(corpus('pkgdb/apk/expected.json'), 'utf8')) as Expected[];
  for (const { file, list } of databases) {
    const expected = list
      .filter((item) => item.version !== '')
      .map((item) => [item.name, item.version, item.arch, item.origin, item.version].join(' '));
    const { packages, problems } = read(readFileSync(corpus(`pkgdb/${file}`)));
    const found = packages.map(({ name, version, arch = '', source }) =>
      [name, version, arch, source?.name, source?.version].join(' '),
    );
    assert.deepEqual(found, [...new Set(expected)], file);
    assert.equal(
      problems.filter((problem) => problem.endsWith('has no version')).length,
      list.filter((item) => item.version === '').length,
      file,
    );
  }
  assert.ok(databases.length > 30);
});

test('apk: finds the database at both of its paths', () => {
  const entry = 'P:musl\nV:1.2.5-r0\n\n';
  assert.equal(read(entry, 'usr/lib/apk/db/installed').packages.length, 1);
  assert.equal(read(entry, 'lib/apk/db/installed').packages.length, 1);
});

test('apk: reads the origin as the source, with the version of the package', () => {
  assert.deepEqual(read('P:libssl3\nV:3.3.2-r0\nA:x86_64\no:openssl\n\n').packages, [
    {
      type: 'apk',
      name: 'libssl3',
      version: '3.3.2-r0',
      arch: 'x86_64',
      source: { name: 'openssl', version: '3.3.2-r0' },
      requires: [],
    },
  ]);
});

test('apk: lists supplier, licence and dependencies without versions and exclusions', () => {
  const entry = [
    ...['P:busybox-binsh', 'V:1.36.1-r29', 'L:GPL2', 'm:Sören Tempel <soeren@example.org>'],
    'D:busybox=1.36.1-r29 so:libc.musl-x86_64.so.1 cmd:ar>1 scanelf~2 !uclibc /bin/x',
    'p:/bin/sh cmd:sh=1.36.1-r29',
  ];
  const [{ supplier, licenses, requires, provides } = {}] = read(`${entry.join('\n')}\n\n`).packages;
  assert.deepEqual([supplier, licenses], ['Sören Tempel <soeren@example.org>', ['GPL-2.0-only']]);
  assert.deepEqual(requires, ['busybox', 'so:libc.musl-x86_64.so.1', 'cmd:ar', 'scanelf', '/bin/x']);
  assert.deepEqual(provides, ['/bin/sh', 'cmd:sh']);
});

test('apk: drops only the dependencies when there are more names than the limit', () => {
  const names = (letter: string): string =>
    Array.from({ length: 10_000 }, (_, i) => `${letter}${i}`.padEnd(20, 'x')).join(' ');
  const entries = Array.from({ length: 60 }, (_, i) => `P:p${i}\nV:1-r0\nD:${names(`n${i}-`)}\n\n`);
  const { packages, problems } = read(entries.join(''));
  assert.deepEqual([packages.length, problems.length], [60, 0]);
  assert.ok((packages[0]?.requires?.length ?? 0) > 9000);
  assert.equal(packages.at(-1)?.requires, undefined);
});

test('apk: omits an invalid architecture', () => {
  const bare = { type: 'apk', name: 'a', version: '1', source: { name: 'a', version: '1' }, requires: [] };
  for (const line of ['', 'A:x 86\n', 'A:\n'])
    assert.deepEqual(read(`P:a\nV:1\n${line}\n`), { packages: [bare], problems: [] });
});

test('apk: reports no damage of an empty database, and the image is not assessed when no other lister finds a package', () => {
  assert.deepEqual(read(''), { packages: [], problems: [] });
});

test('apk: omits virtual packages without a problem', () => {
  assert.deepEqual(read('P:.build-deps\nV:20230101.120000\n\n'), { packages: [], problems: [] });
});

test('apk: ignores unknown letters, long lines and CRLF', () => {
  const text = `X:1\r\nPV:9\r\nP:a\r\np:${'so:x '.repeat(1 << 18)}\r\nV:1-r0\r\n\r\nP:b\r\nV:2-r0\r\n`;
  assert.deepEqual(
    read(text).packages.map(({ name, version }) => [name, version]),
    [
      ['a', '1-r0'],
      ['b', '2-r0'],
    ],
  );
});

test('apk: reports what is wrong in a damaged file and lists the rest', () => {
  const entry = 'P:a\nV:1-r0\n\n';
  const cases: readonly (readonly [string, number, RegExp])[] = [
    ['\0'.repeat(512), 0, /^holds a NUL byte/],
    [`${entry}P:b\nV:1`, 2, /^ends in the middle of a line/],
    [`${entry}P:b\n`, 1, /^package b has no version/],
    [`${entry}V:1\n`, 1, /^entry 2 has no name/],
    [`${entry}P:b c\nV:1\n`, 1, /^entry 2 has an impossible package name "b c"/],
    [`${entry}P:b\nV:1 2\n`, 1, /^package b has an impossible version/],
    [`${entry}P:b\nV:1\no:\u00fc\n`, 1, /^package b has an impossible origin/],
    ['{"not": "apk"}\n', 0, /^holds no package entry/],
  ];
  for (const [content, count, problem] of cases) {
    const { packages, problems } = read(content);
    assert.equal(packages.length, count, content.slice(0, 40));
    assert.match(problems[0] ?? '', problem);
  }
});

suite('apk: lists what apk-tools lists', () => {
  const zlib = 'P:zlib\nV:9-r0\n';
  const cases: Readonly<
    Record<string, readonly [text: string, packages: readonly string[], problem: RegExp]>
  > = {
    'a line of one letter ends an entry': ['P:a\nV:1\nx\nP:b\nV:2\n\n', ['a 1', 'b 2'], /^$/],
    'a lone letter of a field ends an entry': ['P:a\nV:1\nP\nP:b\nV:2\n\n', ['a 1', 'b 2'], /^$/],
    'a lone colon ends an entry': ['P:a\nV:1\n:\nP:b\nV:2\n\n', ['a 1', 'b 2'], /^$/],
    'a carriage return ends an entry': ['P:a\nV:1\n\r\nP:b\nV:2\n\n', ['a 1', 'b 2'], /^$/],
    'a blank ends an entry': ['P:a\nV:1\n \nP:b\nV:2\n\n', ['a 1', 'b 2'], /^$/],
    'an empty line before the first entry': ['\n\nP:a\nV:1\n\n', ['a 1'], /^$/],
    'the last name counts': [`${zlib}P:b\n\n`, ['b 9-r0'], /field name more than once/],
    'the last of three versions counts': [`${zlib}V:5\nV:1\n\n`, ['zlib 1'], /field version more than once/],
    'the last version counts behind files': [
      `${zlib}F:usr\nR:x\nV:1\n\n`,
      ['zlib 1'],
      /version more than once/,
    ],
    'the last origin counts': [`${zlib}o:x\no:y\n\n`, ['zlib 9-r0'], /field origin more than once/],
    'two blanks are no end': [`${zlib}  \nV:1\n\n`, ['zlib 1'], /lines without a colon/],
    'a line without a colon': [`${zlib}VV:1\n\n`, ['zlib 9-r0'], /1 lines without a colon/],
    'a package twice, of two origins': [`${zlib}\n${zlib}o:b\n\n`, ['zlib 9-r0'], /of different sources/],
  };
  for (const [name, [text, packages, problem]] of Object.entries(cases))
    test(name, () => {
      for (const place of ['lib/apk/db/installed', 'usr/lib/apk/db/installed']) {
        const listed = [...apkLister.list(new Map([[place, Buffer.from(text)]]))];
        assert.deepEqual(
          listed.flatMap((item) =>
            item.kind === 'package' ? [`${item.package.name} ${item.package.version}`] : [],
          ),
          packages,
        );
        assert.match(
          listed.flatMap((item) => (item.kind === 'problem' ? [item.problem] : [])).join('; '),
          problem,
        );
      }
    });
});

function ownedIn(content: string | Uint8Array): {
  owned: Map<string, readonly string[]>;
  problems: string[];
} {
  const listed = [...apkLister.list(new Map([['lib/apk/db/installed', Buffer.from(content)]]))];
  return {
    owned: new Map(listed.flatMap((item) => ('files' in item ? [[item.owner, item.files]] : []))),
    problems: listed.flatMap((item) => (item.kind === 'problem' ? [item.problem] : [])),
  };
}

corpusTest('apk: finds all owned files, and an owner for every program', () => {
  const archives = globSync(corpus('images/alpine-minirootfs-*.tar.gz'));
  for (const archive of archives) {
    const members = new Map(
      [...untar(gunzipSync(readFileSync(archive)))].map(([name, content]) => [
        name.replace(/^\.\//, ''),
        content,
      ]),
    );
    const { owned } = ownedIn(members.get('lib/apk/db/installed') ?? '');
    const files = [...owned.values()].flat();
    assert.deepEqual(
      files.filter((file) => !members.has(file)),
      [],
    );
    // Applets of busybox are links without content that a script creates.
    const programs = [...members].filter(
      ([name, content]) => /^(usr\/)?s?bin\/./.test(name) && content.length > 0,
    );
    assert.deepEqual(
      programs.map(([name]) => name).sort(),
      files.filter((file) => /^(usr\/)?s?bin\//.test(file) && members.get(file)?.length).sort(),
    );
    const isElf = (content: Uint8Array): boolean =>
      Buffer.from(content).subarray(1, 4).equals(Buffer.from('ELF'));
    const elf = [...members].filter(([, content]) => isElf(content)).map(([name]) => name);
    assert.deepEqual(
      elf.filter((name) => !files.includes(name)),
      [],
    );
    assert.ok(owned.get('busybox')?.includes('bin/busybox'));
  }
  assert.ok(archives.length >= 3);
});

test('apk: assigns files to the package of their entry, in the last directory', () => {
  const { owned } = ownedIn(
    'P:0\nV:1\nR:x\nR:0.jar\n\nP:a\nV:1\nF:\nR:a.jar\nF:usr/bin\nR:x\nZ:Q1\nR:y\nF:etc\nR:conf\nF:usr/share/java\nR:b.jar\n\n' +
      'P:b\nV:1\nF:usr/libexec/b/c\r\nR:\u00e9\r\n\nP:c\nV:1\nF:usr/lib\nR:libc.so\n\n',
  );
  assert.deepEqual(
    [...owned],
    [
      ['0', ['x', '0.jar']],
      ['a', ['a.jar', 'usr/bin/x', 'usr/bin/y', 'usr/share/java/b.jar']],
      ['b', ['usr/libexec/b/c/\u00e9']],
      ['c', ['usr/lib/libc.so']],
    ],
  );
});

test('apk: normalises the paths of owned files, and never leaves the image', () => {
  const { owned } = ownedIn('P:a\nV:1\nF:/./usr//bin\nR:x\nF:../../usr/bin/../sbin\nR:y\nF:bin\nR:..\n\n');
  assert.deepEqual([...owned], [['a', ['usr/bin/x', 'usr/sbin/y']]]);
});

test('apk: keeps owned files up to the limit of a layer, and reports that', () => {
  const { owned, problems } = ownedIn(`P:a\nV:1\nF:bin\n${'R:x\n'.repeat(limits.ownedFilesPerLayer + 5)}\n`);
  assert.equal(owned.get('a')?.length, limits.ownedFilesPerLayer);
  assert.match(problems.join(), /^names more than 100000 owned files/);
});
