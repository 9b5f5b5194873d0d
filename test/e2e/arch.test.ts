import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Report } from '../../src/model/report.ts';
import { buildImage, dockerArchive } from '../../src/testing/image-builder.ts';
import { type TarEntryPlan, tar } from '../../src/testing/tar-writer.ts';
import { clair, report, scratch } from './clair.ts';
import { type SystemFiles, writeSystem } from './listed-system.ts';

const local = 'var/lib/pacman/local';
const release = { NAME: 'Arch Linux', ID: 'arch', BUILD_ID: 'rolling', VERSION_ID: '20240818.0.255804' };

/** Returns the file with the description of a package. */
function description(
  name: string,
  version: string,
  base = name,
): TarEntryPlan & { readonly content: string } {
  const sections = { NAME: name, VERSION: version, BASE: base, ARCH: 'x86_64' };
  const lines = Object.entries(sections).map(([section, value]) => `%${section}%\n${value}\n\n`);
  return { path: `${local}/${name}-${version}/desc`, content: lines.join('') };
}

function systemOf(...entries: readonly { readonly path: string; readonly content: string }[]): SystemFiles {
  return Object.fromEntries(entries.map(({ path, content }) => [path, content]));
}

function purls({ packages }: Pick<Report, 'packages'>): string[] {
  return packages.map(({ purl }) => purl.replace(/\?.*/, ''));
}

test('arch: lists the packages of a root file system, and does not assess it without advisories', () => {
  const root = join(scratch, 'arch');
  const files = systemOf(description('zlib', '1:1.3.1-2'), description('libelf', '0.191-4', 'elfutils'));
  writeSystem(root, release, files);
  const target = [`dir:${root}`, '--db', ':memory:'];
  const sbom = report('sbom', ...target);
  assert.deepEqual(
    sbom.packages.map(({ purl, foundBy }) => [purl, foundBy]),
    [
      ['pkg:alpm/arch/libelf@0.191-4?arch=x86_64&distro=arch-20240818.0.255804&upstream=elfutils', 'pacman'],
      ['pkg:alpm/arch/zlib@1:1.3.1-2?arch=x86_64&distro=arch-20240818.0.255804', 'pacman'],
    ],
  );
  const scanned = report('scan', ...target, '--offline');
  assert.deepEqual(scanned.packages, sbom.packages);
  assert.deepEqual(scanned.namespaces, [{ name: 'arch', versionScheme: 'alpm' }]);
  assert.equal(scanned.verdict, 'not-assessed');
  const { status, stdout } = clair(['scan', ...target, '--offline', '--fail-on', 'high']);
  assert.equal(status, 4);
  assert.match(stdout, /^arch: the feed arch all was never loaded$/m);
  assert.match(stdout, /^Verdict: not assessed\./m);
});

/** Writes a mirror of the security tracker with groups of vulnerabilities. */
function trackerMirror(...groups: readonly object[]): string {
  const place = join(scratch, 'arch-mirror');
  mkdirSync(join(place, 'security.archlinux.org'), { recursive: true });
  writeFileSync(join(place, 'security.archlinux.org/all.json'), JSON.stringify(groups));
  return place;
}

test('arch: assesses an image by the groups of the security tracker, with the programs that packages own', () => {
  const root = join(scratch, 'arch-assessed');
  const program = readFileSync(process.execPath).subarray(0, 4096);
  const files = systemOf(description('zlib', '1:1.3.1-2'), description('less', '1:668-1'));
  writeSystem(root, release, {
    ...files,
    [`${local}/less-1:668-1/files`]: '%FILES%\nusr/\nusr/bin/\nusr/bin/less\n',
    'usr/bin/less': program,
  });
  const mirror = trackerMirror(
    { ...group('AVG-1', 'zlib', 'Fixed', '1:1.3.1-3'), issues: ['CVE-2024-0001'] },
    { ...group('AVG-2', 'less', 'Fixed', '1:668-1'), issues: ['CVE-2024-0002'] },
    { ...group('AVG-3', 'less', 'Not affected', null), issues: ['CVE-2024-0003'] },
  );
  const scanned = report('scan', `dir:${root}`, '--db', ':memory:', '--mirror', mirror);
  assert.deepEqual(
    scanned.matches.map(({ package: { name }, fix }) => [name, fix.state === 'fixed' && fix.version]),
    [['zlib', '1:1.3.1-3']],
  );
  assert.equal(scanned.verdict, 'vulnerable');
  assert.deepEqual(
    scanned.coverage.map(({ namespace, status }) => [namespace, status]),
    [['arch', 'complete']],
  );
});

/** A group of the tracker. */
function group(name: string, item: string, status: string, fixed: string | null): object {
  return { name, packages: [item], status, severity: 'High', type: 'x', affected: '1-1', fixed, issues: [] };
}

test('arch: omits packages that an upper layer removed or upgraded', () => {
  const lower = [
    { path: 'etc/os-release', content: 'ID=arch\n' },
    description('bash', '5.2.037-1'),
    description('less', '1:668-1'),
    description('zlib', '1:1.3.1-2'),
  ];
  const upper = [
    { path: `${local}/.wh.less-1:668-1`, content: '' },
    { path: `${local}/.wh.zlib-1:1.3.1-2`, content: '' },
    description('zlib', '1:1.3.2-1'),
  ];
  const image = join(scratch, 'arch.tar');
  const steps = [lower, upper].map((entries) => ({ tar: tar(entries) }));
  writeFileSync(image, dockerArchive(buildImage({ steps })));
  const listed = report('sbom', image, '--db', ':memory:');
  assert.deepEqual(purls(listed), ['pkg:alpm/arch/bash@5.2.037-1', 'pkg:alpm/arch/zlib@1:1.3.2-1']);
});

test('arch: reads back the SBOM of an image', () => {
  const root = join(scratch, 'arch-sbom');
  writeSystem(root, release, systemOf(description('zlib', '1:1.3.1-2')));
  for (const format of ['json', 'cyclonedx', 'spdx']) {
    const file = join(scratch, `arch.${format}`);
    writeFileSync(file, clair(['sbom', `dir:${root}`, '--db', ':memory:', '--format', format]).stdout);
    const again = report('scan', `sbom:${file}`, '--db', ':memory:', '--offline');
    assert.deepEqual(purls(again), ['pkg:alpm/arch/zlib@1:1.3.1-2'], format);
    assert.equal(again.verdict, 'not-assessed');
  }
});

test('arch: lists a package with a damaged description, and reports the damage', () => {
  const root = join(scratch, 'arch-damaged');
  writeSystem(root, release, systemOf({ ...description('zlib', '1:1.3.1-2'), content: '' }));
  const { packages, statuses } = report('sbom', `dir:${root}`, '--db', ':memory:');
  assert.deepEqual(purls({ packages }), ['pkg:alpm/arch/zlib@1:1.3.1-2']);
  const pacman = statuses.find(({ extension }) => extension === 'pacman');
  assert.equal(pacman?.status, 'partly-failed');
  assert.match(pacman.files.map(({ problem }) => problem).join(), /has no %NAME%/);
});
