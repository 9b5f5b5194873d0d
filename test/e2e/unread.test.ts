import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import * as z from 'zod/mini';
import type { Coverage, Report } from '../../src/model/report.ts';
import { corpus, corpusTest } from '../../src/testing/corpus.ts';
import { samplePrograms } from '../../src/testing/elf-writer.ts';
import { buildImage, dockerArchive, type ImagePlan } from '../../src/testing/image-builder.ts';
import { type TarEntryPlan, tar } from '../../src/testing/tar-writer.ts';
import { reportsInAllFormats } from './all-formats.ts';
import { clair, report, scratch } from './clair.ts';
import { corpusMirror } from './mirror.ts';

const place = join(scratch, 'unread');
const mirror = join(place, 'mirror');
const common = ['--mirror', mirror, '--db', join(place, 'unread.db')] as const;

/** A distribution without releases, whose support does not end. */
const feed = join(mirror, 'packages.wolfi.dev/os/security.json');
mkdirSync(dirname(feed), { recursive: true });
const secfixes = { '1.2-r0': ['CVE-2022-1'] };
writeFileSync(feed, JSON.stringify({ reponame: 'os', packages: [{ pkg: { name: 'zlib', secfixes } }] }));

const manifest = (name: string): TarEntryPlan => ({
  path: `app/node_modules/${name}/package.json`,
  content: '{}',
});

/** Files of a Wolfi image with one package, which owns some of them. */
function wolfi(owned: readonly string[] = []): TarEntryPlan[] {
  const files = owned
    .map((path) => `F:${dirname(path)}\nR:${path.slice(dirname(path).length + 1)}\n`)
    .join('');
  return [
    { path: 'etc/os-release', content: 'ID=wolfi\nVERSION_ID=20230201\nPRETTY_NAME=Wolfi\n' },
    { path: 'lib/apk/db/installed', content: `P:zlib\nV:1.3-r0\nA:x86_64\no:zlib\n${files}\n` },
  ];
}

function image(
  name: string,
  layers: readonly (readonly TarEntryPlan[])[],
  compression: NonNullable<ImagePlan['compression']> = 'none',
): string {
  const file = join(place, `${name}.tar`);
  const steps = layers.map((entries) => ({ tar: tar(entries) }));
  writeFileSync(file, dockerArchive(buildImage({ steps, compression })));
  return file;
}

/** Returns the coverage of unread evidence. */
function unread({ coverage }: Report): Coverage[] {
  return coverage.filter(({ evidence }) => evidence !== undefined);
}

const npm = image('npm', [wolfi(), [manifest('lodash'), manifest('@babel/core')]]);

test('is not-assessed when an image has node_modules that no package owns', () => {
  const scanned = report('scan', npm, ...common);
  assert.deepEqual([scanned.verdict, scanned.coverage[0]?.status], ['not-assessed', 'complete']);
  assert.deepEqual(unread(scanned), [
    {
      namespace: 'npm',
      status: 'unsupported',
      newestAdvisory: null,
      fetchedAt: null,
      reason: '2 npm packages are not read, e.g. app/node_modules/@babel/core/package.json',
      evidence: {
        count: 2,
        paths: ['app/node_modules/@babel/core/package.json', 'app/node_modules/lodash/package.json'],
      },
    },
  ]);
});

/** Patterns that the output of a format must and must not match, if the text alone does not suffice. */
const formats: Readonly<Record<string, readonly [says: RegExp, never?: RegExp]>> = {
  table: [/^Verdict: not assessed: npm: 2 npm packages are not read/m, /clean/],
  json: [/"verdict": "not-assessed"/, /"clean"/],
  html: [/class="verdict not-assessed".*2 npm packages are not read/s, /Everything was assessed/],
  junit: [/<testcase name="everything was assessed"[^>]*>\s*<error [^>]*2 npm packages are not read/],
};

test('reports unread npm packages in every format', () => {
  for (const [format, text] of reportsInAllFormats(npm, ...common)) {
    const [says, never] = formats[format] ?? [/2 npm packages are not read/];
    assert.match(text, says, format);
    if (never !== undefined) assert.doesNotMatch(text, never, format);
  }
});

test('explain, diff and --fail-on take unread evidence into account', () => {
  const explained = clair(['explain', npm, 'CVE-2021-23337', ...common]);
  assert.match(explained.stdout, /2 npm packages are not read/);
  const compared = clair(['diff', image('plain', [wolfi()]), npm, ...common]);
  assert.match(compared.stdout, /plain\.tar: .*clean[\s\S]*npm\.tar: .*not assessed/);
  assert.equal(clair(['scan', npm, ...common, '--fail-on', 'critical']).status, 4);
});

test('is clean when packages of an assessed distribution own everything', () => {
  const files = ['usr/lib/node_modules/npm/package.json', 'usr/bin/tool', 'usr/lib/libz.so.1'];
  const content: TarEntryPlan[] = [
    { path: files[0] ?? '', content: '{}' },
    { path: files[1] ?? '', content: samplePrograms.golang },
    { path: files[2] ?? '', content: samplePrograms.generic },
  ];
  const owned = report('scan', image('owned', [[...wolfi(files), ...content]]), ...common);
  assert.deepEqual([owned.verdict, unread(owned)], ['clean', []]);
  const upper = report('scan', image('upper', [content, wolfi(files)]), ...common);
  assert.deepEqual([upper.verdict, unread(upper)], ['clean', []]);
  const partly = report('scan', image('partly', [[...wolfi(files.slice(0, 1)), ...content]]), ...common);
  assert.deepEqual(
    unread(partly).map(({ namespace, evidence }) => [namespace, evidence?.paths]),
    [
      ['golang', ['usr/bin/tool']],
      ['generic', ['usr/lib/libz.so.1']],
    ],
  );
});

test('is clean when an upper layer removes the unread evidence', () => {
  for (const removal of ['app/.wh.node_modules', 'app/.wh..wh..opq', '.wh.app']) {
    const target = image('removed', [wolfi(), [manifest('lodash')], [{ path: removal, content: '' }]]);
    assert.equal(report('scan', target, ...common).verdict, 'clean', removal);
  }
});

/** Files with every kind of evidence, none of which a package owns. */
const mixed: readonly TarEntryPlan[] = [
  manifest('a'),
  { path: 'opt/server', content: samplePrograms.golang },
  { path: 'opt/tool', content: samplePrograms.cargo },
  { path: 'usr/local/bin/python3.12', content: samplePrograms.generic },
  { path: 'app/app.jar', content: 'PK' },
  { path: 'srv/main.js', content: `(()=>{var __webpack_modules__={${'x'.repeat(3000)}` },
];

test('finds the same evidence in every layer format and in a root file system', () => {
  const stored = (['none', 'gzip', 'zstd'] as const).map((compression) =>
    image(compression, [[...wolfi(), ...mixed]], compression),
  );
  const root = join(place, 'root');
  for (const { path, content = '' } of [...wolfi(), ...mixed]) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  symlinkSync('/opt/nowhere', join(root, 'app/node_modules/linked'));
  const rootfs = join(place, 'rootfs.tar');
  writeFileSync(rootfs, tar([...wolfi(), ...mixed]));
  const [first, ...others] = [...stored, rootfs].map((target) => unread(report('scan', target, ...common)));
  assert.deepEqual(
    first?.map(({ namespace, evidence }) => [namespace, evidence?.count]),
    ['npm', 'bundled-js', 'maven', 'golang', 'cargo', 'generic'].map((kind) => [kind, 1]),
  );
  for (const other of others) assert.deepEqual(other, first);
  const ofDirectory = unread(report('scan', `dir:${root}`, ...common));
  assert.deepEqual(ofDirectory[0]?.evidence?.paths, [
    'app/node_modules/a/package.json',
    'app/node_modules/linked',
  ]);
  assert.deepEqual(ofDirectory.slice(1), first.slice(1));
  const verified = unread(report('scan', stored[0] ?? '', ...common, '--verify', '--db', ':memory:'));
  assert.deepEqual(verified, first);
});

test('counts a program with the name of a data file in a root file system on disk', () => {
  const root = join(place, 'root-data');
  for (const { path, content = '' } of [...wolfi(), { path: 'opt/x.py', content: samplePrograms.generic }]) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  const [generic] = unread(report('scan', `dir:${root}`, ...common));
  assert.deepEqual([generic?.namespace, generic?.evidence?.paths], ['generic', ['opt/x.py']]);
});

const expectations = z.object({
  packages: z.array(z.object({ type: z.string(), path: z.string(), owner: z.optional(z.unknown()) })),
  not_assessed: z.optional(z.array(z.object({ path: z.string() }))),
});

/** Evidence kinds of coverage, by the names of package managers. */
const kindOf = (type: string): string => (type === 'otp' ? 'hex' : type);

corpusTest(
  'application images of the corpus are not assessed for each kind with a package that is not listed',
  () => {
    const names = readdirSync(corpus('apps')).filter((name) =>
      existsSync(corpus(`apps/${name}/expected.json`)),
    );
    for (const name of names) {
      const expected = z.parse(
        expectations,
        JSON.parse(readFileSync(corpus(`apps/${name}/expected.json`), 'utf8')),
      );
      const target = join(place, `${name}.tar`);
      writeFileSync(target, zstdDecompressSync(readFileSync(corpus(`apps/${name}/image.tar.zst`))));
      const { stdout } = clair([
        'scan',
        target,
        '--mirror',
        corpusMirror(),
        '--db',
        join(scratch, 'apps.db'),
        '--format',
        'json',
      ]);
      const scanned = JSON.parse(stdout) as Report;
      const listed = new Set(
        scanned.packages.flatMap(({ location, locations = [location] }) => locations.map(({ path }) => path)),
      );
      const kinds = new Set(
        expected.packages
          .filter(({ owner, path }) => owner === undefined && !listed.has(path.slice(1)))
          .map(({ type }) => kindOf(type)),
      );
      const found = new Set(unread(scanned).map(({ namespace }) => namespace));
      assert.deepEqual(
        [...kinds].filter((kind) => !found.has(kind)),
        [],
        name,
      );
      // In this image every package is listed, and none has an advisory.
      if (name !== 'dotnet') assert.notEqual(scanned.verdict, 'clean', name);
      if (expected.not_assessed?.some(({ path }) => path.endsWith('.js')))
        assert.ok(found.has('bundled-js'), name);
    }
    assert.ok(names.length >= 19);
  },
);

corpusTest('finds no evidence without an owner in base images of distributions', () => {
  const images = readdirSync(corpus('images')).filter((name) => /^al.*\.tar\.[gx]z$/.test(name));
  const options = ['--mirror', corpusMirror(), '--db', join(scratch, 'apps.db')];
  let assessed = 0;
  for (const name of images) {
    const scanned = report('scan', corpus(`images/${name}`), ...options);
    const isAssessed = scanned.coverage.some(({ status }) => status === 'complete' || status === 'stale');
    if (isAssessed) assessed++;
    // Without advisories for the distribution, files of its packages are not covered.
    for (const { evidence, reason } of unread(scanned)) {
      assert.equal(isAssessed, false, `${name}: ${reason}`);
      assert.match(reason ?? '', new RegExp(`; ${evidence?.count} of them are owned by packages`), name);
    }
  }
  assert.ok(images.length >= 7 && assessed >= 4);
});

for (const format of ['json', 'cyclonedx', 'spdx'])
  test(`a scan of the SBOM in ${format} reports the unread evidence of the image`, () => {
    const file = join(place, `npm-sbom.${format}.json`);
    const written = clair([
      'sbom',
      npm,
      '--format',
      format,
      '--output',
      file,
      '--db',
      join(place, 'unread.db'),
    ]);
    assert.equal(written.status, 0, written.stderr);
    const ofImage = report('scan', npm, ...common);
    const ofSbom = report('scan', file, ...common);
    assert.equal(ofSbom.verdict, 'not-assessed');
    assert.deepEqual(ofSbom.coverage, ofImage.coverage);
    assert.deepEqual(ofSbom.unread, ofImage.unread);
  });
