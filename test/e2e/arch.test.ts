import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Report } from '../../src/model/report.ts';
import { buildImage, dockerArchive } from '../../src/testing/image-builder.ts';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { clair } from './clair.ts';

const database = 'var/lib/pacman/local';
const osRelease = {
  path: 'etc/os-release',
  content: 'NAME="Arch Linux"\nPRETTY_NAME="Arch Linux"\nID=arch\nVERSION_ID=20240818.0.255804\n',
};

function installed(name: string, version: string, base = name): { path: string; content: string } {
  const sections = { NAME: name, VERSION: version, BASE: base, ARCH: 'x86_64' };
  const content = Object.entries(sections).map(([section, value]) => `%${section}%\n${value}\n\n`);
  return { path: `${database}/${name}-${version}/desc`, content: content.join('') };
}

function reportOf(...args: readonly string[]): Report {
  const run = clair([...args, '--offline', '--db', ':memory:', '--format', 'json']);
  assert.equal(run.status, 0, run.stderr);
  return JSON.parse(run.stdout) as Report;
}

/** An image whose second layer brings openssl up to date, as `pacman -Syu` does: the directory of the old version goes. */
function upgraded(t: TestContext): string {
  const base = [
    osRelease,
    { path: `${database}/ALPM_DB_VERSION`, content: '9\n' },
    installed('openssl', '3.3.1-1'),
    installed('gcc-libs', '14.2.1+r32+geccf707e5ce-1', 'gcc'),
    { path: `${database}/openssl-3.3.1-1/files`, content: '%FILES%\nusr/\nusr/bin/\nusr/bin/openssl\n\n' },
  ];
  const upgrade = [
    { path: `${database}/.wh.openssl-3.3.1-1`, content: '' },
    installed('openssl', '1:3.3.2-1'),
  ];
  const path = join(temporaryDirectory(t), 'arch.tar');
  writeFileSync(path, dockerArchive(buildImage({ steps: [{ tar: tar(base) }, { tar: tar(upgrade) }] })));
  return path;
}

test('arch: packages are listed in a namespace of their own, and no source has advisories for it', (t) => {
  const image = upgraded(t);
  const report = reportOf('scan', image);
  assert.deepEqual(
    report.packages.map(({ purl, source }) => [purl, source?.name]),
    [
      [
        'pkg:alpm/arch/gcc-libs@14.2.1%2Br32%2Bgeccf707e5ce-1?arch=x86_64&distro=arch-20240818.0.255804&upstream=gcc',
        'gcc',
      ],
      ['pkg:alpm/arch/openssl@1:3.3.2-1?arch=x86_64&distro=arch-20240818.0.255804', 'openssl'],
    ],
  );
  assert.deepEqual(
    report.packages.map(({ location }) => location.layer === report.layers[1]?.diffId),
    [false, true],
  );
  assert.deepEqual(report.namespaces, [{ name: 'arch', versionScheme: 'alpm' }]);
  assert.deepEqual(
    report.coverage.map(({ namespace, status, reason }) => [namespace, status, reason]),
    [['arch', 'unsupported', 'no advisory source for arch']],
  );
  assert.equal(report.verdict, 'not-assessed');
  const table = clair(['scan', image, '--offline', '--db', ':memory:']).stdout;
  assert.match(table, /no advisory source for arch/);
});

test('arch: an SBOM of the image says the same', (t) => {
  const image = upgraded(t);
  const sbom = clair(['sbom', image, '--db', ':memory:', '--format', 'cyclonedx']).stdout;
  const path = join(temporaryDirectory(t), 'arch.cdx.json');
  writeFileSync(path, sbom);
  const [one, other] = [reportOf('scan', image), reportOf('scan', path)];
  assert.deepEqual([other.packages, other.coverage], [one.packages, one.coverage]);
});

test('arch: a root file system, with links at the database and in it, and a damaged entry', (t) => {
  const root = temporaryDirectory(t);
  const put = ({ path, content }: { path: string; content: string }): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  const zlib = installed('zlib', '1:1.3.1-2');
  put(osRelease);
  put({ ...installed('openssl', '3.3.2-1'), path: 'data/local/openssl-3.3.2-1/desc' });
  put({ ...zlib, path: 'opt/zlib/desc' });
  put({ path: 'data/local/broken-1-1/desc', content: '%NAME%\nbroken\n\n' });
  mkdirSync(join(root, 'var/lib'), { recursive: true });
  symlinkSync('/data', join(root, 'var/lib/pacman'));
  symlinkSync('../../opt/zlib', join(root, 'data/local/zlib-1:1.3.1-2'));
  const { packages, statuses } = reportOf('scan', `dir:${root}`);
  assert.deepEqual(
    packages.map(({ name, version, foundBy }) => `${name} ${version} ${foundBy}`),
    ['openssl 3.3.2-1 pacman', 'zlib 1:1.3.1-2 pacman'],
  );
  assert.deepEqual(
    statuses.flatMap(({ files }) =>
      files.flatMap(({ path, problem }) => (problem ? [`${path} ${problem}`] : [])),
    ),
    ['data/local/broken-1-1/desc package broken has no version'],
  );
});
