import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { ListedPackage } from '../../model/package.ts';
import { corpus, corpusTest } from '../../testing/corpus.ts';
import { apk } from './apk.ts';

function read(
  content: string | Uint8Array,
  path = 'lib/apk/db/installed',
): { packages: ListedPackage[]; problems: string[] } {
  const listed = [...apk.list(new Map([[path, Buffer.from(content)]]))];
  return {
    packages: listed.flatMap((item) => ('package' in item ? [item.package] : [])),
    problems: listed.flatMap((item) => ('problem' in item ? [item.problem] : [])),
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

corpusTest('apk: every database of the corpus lists what is expected', () => {
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

test('apk: the database is found in both its places', () => {
  const entry = 'P:musl\nV:1.2.5-r0\n\n';
  assert.equal(read(entry, 'usr/lib/apk/db/installed').packages.length, 1);
  assert.equal(read(entry, 'lib/apk/db/installed').packages.length, 1);
});

test('apk: the origin is the source, at the version of the package', () => {
  assert.deepEqual(read('P:libssl3\nV:3.3.2-r0\nA:x86_64\no:openssl\n\n').packages, [
    {
      type: 'apk',
      name: 'libssl3',
      version: '3.3.2-r0',
      arch: 'x86_64',
      source: { name: 'openssl', version: '3.3.2-r0' },
    },
  ]);
});

test('apk: virtual packages are left out, without a problem', () => {
  assert.deepEqual(read('P:.build-deps\nV:20230101.120000\n\n'), { packages: [], problems: [] });
});

test('apk: unknown letters, long lines and CRLF are read over', () => {
  const text = `X:1\r\nP:a\r\np:${'so:x '.repeat(1 << 18)}\r\nPV:9\r\nV:1-r0\r\n\r\nP:b\r\nV:2-r0\r\n`;
  assert.deepEqual(
    read(text).packages.map(({ name, version }) => [name, version]),
    [
      ['a', '1-r0'],
      ['b', '2-r0'],
    ],
  );
});

test('apk: a damaged file says what is wrong and lists what is left', () => {
  const entry = 'P:a\nV:1-r0\n\n';
  const cases: readonly (readonly [string, number, RegExp])[] = [
    ['', 0, /^is empty/],
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
