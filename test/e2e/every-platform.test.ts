import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Report } from '../../src/model/report.ts';
import { buildImage, dockerArchive, ociFiles, writeFiles } from '../../src/testing/image-builder.ts';
import { memoryRegistry } from '../../src/testing/memory-registry.ts';
import { indexType, manifestType } from '../../src/testing/registry-harness.ts';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { clair, clairBeside, inCheckout } from './clair.ts';

const advisories = ['--mirror', inCheckout('examples/mirror'), '--db', ':memory:'];

/** Returns an image for a platform, with a version of OpenSSL. */
function imageFor(platform: string, version: string): ReturnType<typeof buildImage> {
  const installed = `P:libcrypto3\nV:${version}\nA:x86_64\no:openssl\n\n`;
  const layer = tar([
    { path: 'etc/os-release', content: 'ID=alpine\nVERSION_ID=3.20.3\n' },
    { path: 'lib/apk/db/installed', content: installed },
  ]);
  return buildImage({ steps: [{ tar: layer }], platform, tags: ['app:1'] });
}

const amd64 = imageFor('linux/amd64', '9.9.9-r0');
const arm64 = imageFor('linux/arm64', '3.3.1-r0');

test('scans each platform of an OCI layout with --platform all, and exits with the worst status', async (t) => {
  const directory = temporaryDirectory(t);
  for (const nested of [false, true]) {
    const layout = join(directory, String(nested));
    await writeFiles(layout, ociFiles([amd64, arm64], { nested }));
    const args = ['scan', `oci:${layout}`, '--platform', 'all', ...advisories];
    const table = clair([...args, '--fail-on', 'unknown']);
    assert.equal(table.status, 1, table.stderr);
    assert.match(table.stdout, /linux\/amd64[\s\S]*No findings[\s\S]*linux\/arm64[\s\S]*CVE-2024-6119/);
  }
});

test('writes a report for each platform to the file that --output names with {platform}', async (t) => {
  const directory = temporaryDirectory(t);
  await writeFiles(join(directory, 'layout'), ociFiles([amd64, arm64]));
  const archive = join(directory, 'image.tar');
  writeFileSync(archive, tar(ociFiles([amd64, arm64])));
  for (const target of [`oci:${join(directory, 'layout')}`, archive, `oci-archive:${archive}`]) {
    const output = join(directory, 'reports', '{platform}.json');
    const args = ['--platform', 'all', '--format', 'json', '--output', output, ...advisories];
    const run = clair(['scan', target, ...args]);
    assert.equal(run.status, 0, run.stderr);
    assert.equal(run.stdout, '');
    assert.deepEqual(readdirSync(join(directory, 'reports')), ['linux-amd64.json', 'linux-arm64.json']);
    const reports = [amd64, arm64].map(({ platform, manifest }) => {
      const path = join(directory, 'reports', `${platform.replace('/', '-')}.json`);
      const { target: subject, matches } = JSON.parse(readFileSync(path, 'utf8')) as Report;
      assert.deepEqual([subject.platform, subject.manifest], [platform, manifest.digest]);
      return matches.length;
    });
    assert.deepEqual(
      reports.map((count) => count > 0),
      [false, true],
    );
  }
});

test('scans two images of one platform when an index names both, and leaves attestations out', async (t) => {
  const layout = join(temporaryDirectory(t), 'layout');
  const files = ociFiles([arm64, amd64]).map((file) => {
    if (file.path !== 'index.json') return file;
    const { manifests, ...rest } = JSON.parse(String(file.content)) as { manifests: object[] };
    const platformOf = (os: string): object => ({
      platform: { os, architecture: os === 'unknown' ? os : 'amd64' },
    });
    const [first, second] = manifests;
    const attestation = { ...second, ...platformOf('unknown'), digest: `sha256:${'0'.repeat(64)}` };
    const all = [
      { ...first, ...platformOf('windows') },
      { ...second, ...platformOf('windows') },
      attestation,
    ];
    return { ...file, content: JSON.stringify({ ...rest, manifests: all }) };
  });
  await writeFiles(layout, files);
  const run = clair(['scan', `oci:${layout}`, '--platform', 'all', ...advisories]);
  assert.equal(run.status, 0, run.stderr);
  assert.equal(run.stdout.match(/^Verdict/gm)?.length, 2);
  const output = join(layout, '../reports/{platform}.txt');
  assert.equal(
    clair(['scan', `oci:${layout}`, '--platform', 'all', '--output', output, ...advisories]).status,
    0,
  );
  const names = [arm64, amd64].map(({ manifest: { digest } }) => `windows-amd64-${digest.slice(7, 19)}.txt`);
  assert.deepEqual(readdirSync(join(layout, '../reports')), names.sort());
});

test('scans an image once with --platform all when it is not an index', (t) => {
  const archive = join(temporaryDirectory(t), 'image.tar');
  writeFileSync(archive, dockerArchive(arm64));
  const run = clair(['scan', archive, '--platform', 'all', ...advisories]);
  assert.equal(run.status, 0, run.stderr);
  assert.equal(run.stdout.match(/^Verdict/gm)?.length, 1);
  const output = join(archive, '../reports/{platform}.txt');
  assert.equal(clair(['scan', archive, '--platform', 'all', '--output', output, ...advisories]).status, 0);
  assert.deepEqual(readdirSync(join(archive, '../reports')), ['linux-arm64.txt']);
  const missing = clair(['scan', './nosuch.tar', '--platform', 'all', ...advisories]);
  assert.equal(missing.status, 3);
  assert.match(missing.stderr, /there is no file or directory/);
});

test('refuses --platform all for reports that would overwrite each other, and for other commands', (t) => {
  const archive = join(temporaryDirectory(t), 'image.tar');
  writeFileSync(archive, dockerArchive(arm64));
  for (const rest of [
    ['--format', 'json'],
    ['--output', 'r.txt'],
    ['--format', 'sarif', '--output', 'r.sarif'],
  ]) {
    const run = clair(['scan', archive, '--platform', 'all', ...rest, ...advisories]);
    assert.equal(run.status, 2);
    assert.match(run.stderr, /put \{platform\} into the name of --output, as in report-\{platform\}\.json/);
  }
  for (const command of ['sbom', 'layer']) {
    const run = clair([command, archive, '--platform', 'all']);
    assert.equal(run.status, 2);
    assert.match(run.stderr, /only clair scan accepts --platform all: name one platform here/);
  }
});

test('scans each platform of an index in a registry, also by its plain name', async (t) => {
  const registry = await memoryRegistry(t);
  const manifests = [amd64, arm64].map(({ platform, manifest }, i) => {
    registry.push([amd64, arm64][i] ?? amd64);
    const [os, architecture] = platform.split('/');
    const { digest, bytes } = manifest;
    return { mediaType: manifestType, digest, size: bytes.length, platform: { os, architecture } };
  });
  registry.put({ schemaVersion: 2, mediaType: indexType, manifests }, indexType, 'multi');
  const nowhere = {
    DOCKER_HOST: 'unix:///nowhere/docker.sock',
    CONTAINER_HOST: 'unix:///nowhere/podman.sock',
  };
  for (const target of [`registry:${registry.host}/app:multi`, `${registry.host}/app:multi`]) {
    const args = ['scan', target, '--platform', 'all', '--fail-on', 'unknown', ...advisories];
    const run = await clairBeside(args, nowhere);
    assert.equal(run.status, 1, run.stderr);
    assert.match(run.stdout, /linux\/amd64[\s\S]*No findings[\s\S]*linux\/arm64[\s\S]*CVE-2024-6119/);
  }
  const one = await clairBeside([
    'scan',
    `registry:${registry.host}/app@${arm64.manifest.digest}`,
    '--platform',
    'all',
    ...advisories,
  ]);
  assert.equal(one.stdout.match(/^Verdict/gm)?.length, 1, one.stderr);
});
