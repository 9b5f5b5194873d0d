import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Zippable, zipSync } from 'fflate';
import type { Report } from '../../src/model/report.ts';
import { corpusTest } from '../../src/testing/corpus.ts';
import { buildImage, dockerArchive } from '../../src/testing/image-builder.ts';
import { type TarEntryPlan, tar } from '../../src/testing/tar-writer.ts';
import { report, scratch } from './clair.ts';
import { corpusMirror } from './mirror.ts';

const MiB = 1024 * 1024;
const place = join(scratch, 'hostile-packages');
mkdirSync(place, { recursive: true });

const json = (value: unknown): string => JSON.stringify(value);
const utf16 = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le');

/** A Wolfi system, and a package of each of several ecosystems. They must be listed whatever lies beside them. */
const good: readonly TarEntryPlan[] = [
  { path: 'etc/os-release', content: 'ID=wolfi\nVERSION_ID="20230201"\n' },
  { path: 'lib/apk/db/installed', content: 'P:app\nV:99-r0\nA:x86_64\no:app\n\n' },
  { path: 'good/node_modules/good-npm/package.json', content: json({ name: 'good-npm', version: '1.0.0' }) },
  { path: 'good/site-packages/good_pypi-1.0.dist-info/METADATA', content: 'Name: good-pypi\nVersion: 1.0\n' },
  {
    path: 'good/specifications/good-gem-1.0.gemspec',
    content: '# -*- encoding: utf-8 -*-\n# stub: good-gem 1.0.0 ruby lib\n',
  },
  {
    path: 'good/vendor/composer/installed.json',
    content: json({ packages: [{ name: 'good/composer', version: '1.0.0' }] }),
  },
  { path: 'good/good-1.0.jar', content: jar({ 'good/A.class': 'x', ...maven('com.good', 'good', '1.0') }) },
];
const goodNames = ['app', 'com.good:good', 'good-gem', 'good-npm', 'good-pypi', 'good/composer'];

function jar(files: Readonly<Record<string, string | Uint8Array>>): Buffer {
  const entries: Zippable = Object.fromEntries(
    Object.entries(files).map(([path, content]) => [path, Buffer.from(content as Uint8Array)]),
  );
  return Buffer.from(zipSync(entries, { mtime: '1980-01-01' }));
}

function maven(group: string, artifact: string, version: string): Record<string, string> {
  const text = `groupId=${group}\nartifactId=${artifact}\nversion=${version}\n`;
  return { [`META-INF/maven/${group}/${artifact}/pom.properties`]: text };
}

/** A file that is not, or not wholly, a list of packages. */
interface HostileFile {
  readonly what: string;
  readonly reader: string;
  readonly path: string;
  readonly content: string | Uint8Array;
}

const npmPath = 'app/node_modules/bad/package.json';
const metadataPath = 'app/site-packages/bad-1.0.dist-info/METADATA';
const text = json({ name: 'bad', version: '1.0.0' });

const hostile: readonly HostileFile[] = [
  { what: 'in UTF-16', reader: 'npm', path: npmPath, content: utf16(text) },
  {
    what: 'of 50 MiB',
    reader: 'npm',
    path: npmPath,
    content: json({ name: 'bad', version: '1.0.0', x: 'y'.repeat(50 * MiB) }),
  },
  { what: 'whose name is an object', reader: 'npm', path: npmPath, content: '{"name":{},"version":"1.0.0"}' },
  { what: 'whose version is an array', reader: 'npm', path: npmPath, content: '{"name":"bad","version":[]}' },
  { what: 'that is an array', reader: 'npm', path: npmPath, content: '[]' },
  { what: 'of a million brackets', reader: 'npm', path: npmPath, content: '['.repeat(1_000_000) },
  { what: 'without content', reader: 'npm', path: npmPath, content: '' },
  {
    what: 'with a name of 100,000 characters',
    reader: 'npm',
    path: npmPath,
    content: json({ name: 'a'.repeat(100_000), version: '1.0.0' }),
  },
  {
    what: 'with control characters in its name',
    reader: 'npm',
    path: npmPath,
    content: json({ name: 'a\u001b[2Jb', version: '1.0.0' }),
  },
  { what: 'in UTF-16', reader: 'pypi', path: metadataPath, content: utf16('Name: bad\nVersion: 1.0\n') },
  { what: 'without end', reader: 'pypi', path: metadataPath, content: `Name: bad${' x\n'.repeat(8 * MiB)}` },
  {
    what: 'of one line of 15 MiB',
    reader: 'pypi',
    path: metadataPath,
    content: `Summary: ${'x'.repeat(15 * MiB)}`,
  },
  {
    what: 'of continued lines',
    reader: 'pypi',
    path: metadataPath,
    content: `Summary: x\n${' y\n'.repeat(4 * MiB)}`,
  },
  {
    what: 'without a stub line',
    reader: 'gem',
    path: 'app/specifications/bad-1.0.gemspec',
    content: 's.name = '.repeat(100_000),
  },
  {
    what: 'with 10,000 levels',
    reader: 'composer',
    path: 'app/vendor/composer/installed.json',
    content: `{"packages":${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
  },
  {
    what: 'with packages of wrong types',
    reader: 'composer',
    path: 'app/vendor/composer/installed.json',
    content: json({ packages: [{ name: {}, version: 1 }, null, 'x'] }),
  },
  {
    what: 'cut in half',
    reader: 'composer',
    path: 'app/vendor/composer/installed.json',
    content: '{"packages":[{"name":"a/b","versi',
  },
  {
    what: 'with targets of wrong types',
    reader: 'nuget',
    path: 'app/bad.deps.json',
    content: json({ runtimeTarget: [], targets: { x: { y: 7 } }, libraries: null }),
  },
  {
    what: 'with 10,000 levels of tuples',
    reader: 'hex',
    path: 'app/lib/bad-1/ebin/bad.app',
    content: '{'.repeat(10_000),
  },
  {
    what: 'of continued lines',
    reader: 'cran',
    path: 'app/library/bad/DESCRIPTION',
    content: `Package: bad\n${' y\n'.repeat(MiB)}`,
  },
  {
    what: 'with a directory beyond its end',
    reader: 'maven',
    path: 'app/bad.jar',
    content: lyingJar((view, end) => {
      view.setUint32(end + 16, 0x7f_ff_ff_ff, true);
    }),
  },
  {
    what: 'cut in half',
    reader: 'maven',
    path: 'app/bad.jar',
    content: jar({ 'a/A.class': 'x'.repeat(999), ...maven('a', 'b', '1') }).subarray(0, 200),
  },
  {
    what: 'whose Maven file inflates to 64 MiB',
    reader: 'maven',
    path: 'app/bad.jar',
    content: jar({ 'a/A.class': 'x', 'META-INF/maven/a/b/pom.properties': new Uint8Array(64 * MiB) }),
  },
  {
    what: 'with an archive of 64 MiB of zeros',
    reader: 'maven',
    path: 'app/bad.jar',
    content: jar({ 'a/A.class': 'x', 'lib/bad.jar': new Uint8Array(64 * MiB) }),
  },
  { what: 'nested 40 times', reader: 'maven', path: 'app/bad.jar', content: nested(40) },
];

/** Returns a jar whose end of directory was changed. The end record is the last 22 bytes. */
function lyingJar(change: (view: DataView, end: number) => void): Buffer {
  const bytes = jar({ 'a/A.class': 'x', ...maven('a', 'b', '1') });
  change(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), bytes.length - 22);
  return bytes;
}

function nested(depth: number): Buffer {
  let inner = jar({ 'a/A.class': 'x', ...maven('deep', 'deep', '1') });
  for (let level = 0; level < depth; level++) inner = jar({ 'a/A.class': 'x', 'lib/inner.jar': inner });
  return inner;
}

function scanOf(...files: readonly TarEntryPlan[]): Report {
  const file = join(place, 'image.tar');
  writeFileSync(file, dockerArchive(buildImage({ steps: [{ tar: tar([...good, ...files]) }] })));
  return report('scan', file, '--mirror', corpusMirror(), '--db', join(place, 'clair.db'));
}

for (const { what, reader, path, content } of hostile)
  corpusTest(`${reader}: names a file ${what} and is not clean, and lists everything else`, () => {
    const { verdict, packages, statuses, unread } = scanOf({ path, content });
    const problems = statuses.flatMap(({ extension, files }) =>
      files.flatMap((file) => (file.problem === null ? [] : [`${extension} ${file.path}`])),
    );
    assert.deepEqual([...new Set(problems)], [`${reader} ${path}`]);
    assert.deepEqual(packages.map(({ name }) => name).sort(), goodNames);
    const others = (unread ?? []).flatMap(({ paths }) => paths).filter((one) => one !== path);
    assert.deepEqual(others, []);
    assert.equal(verdict, 'not-assessed');
  });

corpusTest('reads a manifest that begins with a byte-order mark', () => {
  const { packages } = scanOf({ path: npmPath, content: `\ufeff${text}` });
  assert.ok(packages.some(({ name }) => name === 'bad'));
});

corpusTest('lists a package once when a farm of links leads to it', () => {
  const farm = Array.from({ length: 15_000 }, (_, index) => ({
    path: `farm/node_modules/link-${index}`,
    target: '/good/node_modules/good-npm',
  }));
  const { verdict, packages } = scanOf(...farm);
  assert.deepEqual(packages.map(({ name }) => name).sort(), goodNames);
  assert.deepEqual(
    packages.filter(({ locations }) => locations !== undefined),
    [],
  );
  assert.equal(verdict, 'clean');
});

corpusTest('names links of packages that lead to links, and is not clean', () => {
  const links = [
    { path: 'farm/node_modules/loop', target: 'loop' },
    { path: 'farm/node_modules/one', target: '/good/node_modules/good-npm' },
    { path: 'farm/node_modules/two', target: 'one' },
  ];
  const { verdict, packages, unread } = scanOf(...links);
  assert.deepEqual(packages.map(({ name }) => name).sort(), goodNames);
  assert.deepEqual(
    unread?.flatMap(({ paths }) => paths),
    ['farm/node_modules/loop', 'farm/node_modules/two'],
  );
  assert.equal(verdict, 'not-assessed');
});

corpusTest('lists what a Java archive contains when its directory states a wrong number of files', () => {
  const content = lyingJar((view, end) => {
    view.setUint16(end + 8, 0xff_fe, true);
    view.setUint16(end + 10, 0xff_fe, true);
  });
  const { packages } = scanOf({ path: 'app/bad.jar', content });
  assert.ok(packages.some(({ name }) => name === 'a:b'));
});
